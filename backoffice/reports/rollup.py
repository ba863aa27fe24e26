"""What receipts add to the sums of their business days, in the transaction that stores them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from backoffice.bulk import execute_many, upsert
from backoffice.db import Base
from backoffice.reports.models import CampaignDay, StoreDay
from backoffice.sync_api.projections import OPERATOR_LENGTH, redemptions_of
from backoffice.sync_api.reading import ReadReceipt

SIGNS: Final = {"void": -1, "return": 0, "account": 0}
"""What a receipt of a kind counts when receipts are counted; every other kind one."""

_Place = tuple[date, str, str, str]
_DAY_SUMS: Final = ("receipts", "with_member", "value_minor", "discount_minor", "due_minor")
_CAMPAIGN_SUMS: Final = ("receipts", "due_minor", "discount_minor", "touched_minor")


def count_days(session: Session, organisation_id: str, reads: Sequence[ReadReceipt]) -> None:
    """Add what these receipts, known to be new, say to the days of their stores and of the campaigns that gave."""
    days: dict[tuple[date | str, ...], list[int]] = defaultdict(lambda: [0] * len(_DAY_SUMS))
    campaigns: dict[tuple[date | str, ...], list[int]] = defaultdict(lambda: [0] * len(_CAMPAIGN_SUMS))
    for read in reads:
        outcome, place = read.outcome, _place(read)
        _add(
            days[(*place, read.document.kind)],
            1,
            1 if read.document.member_id else 0,
            outcome.total_value_minor,
            outcome.total_discount_minor,
            outcome.total_due_minor,
        )
        for campaign_id, (discount, touched, gave) in _given(read).items():
            sign, due = (SIGNS.get(read.document.kind, 1), outcome.total_due_minor) if gave else (0, 0)
            _add(campaigns[(campaign_id, *place)], sign, due, discount, touched)
    keys = ("business_day", "store_id", "workstation_id", "operator")
    _put(session, StoreDay, organisation_id, (*keys, "kind"), _DAY_SUMS, days)
    _put(session, CampaignDay, organisation_id, ("campaign_id", *keys), _CAMPAIGN_SUMS, campaigns)


def _place(read: ReadReceipt) -> _Place:
    document = read.document
    return document.business_day, document.store_id, document.workstation_id, document.operator[:OPERATOR_LENGTH]


def _given(read: ReadReceipt) -> Mapping[str, tuple[int, int, bool]]:
    """Per campaign of a receipt: its discount, the value it touched, and whether it gave anything."""
    given: dict[str, tuple[int, int, bool]] = {}
    for redemption in redemptions_of(read):
        discount, touched, gave = given.get(redemption.campaign_id, (0, 0, False))
        given[redemption.campaign_id] = (
            discount + redemption.discount_minor,
            touched + redemption.touched_minor,
            gave or redemption.discount_minor != 0,
        )
    return given


def _add(sums: list[int], *more: int) -> None:
    for place, amount in enumerate(more):
        sums[place] += amount


def _put(
    session: Session,
    table: type[Base],
    organisation_id: str,
    keys: tuple[str, ...],
    sums: tuple[str, ...],
    found: Mapping[tuple[date | str, ...], Sequence[int]],
) -> None:
    insert = upsert(session, table)
    columns = table.__table__.c
    statement = insert.on_conflict_do_update(
        index_elements=[column.name for column in table.__table__.primary_key],
        set_={name: columns[name] + insert.excluded[name] for name in sums},
    )
    # In one order: two uploads that meet at the same days wait for each other, and never both.
    rows = [
        {
            "organisation_id": organisation_id,
            **dict(zip(keys, key, strict=True)),
            **dict(zip(sums, amounts, strict=True)),
        }
        for key, amounts in sorted(found.items())
    ]
    execute_many(session, statement, rows)
