"""Finds a card that carries value, or remembers rights, on the PC/SC readers of this till."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from drivers.address import PcscAddress
from drivers.cards.calls import CardAbsentError, OnCard
from drivers.cards.exchange import CardGoneError, Wire
from drivers.pcsc_reader.service import Card, CardLost, Service
from drivers.pcsc_reader.uid import GET_UID, STATUS_GOOD

T = TypeVar("T")


class PcscFinder:
    """Looks at each reader whose name fits one of the addresses; has a context with the service only meanwhile."""

    def __init__(self, addresses: Sequence[PcscAddress]) -> None:
        self._parts = tuple(address.name_part.casefold() for address in addresses)

    def __call__(self, card_id: str, work: OnCard[T]) -> T:
        """Do the work on that card. CardAbsentError; what the work raised; DeviceError."""
        service = Service("pcsc://")
        try:
            for name in service.reader_names():
                if any(part in name.casefold() for part in self._parts):
                    found = _on_reader(service, name, card_id, work)
                    if found:
                        return found[0]
        finally:
            service.release()
        raise CardAbsentError(f"Card {card_id} is on no reader. Hold it there until the end.")


def _on_reader(service: Service, name: str, card_id: str, work: OnCard[T]) -> list[T]:
    """What the work gave; nothing when another card or none is there."""
    done: list[T] = []
    try:
        with service.card(name) as card:
            wire = Wire(exchange_of(card))
            uid, status = wire.iso(GET_UID)
            if status == STATUS_GOOD and f"iso14443a:{uid.hex().upper()}" == card_id:
                done.append(work(wire, uid))
    except CardLost:
        # An empty reader; or the card was taken away when all was done: what it had confirmed has happened.
        pass
    return done


def exchange_of(card: Card) -> Callable[[bytes], bytes]:
    """A connected card as the card drivers speak to it."""

    def exchange(command: bytes) -> bytes:
        try:
            return card.exchange(command)
        except CardLost as error:
            raise CardGoneError(str(error)) from error

    return exchange
