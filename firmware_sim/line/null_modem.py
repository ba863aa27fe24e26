"""A cable between two programs that both want a serial device: two pseudo-terminals, what enters one leaves the other.

It has no speed of its own unless it is given one; `lose` swallows bytes, as a plug that is pulled does. Faults strike
pieces of what passes, in either direction, as they are read from one end.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from firmware_sim.line.faults import FaultyLine
from firmware_sim.line.orders import OrderError
from firmware_sim.line.pty_port import IDLE_WAIT_S, PtyPort

READ_WAIT_S = 0.05
BITS_PER_BYTE = 10


class NullModem:
    """The cable and its two threads. `left` and `right` are what the two programs open."""

    def __init__(self, left: Path | None = None, right: Path | None = None, baud: int = 0, seed: int = 0) -> None:
        """`baud`: pass bytes no faster than a line of that speed would; 0: at once. `seed`: of the faults."""
        self.left = PtyPort(left)
        self.right = PtyPort(right)
        self.lose = False
        self.faults = FaultyLine(seed)
        self._byte_s = BITS_PER_BYTE / baud if baud else 0.0
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._carry, args=(source, sink), name="null modem", daemon=True)
            for source, sink in ((self.left, self.right), (self.right, self.left))
        ]
        for thread in self._threads:
            thread.start()

    def _carry(self, source: PtyPort, sink: PtyPort) -> None:
        while not self._stopped.is_set():
            data = source.read(READ_WAIT_S)
            if data and not self.lose:
                for piece in self.faults.pieces(data):
                    self._stopped.wait(piece.wait_s)
                    sink.write(piece.data)
                if self._byte_s:
                    self._stopped.wait(len(data) * self._byte_s)
            elif not data and not source.listened_to():
                self._stopped.wait(IDLE_WAIT_S)

    def order(self, words: Sequence[str]) -> str:
        """`lose on|off`, `unplug left|right`, `plug`, `fault …`, `status`. OrderError when it is not understood."""
        match list(words):
            case ["lose", "on" | "off" as wanted]:
                self.lose = wanted == "on"
            case ["unplug", "left"]:
                self.left.unplug()
            case ["unplug", "right"]:
                self.right.unplug()
            case ["plug"]:
                self.left.plug()
                self.right.plug()
            case ["fault", *rest]:
                self.faults.order(rest)
            case ["status"]:
                pass
            case _:
                raise OrderError("orders of a cable: lose on|off, unplug left|right, plug, fault …, status")
        ends = ", ".join(f"{name} {_state(end)}" for name, end in (("left", self.left), ("right", self.right)))
        return f"{ends}, {'loses everything' if self.lose else 'passes'}, {self.faults.describe()}"

    def close(self) -> None:
        """Take the cable away."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=3)
        self.left.close()
        self.right.close()


def _state(end: PtyPort) -> str:
    return "unplugged" if not end.plugged else "open" if end.listened_to() else "nobody listens"
