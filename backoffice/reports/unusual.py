"""What an honest shop rarely shows: receipts that the core prices otherwise, cards that always meet the same cashier.

Laws: nothing here accuses anybody or stops a sale, it says where to look; a receipt that cannot be priced again is
counted as not checked, never as right; no question reads more than its limits, however large the shop is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, String, and_, case, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from backoffice.loyalty.models import LedgerPosting
from backoffice.reports.receipts import document_of, ruleset_of
from backoffice.sync_api.models import Receipt
from backoffice.sync_api.tills import till_states
from pos_engine.core.bookings import POINTS
from pos_engine.core.outcome import Outcome
from pos_engine.core.ruleset import Ruleset
from pos_engine.receipts.explained import gives_alike, priced_again
from pos_engine.wire.documents import decode_outcome
from pos_engine.wire.errors import DocumentError

CHECKED_MAX: Final = 200
"""Receipts that are priced again when the page is opened: under half a second of work."""

LOOKED_BACK: Final = 2_000
"""Numbers of a till, counted from its newest, that the sample is drawn from: some days of a busy till."""

SALES_A_DAY: Final = 3
"""Sales with one card at one cashier on one day that are worth a look; households come twice."""

ROUND_POINTS: Final = 100
"""Corrections by whole hundreds: points that were miscounted are seldom round."""

ROWS_MAX: Final = 50


@dataclass(frozen=True)
class Differing:
    """A receipt on which the core gives something else than the till did; amounts in minor units."""

    row: Receipt
    paid: Outcome
    again: Outcome


@dataclass(frozen=True)
class Checked:
    """The sample. `unknown`: could not be priced again, as the set it was priced with is lost or unreadable."""

    alike: int
    unknown: int
    differing: tuple[Differing, ...]


@dataclass(frozen=True)
class SameHands:
    """A member's card at one cashier. `days`: with so many sales that they are worth a look; `sales` on these days."""

    operator: str
    member_id: str
    days: int
    sales: int
    most_a_day: int
    due_minor: int


@dataclass(frozen=True)
class Corrections:
    """Points that a cashier added by hand. `round_count`: of these, by whole hundreds."""

    operator: str
    count: int
    round_count: int
    points: int


def check_sample(session: Session, organisation_id: str, today: date) -> Checked:
    """Price a sample of the tills' newest sales again, with the sets that were published: another sample each day."""
    known: dict[tuple[str, int], Ruleset | None] = {}
    alike, unknown = 0, 0
    differing: list[Differing] = []
    for row in _sample(session, organisation_id, today):
        try:
            document = document_of(row)
            name = (document.store_id, document.set_version)
            if name not in known:
                known[name] = ruleset_of(session, document)
            ruleset = known[name]
            paid = decode_outcome(bytes(document.outcome))
            again = priced_again(document, ruleset) if ruleset is not None else None
        except (DocumentError, msgspec.DecodeError):
            unknown += 1
            continue
        if again is None:
            unknown += 1
        elif gives_alike(again, paid):
            alike += 1
        else:
            differing.append(Differing(row, paid, again))
    return Checked(alike, unknown, tuple(differing))


def _sample(session: Session, organisation_id: str, today: date) -> Sequence[Receipt]:
    """Sales of all tills, drawn by numbers: a till's newest ones; the day decides which, nobody at a till can."""
    tills = [till.workstation_id for till in till_states(session, organisation_id)][:CHECKED_MAX]
    drawn: list[Receipt] = []
    for workstation_id in tills:
        own = (Receipt.organisation_id == organisation_id, Receipt.workstation_id == workstation_id)
        newest = session.execute(
            select(Receipt.epoch, Receipt.seq).where(*own).order_by(Receipt.epoch.desc(), Receipt.seq.desc()).limit(1)
        ).one_or_none()
        if newest is not None:
            epoch, seq = newest
            numbers = _drawn(f"{today}:{workstation_id}:{epoch}", seq, CHECKED_MAX // len(tills))
            drawn += session.scalars(
                select(Receipt)
                .where(*own, Receipt.epoch == epoch, Receipt.seq.in_(numbers), Receipt.kind == "sale")
                .order_by(Receipt.seq)
            )
    return drawn


def _drawn(key: str, newest: int, count: int) -> list[int]:
    """So many of the numbers up to the newest one, by chance that the key decides."""
    numbers = range(max(1, newest - LOOKED_BACK + 1), newest + 1)
    return sorted(numbers, key=lambda each: hashlib.sha256(f"{key}:{each}".encode()).digest())[: max(1, count)]


def same_hands(session: Session, organisation_id: str, first: date, last: date) -> Sequence[SameHands]:
    """Members whose card met the same cashier several times on one day, those with the most such sales first."""
    a_day = (
        select(
            Receipt.operator,
            Receipt.member_id,
            func.count().label("sales"),
            func.sum(Receipt.total_due_minor).label("due"),
        )
        .where(
            *_days(organisation_id, first, last),
            Receipt.kind == "sale",
            Receipt.member_id != "",
            Receipt.operator != "",
        )
        .group_by(Receipt.operator, Receipt.member_id, Receipt.business_day)
        .having(func.count() >= SALES_A_DAY)
        .subquery()
    )
    rows = session.execute(
        select(
            a_day.c.operator,
            a_day.c.member_id,
            func.count(),
            func.sum(a_day.c.sales),
            func.max(a_day.c.sales),
            func.sum(a_day.c.due),
        )
        .group_by(a_day.c.operator, a_day.c.member_id)
        .order_by(func.sum(a_day.c.sales).desc(), a_day.c.operator, a_day.c.member_id)
        .limit(ROWS_MAX)
    )
    return [SameHands(row[0], row[1], int(row[2]), int(row[3]), int(row[4]), int(row[5])) for row in rows]


def corrections(session: Session, organisation_id: str, first: date, last: date) -> Sequence[Corrections]:
    """Points that cashiers added by hand, by cashier, most points first."""
    name = Receipt.workstation_id + ":" + sql_cast(Receipt.epoch, String) + ":" + sql_cast(Receipt.seq, String)
    amount = LedgerPosting.amount
    rows = session.execute(
        select(
            Receipt.operator,
            func.count(),
            func.sum(case((amount % ROUND_POINTS == 0, 1), else_=0)),
            func.sum(amount),
        )
        .join(
            LedgerPosting,
            and_(LedgerPosting.organisation_id == Receipt.organisation_id, LedgerPosting.entry_id == name),
        )
        .where(
            *_days(organisation_id, first, last),
            Receipt.kind == "account",
            Receipt.member_id != "",
            LedgerPosting.owner == Receipt.member_id,
            LedgerPosting.unit == POINTS,
            LedgerPosting.kind == "adjustment",
            amount > 0,
        )
        .group_by(Receipt.operator)
        .order_by(func.sum(amount).desc(), Receipt.operator)
        .limit(ROWS_MAX)
    )
    return [Corrections(row[0], int(row[1]), int(row[2]), int(row[3])) for row in rows]


def _days(organisation_id: str, first: date, last: date) -> list[ColumnElement[bool]]:
    return [
        Receipt.organisation_id == organisation_id,
        Receipt.business_day >= first,
        Receipt.business_day <= last,
    ]
