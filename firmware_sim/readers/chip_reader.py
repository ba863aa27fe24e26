"""A contactless reader module on a pseudo-terminal: answers its host, and is told by orders what lies on it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from firmware_sim.line.pty_port import IDLE_WAIT_S
from firmware_sim.readers.device import ReaderDevice
from firmware_sim.readers.modules import MODULES

READ_WAIT_S = 0.1
TAP_LOOKS = 2
"""A hand holds a card until it was looked for so often."""
TAP_WAIT_S = 5.0
UID_LENGTHS = (4, 7, 10)


class ChipReader(ReaderDevice):
    """One module and its thread."""

    def __init__(self, protocol: str, link: Path | None = None, seed: int = 0, chance: float = 0.0) -> None:
        """`chance`: share of answers that suffer a fault."""
        super().__init__(protocol, link, seed, chance)
        self._module = MODULES[protocol]()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"{protocol} module", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.is_set():
            data = self.port.read(READ_WAIT_S)
            if not data:
                if not self.port.listened_to():
                    self._stopped.wait(IDLE_WAIT_S)
                continue
            with self._changed:
                answers = self._module.hear(data)
                self._changed.notify_all()
            for answer in answers:
                self.send(answer)

    def insert(self, *uids: str) -> None:
        """Lay cards on the reader. ValueError says what is wrong with a UID."""
        field = tuple(_uid(uid) for uid in uids)
        with self._changed:
            self._module.field = field

    def tap(self, *uids: str) -> bool:
        """Hold cards to the reader until it was looked for them; False when no host does."""
        self.insert(*uids)
        with self._changed:
            wanted = self._module.asked + TAP_LOOKS
            seen = self._changed.wait_for(lambda: self._module.asked >= wanted, TAP_WAIT_S)
            self._module.field = ()
        return seen

    @property
    @override
    def own_orders(self) -> str:
        return "tap UID…, insert UID…, remove, restart"

    @override
    def own_order(self, words: Sequence[str]) -> str | None:
        match list(words):
            case ["tap", *uids] if uids:
                return "read" if self.tap(*uids) else "nobody looks for cards"
            case ["insert", *uids] if uids:
                self.insert(*uids)
            case ["remove"]:
                self.insert()
            case ["restart"]:
                with self._changed:
                    self._module.reset()
            case _:
                return None
        return self.describe()

    @override
    def describe(self, lies_there: str = "") -> str:
        cards = ", ".join(uid.hex().upper() for uid in self._module.field)
        return super().describe(lies_there or cards or "no card")

    @override
    def close(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=2)
        super().close()


def _uid(text: str) -> bytes:
    try:
        uid = bytes.fromhex(text)
    except ValueError as problem:
        raise ValueError(f"UID {text!r} is not hexadecimal") from problem
    if len(uid) not in UID_LENGTHS:
        raise ValueError(f"UID {text!r} has {len(uid)} bytes; an ISO 14443 A card has 4, 7 or 10")
    return uid
