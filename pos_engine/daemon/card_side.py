"""Cards that prove themselves, in the daemon: taps counted in the journal, addresses of taps that a scanner read."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from typing_extensions import override

from pos_engine.checkout.card_rights import CardRightsWindow
from pos_engine.checkout.card_window import CardWindow
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from pos_engine.ports.card_proof import TapCounters
from pos_engine.ports.devices import CardIdentity, CardPresented, CardRefused, CardTrouble, CodeScanned, ReaderEvent

OnEvent = Callable[[str, ReaderEvent], None]
Scanned = Callable[[str], CardIdentity | CardTrouble | None]

_log = structlog.get_logger(__name__)


class JournalCounters(TapCounters):
    """Tap counters in the till's journal. A tap that cannot be written down counts as none."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @override
    def take(self, card_id: str, counter: int) -> bool:
        try:
            return self._journal.take_tag_counter(card_id, counter)
        except JournalError as error:
            _log.warning("tap_not_counted", code=error.code)
            return False


def with_scanned_taps(scanned: Scanned, on_event: OnEvent) -> OnEvent:
    """Turns the address of a tap that a scanner read (off a phone's screen) into the card it came from."""

    def handle(reader: str, event: ReaderEvent) -> None:
        found = scanned(event.text) if isinstance(event, CodeScanned) else None
        if isinstance(found, CardIdentity):
            on_event(reader, CardPresented(found))
        elif found is not None:
            on_event(reader, CardRefused(found))
        else:
            on_event(reader, event)

    return handle


def with_doubts_settled(window: CardWindow, on_event: OnEvent) -> OnEvent:
    """A card that proves its key is asked at once what became of moves that were in doubt."""

    def handle(reader: str, event: ReaderEvent) -> None:
        on_event(reader, event)
        if isinstance(event, CardPresented) and event.card.proof == "key":
            window.tapped(event.card.card_id)

    return handle


def with_rights_settled(window: CardRightsWindow, on_event: OnEvent) -> OnEvent:
    """What a card that proves its key remembers decides, before anything else, what was in doubt about it."""

    def handle(reader: str, event: ReaderEvent) -> None:
        if isinstance(event, CardPresented) and event.card.memory is not None:
            window.tapped(event.card.card_id, event.card.memory)
        on_event(reader, event)

    return handle
