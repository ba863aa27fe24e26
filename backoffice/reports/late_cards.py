"""Cards that came late into a sale, by cashier: somebody else's goods may be credited to a card of one's own.

A card after the last item is the custom of many shops, so nobody is named here: cashiers stand beside each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import case, distinct, func, select
from sqlalchemy.orm import Session

from backoffice.sync_api.models import Receipt
from backoffice.sync_api.projections import CARD_AMONG, CARD_LAST

LAST_MS: Final = 5_000
"""The last seconds of a sale: nobody has looked for a card and been asked for it in less."""

CASHIERS_MAX: Final = 50


@dataclass(frozen=True)
class LateCards:
    """A cashier's sales with a member, of tills that say when the card came.

    `after_first`, `after_last`: the card came after the first, after the last item; `last_seconds`: of the latter,
    those within LAST_MS before the end. `members`: different ones of these.
    """

    operator: str
    sales: int
    after_first: int
    after_last: int
    last_seconds: int
    members: int

    @property
    def last_bp(self) -> int:
        """Cards in the last seconds among all sales with a member, in basis points."""
        return self.last_seconds * 10_000 // self.sales


def late_cards(session: Session, organisation_id: str, first: date, last: date) -> Sequence[LateCards]:
    """By cashier, those with the largest share of cards in the last seconds first."""
    at_last = (Receipt.card_came == CARD_LAST) & (Receipt.card_before_end_ms < LAST_MS)
    sales, last_seconds = func.count(), func.sum(case((at_last, 1), else_=0))
    rows = session.execute(
        select(
            Receipt.operator,
            sales,
            func.sum(case((Receipt.card_came >= CARD_AMONG, 1), else_=0)),
            func.sum(case((Receipt.card_came == CARD_LAST, 1), else_=0)),
            last_seconds,
            func.count(distinct(case((at_last, Receipt.member_id)))),
        )
        .where(
            Receipt.organisation_id == organisation_id,
            Receipt.business_day >= first,
            Receipt.business_day <= last,
            Receipt.kind == "sale",
            Receipt.card_came.is_not(None),
        )
        .group_by(Receipt.operator)
        .order_by((last_seconds * 10_000 / sales).desc(), sales.desc(), Receipt.operator)
        .limit(CASHIERS_MAX)
    )
    return [LateCards(row[0], *(int(each) for each in row[1:])) for row in rows]
