"""What every simulated reader on a serial line has: a port, faults, and orders at run time."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from firmware_sim.line.faults import FaultyLine
from firmware_sim.line.orders import OrderError
from firmware_sim.line.pty_port import PtyPort


class ReaderDevice(ABC):
    """One device. Thread-safe: frames never mix on the line."""

    def __init__(self, protocol: str, link: Path | None, seed: int, chance: float) -> None:
        """`chance`: share of frames that suffer a fault, drawn from `seed`."""
        self.protocol = protocol
        self.port = PtyPort(link)
        self.faults = FaultyLine(seed, chance)
        self._line = threading.Lock()
        self._stopped = threading.Event()

    @property
    @abstractmethod
    def own_orders(self) -> str:
        """What is held to this device, as orders: for who gave one that is not understood."""

    @abstractmethod
    def own_order(self, words: Sequence[str]) -> str | None:
        """Carry out one of `own_orders`; None for any other. ValueError says what is wrong with it."""

    def order(self, words: Sequence[str]) -> str:
        """One of `own_orders`, or `raw HEX`, `fault …`, `unplug`, `plug`, `status`. OrderError says why not."""
        try:
            answer = self.own_order(words)
            return self._common_order(words) if answer is None else answer
        except ValueError as problem:
            raise OrderError(str(problem)) from problem

    def _common_order(self, words: Sequence[str]) -> str:
        match list(words):
            case ["raw", data]:
                return heard(self.send(bytes.fromhex(data)))
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
                    f"orders of a {self.protocol}: {self.own_orders}, raw HEX, fault …, unplug, plug, status"
                )
        return self.describe()

    def send(self, frame: bytes) -> bool:
        """Put bytes on the line as the faults let them; False when nobody listens or a fault ate them."""
        with self._line:
            sent = False
            for piece in self.faults.pieces(frame):
                self._stopped.wait(piece.wait_s)
                sent = self.port.write(piece.data)
            return sent

    def describe(self, lies_there: str = "") -> str:
        """The device in words. `lies_there`: what is on it."""
        if not self.port.plugged:
            return f"{self.protocol} unplugged"
        listener = "open" if self.port.listened_to() else "nobody listens"
        parts = (f"{self.protocol} on {self.port.address}", listener, lies_there, self.faults.describe())
        return ", ".join(part for part in parts if part)

    def close(self) -> None:
        """Take the device away for good."""
        self._stopped.set()
        self.port.close()


def heard(sent: bool) -> str:
    """Whether it came out of the device, in words."""
    return "sent" if sent else "not sent (nobody listens, or a fault ate it)"
