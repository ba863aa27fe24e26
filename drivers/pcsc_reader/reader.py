"""A contactless reader behind PC/SC as the till's Reader port.

Laws: one own thread, one own context; nothing is believed from one answer: a card is named when two readings in one
transaction agree and nothing moved meanwhile, and named again when later readings differ (a card that is swapped
between two looks of the service goes unseen by it). A service or reader that goes away raises DeviceError.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from typing_extensions import override

from drivers.address import PcscAddress
from drivers.cards.prover import PROVABLE_FAMILY, Prover
from drivers.errors import reader_gone, reader_missing
from drivers.pcsc_reader.atr import parse_atr
from drivers.pcsc_reader.service import PLUG_AND_PLAY, CardLost, Service, SlotState
from drivers.pcsc_reader.uid import GET_UID, expected_length, read_identity
from drivers.pcsc_reader.value_finder import exchange_of
from drivers.reconnect import retry_bounded
from pos_engine.ports.devices import (
    CardIdentity,
    CardPresented,
    CardRefused,
    CardRemoved,
    CardTrouble,
    DeviceError,
    Reader,
    ReaderEvent,
)

READINGS_MAX = 4  # pairs of readings that may disagree before it must be two cards answering in turn
RECHECK_S = 0.6  # longer than the 0.4 s in which the service looks for cards: a swap shows in the next reading
STORM_CHANGES = 6  # three insertions and three removals…
STORM_WINDOW_S = 1.5  # …faster than a hand can do: two cards that push each other out of the field
EVENTS_MAX = 32  # events of one look at a handful of readers; more would be a fault
NOT_A_CARD_SLOT = "SAM"  # readers such as the ACR1252 show their security module's slot as a reader of its own

Seen = CardIdentity | CardTrouble


@dataclass(frozen=True)
class _Slot:
    """One reader: the state last seen, who is on it, and when that was last checked."""

    state: SlotState
    seen: Seen | None = None
    checked_at_s: float = 0.0
    moves: tuple[float, ...] = ()


class PcscReader(Reader):
    """All PC/SC readers whose name contains the address's part, as one."""

    def __init__(
        self, address: PcscAddress, monotonic: Callable[[], float] = time.monotonic, prover: Prover | None = None
    ) -> None:
        """`monotonic`: seconds of real time; how fast cards move has nothing to do with the shop's clock.

        `prover`: asks cards for more than their UID; None where this till holds no keys.
        """
        self._address = address
        self._prover = prover
        self._monotonic = monotonic
        self._service: Service | None = None
        self._slots: dict[str, _Slot] = {}
        self._readers_known = 0
        self._events: deque[ReaderEvent] = deque(maxlen=EVENTS_MAX)
        self._last_presented_on = ""

    @property
    def _where(self) -> str:
        return f"pcsc://{self._address.name_part}"

    @override
    def open(self) -> None:
        """Claim a context. DeviceError pcscd_missing, pcsc_denied or reader_missing."""
        self.close()
        self._service = retry_bounded(lambda: Service(self._where))
        try:
            self._list_readers(self._service)
        except DeviceError:
            self.close()
            raise
        if not self._slots:
            self.close()
            raise reader_missing(self._where, "Plug it in, or correct its name; `pcsc_scan` lists what is there.")

    @override
    def next_event(self, timeout_s: float) -> ReaderEvent | None:
        service = self._service
        if service is None:
            raise reader_gone(self._where, "it is not open")
        if not self._events:
            self._look(service, timeout_s)
        return self._events.popleft() if self._events else None

    @override
    def close(self) -> None:
        service, self._service = self._service, None
        self._slots.clear()
        self._events.clear()
        self._last_presented_on = ""
        if service is not None:
            service.release()

    def _look(self, service: Service, timeout_s: float) -> None:
        """Wait for a change and turn what is found into events."""
        now = self._monotonic()
        rechecks = [slot.checked_at_s + RECHECK_S - now for slot in self._slots.values() if slot.seen is not None]
        wait_s = max(0.0, min([timeout_s, *rechecks]))
        known = [(name, slot.state.raw) for name, slot in self._slots.items()]
        known.append((PLUG_AND_PLAY, self._readers_known << 16))
        for state in service.wait(known, wait_s):
            if state.name in self._slots and not state.gone:
                self._take_state(service, state)
        self._list_readers(service)
        if not self._slots:
            raise reader_gone(self._where, "it was unplugged")
        self._recheck(service)

    def _list_readers(self, service: Service) -> None:
        """Follow readers that come and go. Asked on every look: old services miss changes between two waits."""
        names = service.reader_names()
        self._readers_known = len(names)
        part = self._address.name_part.casefold()
        wanted = [name for name in names if part in name.casefold() and (part or NOT_A_CARD_SLOT not in name)]
        for name in self._slots.keys() - set(wanted):
            self._leave(name)
            del self._slots[name]
        for name in wanted:
            self._slots.setdefault(name, _Slot(SlotState(name, 0, b"")))

    def _take_state(self, service: Service, state: SlotState) -> None:
        slot = self._slots[state.name]
        moved = state.changes != slot.state.changes or state.card_present != slot.state.card_present
        now = self._monotonic()
        moves = slot.moves
        if moved and slot.state.raw:
            steps = max(1, (state.changes - slot.state.changes) & 0xFFFF)
            moves = (*moves, *([now] * min(steps, STORM_CHANGES)))[-STORM_CHANGES:]
        self._slots[state.name] = replace(slot, state=state, moves=moves)
        if not moved:
            return
        if slot.seen is not None:
            self._leave(state.name)
        if not state.card_present:
            return
        if len(moves) == STORM_CHANGES and now - moves[0] <= STORM_WINDOW_S:
            self._arrive(state.name, CardTrouble.TWO_CARDS)
        else:
            self._arrive(state.name, CardTrouble.UNREADABLE if state.card_mute else self._read(service, state.name))

    def _recheck(self, service: Service) -> None:
        """Read again what lies on a reader: a swap the service did not see, a card that woke up."""
        for name, slot in list(self._slots.items()):
            if slot.seen is None or self._monotonic() - slot.checked_at_s < RECHECK_S:
                continue
            found = self._read(service, name)
            in_trouble = isinstance(found, CardTrouble) and isinstance(slot.seen, CardIdentity)
            if found == slot.seen or in_trouble or found is CardTrouble.UNREADABLE:
                # what is being taken away, a phone too, answers badly; the service will tell of its removal
                self._slots[name] = replace(slot, checked_at_s=self._monotonic())
                continue
            self._leave(name)
            self._arrive(name, found)

    def _arrive(self, name: str, found: Seen) -> None:
        self._slots[name] = replace(self._slots[name], seen=found, checked_at_s=self._monotonic())
        if isinstance(found, CardTrouble):
            self._events.append(CardRefused(found))
            return
        proved = self._proved(name, found)
        if isinstance(proved, CardTrouble):
            if proved is CardTrouble.UNREADABLE:  # taken away in the middle; the next look asks again
                self._slots[name] = replace(self._slots[name], seen=proved)
            self._events.append(CardRefused(proved))
            return
        self._last_presented_on = name
        self._events.append(CardPresented(proved))

    def _proved(self, name: str, card: CardIdentity) -> Seen:
        """The card with what it can prove. The slot goes on knowing it by its UID: later looks read no more."""
        service = self._service
        if self._prover is None or service is None or card.family != PROVABLE_FAMILY:
            return card
        try:
            with service.card(name) as connected:
                return self._prover.prove(card, exchange_of(connected))
        except CardLost:
            return CardTrouble.UNREADABLE

    def _leave(self, name: str) -> None:
        slot = self._slots[name]
        self._slots[name] = replace(slot, seen=None)
        if self._last_presented_on == name and isinstance(slot.seen, CardIdentity):
            self._last_presented_on = ""
            self._events.append(CardRemoved())

    def _read(self, service: Service, name: str) -> Seen:
        """Who is on this reader now: the answer on which two readings in a row agree."""
        found: Seen = CardTrouble.UNREADABLE
        settled = False
        for _ in range(READINGS_MAX):
            first, found = self._read_pair(service, name)
            settled = first == found
            if settled and isinstance(found, CardIdentity):
                return found
        return found if settled else CardTrouble.TWO_CARDS

    def _read_pair(self, service: Service, name: str) -> tuple[Seen, Seen]:
        try:
            with service.card(name) as card:
                kind = parse_atr(card.atr())
                answers = []
                for _ in range(2):
                    answer = card.exchange(GET_UID)
                    length = expected_length(answer)
                    if length is not None:
                        answer = card.exchange(GET_UID[:-1] + bytes([length]))
                    answers.append(read_identity(kind, answer))
                return answers[0], answers[1]
        except CardLost:
            return CardTrouble.UNREADABLE, CardTrouble.UNREADABLE
