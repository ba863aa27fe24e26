"""What receipts add to the days of members, in the transaction that stores them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import MemberDay, MemberProductDay
from backoffice.bulk import execute_many, upsert
from backoffice.sync_api.models import Receipt
from backoffice.sync_api.reading import ReadReceipt

_PRODUCT_LENGTH = 64
_MEMBER_LENGTH = 64


def count_members_days(
    session: Session, organisation_id: str, reads: Sequence[ReadReceipt], gone: AbstractSet[str]
) -> None:
    """Add what these receipts, all of one till, say of members' visits and goods. `gone`: members who were erased."""
    own = [read for read in reads if read.document.member_id and read.document.member_id not in gone]
    if not own:
        return
    sales_days = _days_of_sales(session, organisation_id, [read for read in own if read.document.kind == "void"])
    days: dict[tuple[str, date, str], list[int]] = defaultdict(lambda: [0, 0])
    units: dict[tuple[str, str, date], int] = defaultdict(int)
    for read in own:
        document, sold = read.document, read.document.kind == "sale"
        member_id = document.member_id[:_MEMBER_LENGTH]
        day = sales_days.get(document.sale_ref, document.business_day) if document.kind == "void" else None
        day = day or document.business_day
        sums = days[member_id, day, document.store_id]
        sums[0] += {"sale": 1, "void": -1}.get(document.kind, 0)
        sums[1] += read.outcome.total_due_minor
        for line in read.basket.lines:
            count = abs(line.quantity)
            units[line.product_id[:_PRODUCT_LENGTH], member_id, day] += count if sold else -count
    _add_days(session, organisation_id, days)
    _add_units(session, organisation_id, units)


def forget_member(session: Session, organisation_id: str, member_id: str) -> None:
    """Take away what a member did: nobody is to be found by it any more."""
    for table in (MemberDay, MemberProductDay):
        session.execute(delete(table).where(table.organisation_id == organisation_id, table.member_id == member_id))


def _add_days(session: Session, organisation_id: str, days: Mapping[tuple[str, date, str], Sequence[int]]) -> None:
    insert = upsert(session, MemberDay)
    statement = insert.on_conflict_do_update(
        index_elements=["organisation_id", "member_id", "business_day", "store_id"],
        set_={
            "visits": MemberDay.visits + insert.excluded.visits,
            "spent_minor": MemberDay.spent_minor + insert.excluded.spent_minor,
        },
    )
    rows: list[dict[str, Any]] = [
        {
            "organisation_id": organisation_id,
            "member_id": member_id,
            "business_day": day,
            "store_id": store_id,
            "visits": visits,
            "spent_minor": spent_minor,
        }
        for (member_id, day, store_id), (visits, spent_minor) in sorted(days.items())
    ]
    execute_many(session, statement, rows)


def _add_units(session: Session, organisation_id: str, units: Mapping[tuple[str, str, date], int]) -> None:
    insert = upsert(session, MemberProductDay)
    statement = insert.on_conflict_do_update(
        index_elements=["organisation_id", "product_id", "member_id", "business_day"],
        set_={"units": MemberProductDay.units + insert.excluded.units},
    )
    rows: list[dict[str, Any]] = [
        {
            "organisation_id": organisation_id,
            "product_id": product_id,
            "member_id": member_id,
            "business_day": day,
            "units": count,
        }
        for (product_id, member_id, day), count in sorted(units.items())
    ]
    execute_many(session, statement, rows)


def _days_of_sales(session: Session, organisation_id: str, voids: Sequence[ReadReceipt]) -> Mapping[str, date]:
    """Business days of the sales that these voids take back, by the sale's reference."""
    if not voids:
        return {}
    rows = session.execute(
        select(Receipt.sale_ref, Receipt.business_day).where(
            Receipt.organisation_id == organisation_id,
            Receipt.workstation_id == voids[0].document.workstation_id,
            Receipt.kind == "sale",
            Receipt.sale_ref.in_({read.document.sale_ref for read in voids}),
        )
    )
    return {row.sale_ref: row.business_day for row in rows}
