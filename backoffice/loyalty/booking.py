"""What receipts book: every account of every member they touch, once, in the transaction that stores them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from backoffice.bulk import add_tuples
from backoffice.loyalty.corrections import ADJUSTMENT
from backoffice.loyalty.feed import tell_balances
from backoffice.loyalty.ledger import Account, NewEntry, Posted, book
from backoffice.loyalty.models import TillPart
from backoffice.loyalty.overdrafts import bear_overdrafts
from backoffice.loyalty.stamp_cards import fill_stamp_cards
from backoffice.loyalty.standing import raise_tiers
from backoffice.sync_api.reading import ReadReceipt
from backoffice.sync_api.returns import undone_sale
from pos_engine.core.bookings import VISITS

RECEIPT: Final = "receipt"


def book_receipts(
    session: Session,
    organisation_id: str,
    reads: Sequence[ReadReceipt],
    booked_at: datetime,
    gone: AbstractSet[str] = frozenset(),
) -> None:
    """Book receipts that were just stored, tell the tills the new balances, and give tiers that were reached.

    `gone`: members who were erased. Their receipts are booked, because the shop's books must add up, and closed again
    at once; tills are told nothing of them.
    """
    booked = [read for read in reads if read.document.bookings and read.document.member_id]
    late = [_entry(session, read) for read in booked if read.document.member_id in gone]
    if late:
        book(session, organisation_id, [*late, *(closed for one in late if (closed := _closed(one)))], booked_at)
    ours = [read for read in booked if read.document.member_id not in gone]
    if not ours:
        return
    entries = [_entry(session, read) for read in ours]
    touched = book(session, organisation_id, entries, booked_at)
    bear_overdrafts(session, organisation_id, entries, booked_at)
    touched |= _count_parts(session, organisation_id, ours)
    days: dict[str, date] = {}
    for read in ours:
        member_id = read.document.member_id
        days[member_id] = max(read.document.business_day, days.get(member_id, date.min))
    touched |= fill_stamp_cards(session, organisation_id, touched, days, booked_at)
    tell_balances(session, organisation_id, touched, booked_at)
    raise_tiers(session, organisation_id, days, booked_at)


def _entry(session: Session, read: ReadReceipt) -> NewEntry:
    document = read.document
    postings = tuple(
        Posted(one.unit, one.kind, one.amount, one.expires_on, one.usable_from)
        for one in document.bookings
        if one.unit != VISITS
    )
    return NewEntry(
        entry_id=read.receipt_id,
        kind=RECEIPT,
        member_id=document.member_id,
        business_day=document.business_day,
        happened_at=document.closed_at,
        postings=postings,
        seq=read.item.seq,
        undoes=undone_sale(session, read),
        actor=document.operator[:254],
    )


def _closed(late: NewEntry) -> NewEntry | None:
    """The entry that takes an erased member's account back to nothing; None when there is nothing to take back."""
    sums: dict[str, int] = defaultdict(int)
    for posted in late.postings:
        sums[posted.unit] += posted.amount
    postings = tuple(Posted(unit, ADJUSTMENT, -amount) for unit, amount in sorted(sums.items()) if amount)
    if not postings:
        return None
    entry_id = f"erasure:{late.entry_id}"
    return NewEntry(
        entry_id, ADJUSTMENT, late.member_id, late.business_day, late.happened_at, postings, reason="erased"
    )


def _count_parts(session: Session, organisation_id: str, reads: Sequence[ReadReceipt]) -> set[Account]:
    """Add to what each till's epoch did; returns the accounts."""
    sums: dict[tuple[str, str, str, int], int] = defaultdict(int)
    days: dict[tuple[str, str, str, int], date] = {}
    for read in reads:
        document = read.document
        for one in document.bookings:
            key = (document.member_id, one.unit, document.workstation_id, read.item.epoch)
            sums[key] += one.amount
            days[key] = max(document.business_day, days.get(key, date.min))
    keys = ("organisation_id", "owner", "unit", "workstation_id", "epoch")
    added = ((organisation_id, *key, amount, days[key]) for key, amount in sorted(sums.items()))
    add_tuples(session, TillPart, keys, ("amount",), added, anew=("last_on",))
    return {(owner, unit) for owner, unit, _, _ in sums}
