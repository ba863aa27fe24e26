"""From single readings to cards that come and go. No I/O.

Serial readers tell of a card once, or again and again, and never that it is gone: the same card within the device's
presence time is one presentation, and silence of that length is taken as its removal. Two cards that are told in turn
within that time lie on the reader together.
"""

from __future__ import annotations

from drivers.serial_reader.frames import (
    BrokenFrame,
    CardFrame,
    ChipFrame,
    ScanFrame,
    SwipeFrame,
    TagFrame,
    TroubleFrame,
)
from pos_engine.ports.devices import (
    CardIdentity,
    CardPresented,
    CardRefused,
    CardRemoved,
    CardTrouble,
    CodeScanned,
    ReaderEvent,
)


class Presence:
    """What lies on one reader."""

    def __init__(self, presence_s: float) -> None:
        self._presence_s = presence_s
        self._card: CardIdentity | None = None
        self._before: CardIdentity | None = None
        self._refused: CardTrouble | None = None
        self._seen_s = 0.0

    @property
    def due_s(self) -> float | None:
        """When what lies there counts as gone; None when nothing does."""
        return None if self._card is None and self._refused is None else self._seen_s + self._presence_s

    def pass_time(self, now_s: float) -> tuple[ReaderEvent, ...]:
        """The removal, when it is time."""
        if self.due_s is None or now_s < self.due_s:
            return ()
        card, self._card, self._before, self._refused = self._card, None, None, None
        return () if card is None else (CardRemoved(),)

    def take(self, frame: CardFrame, now_s: float) -> tuple[ReaderEvent, ...]:
        """What one reading means."""
        match frame:
            case TagFrame(tag_hex):
                return self._chip(CardIdentity("em4100", tag_hex), now_s)
            case ChipFrame(uid_hex, family):
                return self._chip(CardIdentity("iso14443a", uid_hex, family), now_s)
            case SwipeFrame(number):  # a stripe is gone when it has been read
                return (CardPresented(CardIdentity("magstripe", number)), CardRemoved())
            case ScanFrame(symbology, text, elements):
                return (CodeScanned(symbology, text, elements),)
            case TroubleFrame(trouble):
                return self._trouble(trouble, now_s)
            case BrokenFrame():
                return self._broken()

    def _chip(self, card: CardIdentity, now_s: float) -> tuple[ReaderEvent, ...]:
        self._seen_s = now_s
        if self._refused is CardTrouble.TWO_CARDS or card == self._card:
            return ()
        if self._card is None:
            self._card, self._refused = card, None
            return (CardPresented(card),)
        if card == self._before:
            self._card, self._refused = None, CardTrouble.TWO_CARDS
            return (CardRemoved(), CardRefused(CardTrouble.TWO_CARDS))
        self._before, self._card = self._card, card
        return (CardRemoved(), CardPresented(card))

    def _trouble(self, trouble: CardTrouble, now_s: float) -> tuple[ReaderEvent, ...]:
        """Told once, however often the reader repeats it."""
        self._seen_s = now_s
        if trouble is self._refused:
            return ()
        gone = () if self._card is None else (CardRemoved(),)
        self._card, self._before, self._refused = None, None, trouble
        return (*gone, CardRefused(trouble))

    def _broken(self) -> tuple[ReaderEvent, ...]:
        # while a good reading is at hand, a bad one in between tells nothing
        return (CardRefused(CardTrouble.UNREADABLE),) if self._card is None and self._refused is None else ()
