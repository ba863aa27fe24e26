"""Totals of business days by store, till and operator, as on a till's own paper (`pos_engine/receipts/day_end.py`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, String, and_, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from backoffice.loyalty.ledger import SHOP
from backoffice.loyalty.models import LedgerPosting
from backoffice.sync_api.models import Receipt, Redemption
from pos_engine.receipts.day_end import Totals


@dataclass(frozen=True)
class Place:
    """Whose totals: of one day, store, till and operator."""

    business_day: date
    store_id: str
    workstation_id: str
    operator: str


@dataclass(frozen=True)
class DayFilter:
    """Which days (both inclusive), and which store; empty: all stores."""

    first: date
    last: date
    store_id: str = ""


def day_totals(session: Session, organisation_id: str, wanted: DayFilter) -> dict[Place, Totals]:
    """The totals of each place that had receipts, in order."""
    found: dict[Place, Totals] = defaultdict(Totals)
    where = _where(organisation_id, wanted)
    _count_receipts(session, where, found)
    _count_campaigns(session, where, found)
    _count_bookings(session, where, found)
    order = sorted(found, key=lambda p: (p.business_day, p.store_id, p.workstation_id, p.operator))
    return {place: found[place] for place in order}


def summed(totals: Iterable[Totals]) -> Totals:
    """All of them together."""
    total = Totals()
    for each in totals:
        total.add(each)
    return total


def _where(organisation_id: str, wanted: DayFilter) -> ColumnElement[bool]:
    conditions = [
        Receipt.organisation_id == organisation_id,
        Receipt.business_day >= wanted.first,
        Receipt.business_day <= wanted.last,
    ]
    if wanted.store_id:
        conditions.append(Receipt.store_id == wanted.store_id)
    return and_(*conditions)


_PLACE = (Receipt.business_day, Receipt.store_id, Receipt.workstation_id, Receipt.operator)


def _count_receipts(session: Session, where: ColumnElement[bool], found: dict[Place, Totals]) -> None:
    sums = (
        func.count(),
        func.sum(Receipt.total_value_minor),
        func.sum(Receipt.total_discount_minor),
        func.sum(Receipt.total_due_minor),
    )
    for row in session.execute(select(*_PLACE, Receipt.kind, *sums).where(where).group_by(*_PLACE, Receipt.kind)):
        found[Place(*row[:4])].count(row[4], *map(int, row[5:]))


def _count_campaigns(session: Session, where: ColumnElement[bool], found: dict[Place, Totals]) -> None:
    same = and_(
        Redemption.organisation_id == Receipt.organisation_id,
        Redemption.workstation_id == Receipt.workstation_id,
        Redemption.epoch == Receipt.epoch,
        Redemption.seq == Receipt.seq,
    )
    rows = session.execute(
        select(*_PLACE, Redemption.campaign_id, func.sum(Redemption.discount_minor))
        .join(Redemption, same)
        .where(where)
        .group_by(*_PLACE, Redemption.campaign_id)
    )
    for row in rows:
        found[Place(*row[:4])].campaigns[row[4]] = int(row[5])


def _count_bookings(session: Session, where: ColumnElement[bool], found: dict[Place, Totals]) -> None:
    """Of members' own sides: what the shop's accounts mirror is no second booking."""
    name = Receipt.workstation_id + ":" + sql_cast(Receipt.epoch, String) + ":" + sql_cast(Receipt.seq, String)
    rows = session.execute(
        select(*_PLACE, LedgerPosting.unit, LedgerPosting.kind, func.sum(LedgerPosting.amount))
        .join(
            LedgerPosting,
            and_(LedgerPosting.organisation_id == Receipt.organisation_id, LedgerPosting.entry_id == name),
        )
        .where(where, Receipt.member_id != "", ~LedgerPosting.owner.startswith(SHOP))
        .group_by(*_PLACE, LedgerPosting.unit, LedgerPosting.kind)
    )
    for row in rows:
        found[Place(*row[:4])].book(row[4], row[5], int(row[6]))
