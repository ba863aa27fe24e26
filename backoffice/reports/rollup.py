"""What receipts add to the sums of their business days, in the transaction that stores them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from backoffice.bulk import add_tuples
from backoffice.reports.models import CampaignDay, StoreDay
from backoffice.sync_api.projections import OPERATOR_LENGTH, redemptions_of
from backoffice.sync_api.reading import ReadReceipt

SIGNS: Final = {"void": -1, "return": 0, "account": 0}
"""What a receipt of a kind counts when receipts are counted; every other kind one."""

_Place = tuple[date, str, str, str]
_DAY_SUMS: Final = ("receipts", "with_member", "value_minor", "discount_minor", "due_minor")
_CAMPAIGN_SUMS: Final = ("receipts", "due_minor", "discount_minor", "touched_minor")


def count_days(session: Session, organisation_id: str, reads: Sequence[ReadReceipt]) -> frozenset[str]:
    """Add what these receipts, known to be new, say to the days of their stores and of the campaigns that gave.

    Returns the campaigns that gave more than they took back.
    """
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
    for table, own, sums, found in (
        (StoreDay, (*keys, "kind"), _DAY_SUMS, days),
        (CampaignDay, ("campaign_id", *keys), _CAMPAIGN_SUMS, campaigns),
    ):
        # In one order: two uploads that meet at the same days wait for each other, and never both.
        rows = ((organisation_id, *key, *amounts) for key, amounts in sorted(found.items()))
        add_tuples(session, table, ("organisation_id", *own), sums, rows)
    discount = _CAMPAIGN_SUMS.index("discount_minor")
    return frozenset(str(key[0]) for key, amounts in campaigns.items() if amounts[discount] > 0)


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
