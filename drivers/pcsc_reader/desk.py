"""A reader at a desk: one card after the other is put down, worked on, and taken away."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from drivers.address import PcscAddress
from drivers.cards.exchange import CardGoneError, Wire
from drivers.errors import reader_missing
from drivers.pcsc_reader.atr import parse_atr
from drivers.pcsc_reader.service import CardLost, Service, SlotState
from drivers.pcsc_reader.uid import GET_UID, read_identity
from drivers.pcsc_reader.value_finder import exchange_of
from pos_engine.ports.devices import CardIdentity, CardTrouble

T = TypeVar("T")
LOOK_S = 1.0  # how often the wait for a card is looked at


@dataclass(frozen=True)
class OnDesk:
    """The card that lies there."""

    reader: str
    card: CardIdentity


class ReaderDesk:
    """One context with the service; one thread."""

    def __init__(self, address: PcscAddress) -> None:
        """DeviceError when the service does not run or has no such reader."""
        where = f"pcsc://{address.name_part}"
        self._service = Service(where)
        part = address.name_part.casefold()
        self._names = [name for name in self._service.reader_names() if part in name.casefold()]
        if not self._names:
            self._service.release()
            raise reader_missing(where, "Plug it in, or correct its name; `pcsc_scan` lists what is there.")

    def close(self) -> None:
        """Give the context back."""
        self._service.release()

    def wait_card(self, wait_s: float, other_than: str, refused: Callable[[CardTrouble], None]) -> OnDesk | None:
        """The next card that can be named and is not `other_than` (a card id); None after that many seconds.

        `refused` is told, once for each time something is put down, what cannot be named: a phone, two cards.
        """
        ends_at = time.monotonic() + wait_s
        known = [(name, 0) for name in self._names]
        while (left_s := ends_at - time.monotonic()) > 0:
            states = self._service.wait(known, min(LOOK_S, left_s))
            known = [(state.name, state.raw) for state in states] or known
            for state in states:
                found = self._named(state) if state.card_present else None
                if isinstance(found, CardTrouble):
                    refused(found)
                elif found is not None and found.card.card_id != other_than:
                    return found
        return None

    def work(self, there: OnDesk, what: Callable[[Wire], T]) -> T:
        """Do something with that card, the reader ours alone. CardGoneError when it is not there any more."""
        done: list[T] = []
        try:
            with self._service.card(there.reader) as card:
                wire = Wire(exchange_of(card))
                kind = parse_atr(card.atr())
                if read_identity(kind, card.exchange(GET_UID)) != there.card:
                    raise CardGoneError("another card lies there now")
                done.append(what(wire))
        except CardLost as error:
            if not done:
                raise CardGoneError(str(error)) from error
        return done[0]

    def _named(self, state: SlotState) -> OnDesk | CardTrouble | None:
        """What was put down; None: it was taken away again."""
        if state.card_mute:
            return CardTrouble.UNREADABLE
        try:
            with self._service.card(state.name) as card:
                found = read_identity(parse_atr(card.atr()), card.exchange(GET_UID))
        except CardLost:
            return None
        return OnDesk(state.name, found) if isinstance(found, CardIdentity) else found
