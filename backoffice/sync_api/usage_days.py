"""On which business days receipts used offers that are limited per day, week or month: kept as long as a month can ask.

Law: a void takes its uses back from the business day of its sale, as the till that wrote it does; a return gives none
back: the day on which the goods were bought is over for its limits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from backoffice.bulk import add_tuples, table_of
from backoffice.prepared import Prepared
from backoffice.sync_api.models import OfferUsageDay
from backoffice.sync_api.reading import ReadReceipt
from backoffice.sync_api.sale_days import days_of_sales
from backoffice.sync_api.tills import Till
from pos_engine.wire.sync import DayUses

DAYS_KEPT: Final = 62
"""A month has at most 31 days; a till whose clock was set back must not lose the month it is in."""

Key = tuple[str, str]
"""Offer, and member or empty."""

_DAYS = table_of(OfferUsageDay)
_OF: Final = (
    _DAYS.c.organisation_id == bindparam("organisation"),
    _DAYS.c.workstation_id == bindparam("till"),
    _DAYS.c.offer_id.in_(bindparam("offers", expanding=True)),
    _DAYS.c.member_id.in_(bindparam("members", expanding=True)),
)
# Made once: every batch of receipts asks and forgets.
_KEPT: Final = Prepared(
    select(_DAYS.c.offer_id, _DAYS.c.member_id, _DAYS.c.business_day, _DAYS.c.uses)
    .where(*_OF, _DAYS.c.uses != 0)
    .order_by(_DAYS.c.business_day)
)
_FORGET: Final = Prepared(delete(_DAYS).where(*_OF, _DAYS.c.business_day < bindparam("oldest")))


def count_days(session: Session, till: Till, reads: Sequence[ReadReceipt], gone: AbstractSet[str]) -> None:
    """Add what these receipts used of such offers on their business days. `gone`: see `count_usage`."""
    timed = [read for read in reads if read.limited_by_period and read.document.kind != "return"]
    sales_days = days_of_sales(session, [read for read in timed if read.document.kind == "void"])
    added: dict[tuple[str, str, date], int] = defaultdict(int)
    for read in timed:
        day = sales_days.get(read.document.sale_ref) if read.document.kind == "void" else None
        for applied in read.outcome.applied:
            if applied.offer_id in read.limited_by_period:
                for member_id in {"", read.document.member_id} - gone:
                    added[applied.offer_id, member_id, day or read.document.business_day] += applied.uses
    if not added:
        return
    oldest = max(read.document.business_day for read in timed) - timedelta(days=DAYS_KEPT)
    _FORGET.all(session.connection(), **_which(till, {key[:2] for key in added}), oldest=oldest)
    keys = ("organisation_id", "workstation_id", "offer_id", "member_id", "business_day")
    own = (till.organisation_id, till.workstation_id)
    add_tuples(session, OfferUsageDay, keys, ("uses",), ((*own, *key, uses) for key, uses in added.items()))


def days_of(session: Session, till: Till, keys: AbstractSet[Key]) -> Mapping[Key, tuple[DayUses, ...]]:
    """What is kept of these offers and members at one till, oldest day first; days that came to nothing left out."""
    rows = _KEPT.all(session.connection(), **_which(till, keys))
    found: dict[Key, list[DayUses]] = defaultdict(list)
    for row in rows:
        found[row.offer_id, row.member_id].append(DayUses(day=row.business_day, uses=row.uses))
    return {key: tuple(days) for key, days in found.items() if key in keys}


def _which(till: Till, keys: AbstractSet[Key]) -> dict[str, Any]:
    return {
        "organisation": till.organisation_id,
        "till": till.workstation_id,
        "offers": {offer_id for offer_id, _ in keys},
        "members": {member_id for _, member_id in keys},
    }
