"""A contactless reader module on a pseudo-terminal: answers its host, and is told by orders what lies on it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from firmware_sim.line.faults import FaultyLine
from firmware_sim.line.orders import OrderError
from firmware_sim.line.pty_port import IDLE_WAIT_S, PtyPort
from firmware_sim.readers.modules import MODULES

READ_WAIT_S = 0.1
TAP_LOOKS = 2
"""A hand holds a card until it was looked for so often."""
TAP_WAIT_S = 5.0
UID_LENGTHS = (4, 7, 10)


class ChipReader:
    """One module and its thread. Thread-safe."""

    def __init__(self, protocol: str, link: Path | None = None, seed: int = 0, chance: float = 0.0) -> None:
        """`chance`: share of answers that suffer a fault."""
        self.protocol = protocol
        self.port = PtyPort(link)
        self.faults = FaultyLine(seed, chance)
        self._module = MODULES[protocol]()
        self._changed = threading.Condition()
        self._stopped = threading.Event()
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
                for piece in self.faults.pieces(answer):
                    self._stopped.wait(piece.wait_s)
                    self.port.write(piece.data)

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

    def order(self, words: Sequence[str]) -> str:
        """`tap UID…`, `insert UID…`, `remove`, `restart`, `raw HEX`, `fault …`, `unplug`, `plug`, `status`."""
        try:
            return self._order(words)
        except ValueError as problem:
            raise OrderError(str(problem)) from problem

    def _order(self, words: Sequence[str]) -> str:
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
            case ["raw", data]:
                self.port.write(bytes.fromhex(data))
            case ["fault", *rest]:
                return self.faults.order(rest)
            case ["unplug"]:
                self.port.unplug()
            case ["plug"]:
                self.port.plug()
            case ["status"]:
                pass
            case _:
                raise OrderError(
                    f"orders of a {self.protocol}: tap UID…, insert UID…, remove, restart, raw HEX, fault …, unplug, "
                    "plug, status"
                )
        return self._describe()

    def _describe(self) -> str:
        if not self.port.plugged:
            return f"{self.protocol} unplugged"
        listener = "open" if self.port.listened_to() else "nobody listens"
        cards = ", ".join(uid.hex().upper() for uid in self._module.field) or "no card"
        return f"{self.protocol} on {self.port.address}, {listener}, {cards}, {self.faults.describe()}"

    def close(self) -> None:
        """Take the device away for good."""
        self._stopped.set()
        self._thread.join(timeout=2)
        self.port.close()


def _uid(text: str) -> bytes:
    try:
        uid = bytes.fromhex(text)
    except ValueError as problem:
        raise ValueError(f"UID {text!r} is not hexadecimal") from problem
    if len(uid) not in UID_LENGTHS:
        raise ValueError(f"UID {text!r} has {len(uid)} bytes; an ISO 14443 A card has 4, 7 or 10")
    return uid
