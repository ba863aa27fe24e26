"""Totals of business days by store, till and operator, as on a till's own paper (`pos_engine/receipts/day_end.py`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import String, and_, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from backoffice.loyalty.ledger import SHOP
from backoffice.loyalty.models import LedgerPosting
from backoffice.reports.models import CampaignDay, StoreDay
from backoffice.sync_api.models import Receipt
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
    _count_receipts(session, organisation_id, wanted, found)
    _count_campaigns(session, organisation_id, wanted, found)
    _count_bookings(session, organisation_id, wanted, found)
    order = sorted(found, key=lambda p: (p.business_day, p.store_id, p.workstation_id, p.operator))
    return {place: found[place] for place in order}


def summed(totals: Iterable[Totals]) -> Totals:
    """All of them together."""
    total = Totals()
    for each in totals:
        total.add(each)
    return total


_PLACE = ("business_day", "store_id", "workstation_id", "operator")


def _where(table: type[StoreDay | CampaignDay | Receipt], organisation_id: str, wanted: DayFilter) -> Any:  # noqa: ANN401
    conditions = [
        table.organisation_id == organisation_id,
        table.business_day >= wanted.first,
        table.business_day <= wanted.last,
    ]
    if wanted.store_id:
        conditions.append(table.store_id == wanted.store_id)
    return and_(*conditions)


def _place_of(table: type[StoreDay | CampaignDay | Receipt]) -> list[Any]:
    return [getattr(table, name) for name in _PLACE]


def _count_receipts(session: Session, organisation_id: str, wanted: DayFilter, found: dict[Place, Totals]) -> None:
    sums = (StoreDay.receipts, StoreDay.value_minor, StoreDay.discount_minor, StoreDay.due_minor)
    statement = select(*_place_of(StoreDay), StoreDay.kind, *sums).where(_where(StoreDay, organisation_id, wanted))
    for row in session.execute(statement):
        found[Place(*row[:4])].count(row[4], row[5], row[6], row[7], row[8])


def _count_campaigns(session: Session, organisation_id: str, wanted: DayFilter, found: dict[Place, Totals]) -> None:
    given = (CampaignDay.campaign_id, CampaignDay.discount_minor)
    statement = select(*_place_of(CampaignDay), *given).where(_where(CampaignDay, organisation_id, wanted))
    for row in session.execute(statement):
        found[Place(*row[:4])].campaigns[row[4]] = row[5]


def _count_bookings(session: Session, organisation_id: str, wanted: DayFilter, found: dict[Place, Totals]) -> None:
    """Of members' own sides: what the shop's accounts mirror is no second booking."""
    name = Receipt.workstation_id + ":" + sql_cast(Receipt.epoch, String) + ":" + sql_cast(Receipt.seq, String)
    rows = session.execute(
        select(*_place_of(Receipt), LedgerPosting.unit, LedgerPosting.kind, func.sum(LedgerPosting.amount))
        .join(
            LedgerPosting,
            and_(LedgerPosting.organisation_id == Receipt.organisation_id, LedgerPosting.entry_id == name),
        )
        .where(_where(Receipt, organisation_id, wanted), Receipt.member_id != "", ~LedgerPosting.owner.startswith(SHOP))
        .group_by(*_place_of(Receipt), LedgerPosting.unit, LedgerPosting.kind)
    )
    for row in rows:
        found[Place(*row[:4])].book(row[4], row[5], int(row[6]))
