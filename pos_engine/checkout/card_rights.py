"""Writing uses of rights onto customers' cards, and giving back what no receipt came to rest on.

Laws: the journal knows a change before the card is told; only the card decides what became of it; a sale rests only on
what its card has confirmed; what was written down for a sale that came to nothing is given back at the card's next tap.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import structlog

from pos_engine.journal.card_rights import ChangeRow
from pos_engine.journal.card_rights_held import CardRightsBook
from pos_engine.journal.errors import JournalError
from pos_engine.ports.card_rights import CardMemory, CardRights, CardRightsError, RightChange
from pos_engine.ports.clock import Ids

_LOG = structlog.get_logger(__name__)

TRIES_MAX = 3
"""The card may decide what was in doubt while it is asked, and so change what is asked of it: once, and some slack."""


@dataclass(frozen=True)
class Booking:
    """What a card has to have written down for a sale, and no more than that: right by right. `today`: the till's."""

    sale_ref: str
    card_id: str
    wanted: Mapping[str, RightChange]
    today: date


class _Decided(Exception):  # noqa: N818 (no error: leaves the card's session, for what is asked of it changed)
    pass


class CardRightsDesk:
    """Thread-safe: one change at a time on one till."""

    def __init__(
        self, card: CardRights, book: CardRightsBook, ids: Ids, practising: Callable[[], bool] = lambda: False
    ) -> None:
        """`practising`: during training nothing is written onto cards, and every sale closes as if it had been."""
        self.practising = practising
        self._card = card
        self.book = book
        self._ids = ids
        self._lock = threading.Lock()

    def is_booked(self, booking: Booking) -> bool:
        """Whether the card has confirmed exactly that."""
        if self.practising():
            return True
        return not self._missing(booking) and not self.book.in_doubt(booking.sale_ref, booking.card_id)

    def make(self, booking: Booking, seen: Callable[[CardMemory], None]) -> None:
        """Have the card write it down, once; asked again, nothing more happens. CardRightsError.

        `seen`: told what the card remembers, before the change and after it.
        """
        if self.practising():
            return
        with self._lock:
            for _ in range(TRIES_MAX):
                missing = self._missing(booking)
                if not missing:
                    self._refuse_doubt(booking)
                    return
                try:
                    seen(self._change(booking.sale_ref, booking.card_id, missing, booking.today, seen))
                except _Decided:
                    continue

    def give_back(self, card_id: str, today: date) -> CardMemory | None:
        """Give a card what it wrote down for sales that are over and have no receipt; its memory where it was changed.

        CardRightsError: it is tried again at its next tap.
        """
        memory: CardMemory | None = None
        with self._lock:
            for sale_ref, units in self.book.owed(card_id).items():
                changes = {right: RightChange(right, -count, 0, 0, today) for right, count in units.items()}
                try:
                    memory = self._change(sale_ref, card_id, changes, today, _ignore)
                except _Decided:
                    break  # what is owed has changed; the next tap knows how much it is
        return memory

    def _refuse_doubt(self, booking: Booking) -> None:
        if self.book.in_doubt(booking.sale_ref, booking.card_id):
            raise CardRightsError("card_in_doubt", f"What {booking.card_id} wrote down last is not known yet.")

    def _missing(self, booking: Booking) -> dict[str, RightChange]:
        """What the card has still to be told. What it wrote down too much is taken back together with it."""
        booked = self.book.booked(booking.sale_ref, booking.card_id)
        found = {}
        for right_id, change in booking.wanted.items():
            units = change.units - booked.get(right_id, 0)
            if units:
                found[right_id] = replace(change, units=units)
        for right_id, units in booked.items():
            if right_id not in booking.wanted:
                found[right_id] = RightChange(right_id, -units, 0, 0, booking.today)
        return found

    def _change(
        self,
        sale_ref: str,
        card_id: str,
        changes: Mapping[str, RightChange],
        today: date,
        seen: Callable[[CardMemory], None],
    ) -> CardMemory:
        change_id = self._ids.new_id().hex
        begun: list[str] = []

        def about_to_commit(memory: CardMemory) -> None:
            seen(memory)
            if self.book.settle(card_id, memory):
                raise _Decided
            units = {right_id: change.units for right_id, change in changes.items()}
            self.book.begin(ChangeRow(change_id, card_id, sale_ref, memory.sequence + 1, units))
            begun.append(change_id)

        try:
            after = self._card.change(card_id, change_id, tuple(changes.values()), today, about_to_commit)
        except CardRightsError as error:
            _LOG.warning("card_rights_not_written", code=error.code)
            if begun and error.code != "card_in_doubt":
                self.book.finish(change_id, "undone")
            raise
        self.book.finish(change_id, "done")
        return after


class CardRightsWindow:
    """Cards that prove their key are asked what is open about them, on a thread of its own."""

    def __init__(
        self, desk: CardRightsDesk, today: Callable[[], date], changed: Callable[[str, CardMemory], None]
    ) -> None:
        """`changed`: told what a card remembers after something was given back to it."""
        self._desk = desk
        self._today = today
        self._changed = changed
        self._working = threading.Lock()

    @property
    def at_work(self) -> bool:
        """Whether something is being given back right now."""
        return self._working.locked()

    def tapped(self, card_id: str, memory: CardMemory) -> None:
        """What was in doubt is decided by what the card said; what is owed to it is given back. Never raises."""
        if self._desk.practising():
            return
        try:
            self._desk.book.settle(card_id, memory)
            owed = self._desk.book.owed(card_id)
        except JournalError as error:
            _LOG.warning("card_rights_not_settled", code=error.code)
            return
        if owed and self._working.acquire(blocking=False):
            threading.Thread(target=self._give_back, args=(card_id,), name="card rights", daemon=True).start()

    def _give_back(self, card_id: str) -> None:
        try:
            memory = self._desk.give_back(card_id, self._today())
            if memory is not None:
                self._changed(card_id, memory)
        except (CardRightsError, JournalError) as error:
            _LOG.warning("card_rights_owed", code=error.code)
        finally:
            self._working.release()


def _ignore(_memory: CardMemory) -> None:
    return None
