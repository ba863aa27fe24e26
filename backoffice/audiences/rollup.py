"""What receipts add to the days of members, in the transaction that stores them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backoffice.audiences.models import MemberDay, MemberProductDay
from backoffice.bulk import add_tuples
from backoffice.sync_api.reading import ReadReceipt
from backoffice.sync_api.sale_days import days_of_sales

_PRODUCT_LENGTH = 64
_MEMBER_LENGTH = 64


def count_members_days(
    session: Session, organisation_id: str, reads: Sequence[ReadReceipt], gone: AbstractSet[str]
) -> None:
    """Add what these receipts, all of one till, say of members' visits and goods. `gone`: members who were erased."""
    own = [read for read in reads if read.document.member_id and read.document.member_id not in gone]
    if not own:
        return
    sales_days = days_of_sales(session, [read for read in own if read.document.kind == "void"])
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
    add_days(session, organisation_id, days)
    add_units(session, organisation_id, units)


def forget_member(session: Session, organisation_id: str, member_id: str) -> None:
    """Take away what a member did: nobody is to be found by it any more."""
    for table in (MemberDay, MemberProductDay):
        session.execute(delete(table).where(table.organisation_id == organisation_id, table.member_id == member_id))


def add_days(session: Session, organisation_id: str, days: Mapping[tuple[str, date, str], Sequence[int]]) -> None:
    """Add visits and money by member, day and store."""
    keys = ("organisation_id", "member_id", "business_day", "store_id")
    rows = ((organisation_id, *key, *sums) for key, sums in sorted(days.items()))
    add_tuples(session, MemberDay, keys, ("visits", "spent_minor"), rows)


def add_units(session: Session, organisation_id: str, units: Mapping[tuple[str, str, date], int]) -> None:
    """Add units by product, member and day."""
    keys = ("organisation_id", "product_id", "member_id", "business_day")
    rows = ((organisation_id, *key, count) for key, count in sorted(units.items()))
    add_tuples(session, MemberProductDay, keys, ("units",), rows)
