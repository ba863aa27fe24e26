"""A slot of the virtual reader and what can be done on it: put a card there, take it away, tap it."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence

from firmware_sim.cards.card import KINDS, SimulatedCard, make_card
from firmware_sim.cards.faults import WORDS, CardFaults
from firmware_sim.cards.virtual_reader import CardInField
from firmware_sim.line.orders import OrderError

VPCD_PORT = 35963
"""First slot of Debian's virtual reader; the second slot is the next port."""
VPCD_HOST = "127.0.0.1"
TAP_WAIT_S = 10.0
"""Presence is polled every 0.4 s; a busy machine may take some seconds to come to it."""
SETTLE_S = 0.6
"""A card stays at least this long after it was read and is away at least this long: one and a half polls."""


CARDS_MAX = 1_000
"""Cards whose memory one slot keeps."""


class CardSlot:
    """One slot. Thread-safe; at most one card (or one `two`) at a time."""

    def __init__(self, port: int = VPCD_PORT, host: str = VPCD_HOST, seed: int = 0) -> None:
        self._host = host
        self._port = port
        self._random = random.Random(seed)
        self._lock = threading.RLock()
        self._field: CardInField | None = None
        self._known: dict[tuple[str, str], SimulatedCard] = {}
        self._pause = threading.Event()
        self.faults = CardFaults(seed)

    def insert(self, card: SimulatedCard) -> CardInField:
        """Put a card on the reader; the one that lay there is taken away first."""
        with self._lock:
            if self._field is not None:
                self.remove()
                self._pause.wait(SETTLE_S)
            self._field = CardInField(card, self._host, self._port, self.faults)
            return self._field

    def insert_kind(self, kind: str, uid_hex: str) -> CardInField:
        """Put a card of a kind on the reader. ValueError for a kind or UID that does not exist.

        The same kind and UID is the same card, with what was written to it before.
        """
        with self._lock:
            card = self._known.get((kind, uid_hex.upper()))
            if card is None:
                card = make_card(kind, uid_hex, self._random)
                if card.chip is not None and len(self._known) < CARDS_MAX:
                    self._known[kind, uid_hex.upper()] = card
        return self.insert(card)

    def remove(self) -> bool:
        """Take the card away; False when there was none."""
        with self._lock:
            field, self._field = self._field, None
        if field is None:
            return False
        field.remove()
        return True

    def tap(self, kind: str, uid_hex: str, wait_s: float = TAP_WAIT_S) -> bool:
        """Hold a card to the reader until its UID was read (at most `wait_s`), then take it away.

        False when nobody read it in that time.
        """
        field = self.insert_kind(kind, uid_hex)
        read = field.wait_uid_read(wait_s)
        self._pause.wait(SETTLE_S)
        self.remove()
        self._pause.wait(SETTLE_S)
        return read

    def order(self, words: Sequence[str]) -> str:
        """`insert UID [KIND]`, `tap UID [KIND]`, `remove`, `phone`, `two`, `unreadable`, `mute`, `fault`, `status`."""
        match list(words):
            case ["insert" | "tap" as verb, uid_hex, *rest] if len(rest) <= 1:
                return self._place(verb, rest[0] if rest else "ntag", uid_hex)
            case ["phone" | "two" | "unreadable" | "mute" as kind, *rest] if rest in ([], ["insert"], ["tap"]):
                return self._place(rest[0] if rest else "tap", kind, "")
            case ["remove"]:
                return "removed" if self.remove() else "there was no card"
            case ["fault", *rest]:
                return self.faults.order(rest)
            case ["status"]:
                field = self._field
                return f"{field.card.kind} {field.card.uid.hex().upper()}" if field and field.on_reader else "no card"
            case _:
                raise OrderError(
                    "orders: insert UID [KIND], tap UID [KIND], remove, phone, two, unreadable, mute, status, "
                    f"fault with one of: {WORDS}; kinds: {', '.join(KINDS)}"
                )

    def _place(self, verb: str, kind: str, uid_hex: str) -> str:
        try:
            if verb == "insert":
                card = self.insert_kind(kind, uid_hex).card
                return f"inserted {card.kind} {card.uid.hex().upper()}"
            read = self.tap(kind, uid_hex)
        except ValueError as problem:
            raise OrderError(str(problem)) from problem
        return "tapped and read" if read else "tapped, nobody read it"

    def close(self) -> None:
        """Take the card away and stop."""
        self.remove()
