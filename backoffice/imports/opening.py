"""Points that members bring along from another programme: booked once per member, as an adjustment.

Laws: the same file brought twice books nothing twice; what was booked is never changed, an undone import takes it back
by a counter-booking, and only then the member can be given an opening balance again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.clock import local_date
from backoffice.i18n import _l
from backoffice.imports.plan import RowRefused
from backoffice.loyalty.corrections import ADJUSTMENT, AMOUNT_MAX
from backoffice.loyalty.feed import tell_balances
from backoffice.loyalty.ledger import NewEntry, Posted, book
from backoffice.loyalty.models import LedgerEntry, LedgerPosting
from backoffice.organisations.services import stores_of
from pos_engine.core.bookings import POINTS

OPENING: Final = "opening:"
UNDONE: Final = "undo:"
REASON: Final = "opening balance"


class Openings:
    """Which opening balances some members have."""

    def __init__(self, organisation_id: str) -> None:
        self._organisation_id = organisation_id
        self._booked: dict[str, int] = {}
        self._times: Counter[str] = Counter()

    def look_up(self, session: Session, member_ids: Sequence[str]) -> None:
        """Read the opening balances of these members; at most some hundreds."""
        self._booked, self._times = {}, Counter()
        rows = session.execute(
            select(LedgerEntry.member_id, LedgerEntry.entry_id, LedgerPosting.amount)
            .join(
                LedgerPosting,
                (LedgerPosting.organisation_id == LedgerEntry.organisation_id)
                & (LedgerPosting.entry_id == LedgerEntry.entry_id)
                & (LedgerPosting.owner == LedgerEntry.member_id),
            )
            .where(
                LedgerEntry.organisation_id == self._organisation_id,
                LedgerEntry.member_id.in_(member_ids),
                LedgerEntry.reason == REASON,
                LedgerEntry.kind == ADJUSTMENT,
            )
        )
        for member_id, entry_id, amount in rows:
            self._times[member_id] += entry_id.startswith(OPENING)
            self._booked[member_id] = self._booked.get(member_id, 0) + amount

    def read(self, text: str, member_id: str) -> int:
        """The points that a cell adds: 0 for none, or for those that are booked already. RowRefused."""
        if not text:
            return 0
        plain = text.replace("'", "").replace("\u2019", "").replace(" ", "")
        if not plain.isascii() or not plain.isdigit() or int(plain) > AMOUNT_MAX:
            raise RowRefused("points", text, _l("write a whole number from 0 to %(most)s"), most=AMOUNT_MAX)
        points, booked = int(plain), self._booked.get(member_id, 0)
        if booked and points != booked:
            raise RowRefused(
                "points",
                text,
                _l("an opening balance of %(booked)s points is booked already; correct it on the member's page"),
                booked=booked,
            )
        return 0 if booked else points

    def entry_id(self, member_id: str) -> str:
        """Under which id the next opening balance of a member is booked."""
        return f"{OPENING}{member_id}:{self._times[member_id] + 1}"


def book_openings(session: Session, doing: Doing, openings: Mapping[str, tuple[str, int]], now: datetime) -> None:
    """Book points by member: entry id and amount; and tell the tills."""
    if not openings:
        return
    stores = stores_of(session, doing.organisation_id)
    day = local_date(doing.clock, stores[0].zone if stores else "UTC")
    entries = [
        NewEntry(
            entry_id,
            ADJUSTMENT,
            member_id,
            day,
            now,
            (Posted(POINTS, ADJUSTMENT, amount),),
            undoes=entry_id.removeprefix(UNDONE) if entry_id.startswith(UNDONE) else "",
            actor=doing.actor,
            reason=REASON,
        )
        for member_id, (entry_id, amount) in openings.items()
    ]
    tell_balances(session, doing.organisation_id, book(session, doing.organisation_id, entries, now), now)
