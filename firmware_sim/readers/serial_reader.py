"""A serial card reader or barcode scanner on a pseudo-terminal, told by orders what is held to it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from firmware_sim.line.faults import FaultyLine
from firmware_sim.line.orders import OrderError
from firmware_sim.line.pty_port import PtyPort
from firmware_sim.readers.frames import (
    AIM_IDENTIFIERS,
    em4100_bytes,
    id12_frame,
    rdm6300_frame,
    scanner_frame,
    swipe_frame,
)

PROTOCOLS = ("id12", "rdm6300", "scanner", "magtek")
ORDERS = {
    "scanner": "scan TEXT [SYMBOLOGY]",
    "magtek": "swipe TRACK2 [TRACK1]",
    "id12": "tap UID",
    "rdm6300": "tap UID",
}


class SerialReader:
    """One device. Thread-safe: frames never mix on the line."""

    def __init__(
        self, protocol: str, link: Path | None = None, seed: int = 0, chance: float = 0.0, *, aim: bool = True
    ) -> None:
        """`aim`: whether a scanner says the symbology before the data. `chance`: share of frames with a fault."""
        if protocol not in PROTOCOLS:
            raise ValueError(f"unknown protocol {protocol!r}; there are {', '.join(PROTOCOLS)}")
        self.protocol = protocol
        self.port = PtyPort(link)
        self.faults = FaultyLine(seed, chance)
        self._aim = aim
        self._line = threading.Lock()
        self._pause = threading.Event()

    def tap(self, uid_hex: str) -> bool:
        """Hold an EM4100 tag (five bytes of hex) to the reader; False when nobody listens or a fault ate the frame."""
        tag = em4100_bytes(uid_hex)
        return self._send(rdm6300_frame(tag) if self.protocol == "rdm6300" else id12_frame(tag))

    def scan(self, text: str, symbology: str = "ean13") -> bool:
        """Read a barcode; False when nobody listens or a fault ate the frame."""
        return self._send(scanner_frame(text, symbology if self._aim else ""))

    def swipe(self, track_2: str, track_1: str = "") -> bool:
        """Draw a magnetic stripe through; the texts without their sentinels, `E` for a track that cannot be read."""
        return self._send(swipe_frame({2: track_2} | ({1: track_1} if track_1 else {})))

    def send_raw(self, data: bytes) -> bool:
        """Put bytes on the line as they are: noise, foreign frames."""
        return self._send(data)

    def _send(self, frame: bytes) -> bool:
        with self._line:
            sent = False
            for piece in self.faults.pieces(frame):
                self._pause.wait(piece.wait_s)
                sent = self.port.write(piece.data)
            return sent

    def order(self, words: Sequence[str]) -> str:
        """`tap UID`, `scan TEXT [SYMBOLOGY]`, `swipe TRACK2 [TRACK1]`, `raw HEX`, `fault …`, `unplug`, `plug`."""
        try:
            return self._order(words)
        except ValueError as problem:
            raise OrderError(str(problem)) from problem

    def _order(self, words: Sequence[str]) -> str:
        match list(words):
            case ["tap", uid_hex] if self.protocol in ("id12", "rdm6300"):
                return _heard(self.tap(uid_hex))
            case ["scan", text, *rest] if self.protocol == "scanner" and len(rest) <= 1:
                symbology = rest[0] if rest else "ean13"
                if symbology not in AIM_IDENTIFIERS:
                    raise OrderError(f"unknown symbology {symbology!r}; there are {', '.join(AIM_IDENTIFIERS)}")
                return _heard(self.scan(text, symbology))
            case ["swipe", track_2, *rest] if self.protocol == "magtek" and len(rest) <= 1:
                return _heard(self.swipe(track_2, *rest))
            case ["raw", data]:
                return _heard(self.send_raw(bytes.fromhex(data)))
            case ["fault", *rest]:
                return self.faults.order(rest)
            case ["unplug"]:
                self.port.unplug()
            case ["plug"]:
                self.port.plug()
            case ["status"]:
                pass
            case _:
                verb = ORDERS[self.protocol]
                raise OrderError(f"orders of a {self.protocol}: {verb}, raw HEX, fault …, unplug, plug, status")
        return self._describe()

    def _describe(self) -> str:
        if not self.port.plugged:
            return f"{self.protocol} unplugged"
        listener = "open" if self.port.listened_to() else "nobody listens"
        return f"{self.protocol} on {self.port.address}, {listener}, {self.faults.describe()}"

    def close(self) -> None:
        """Take the device away for good."""
        self.port.close()


def _heard(sent: bool) -> str:
    return "sent" if sent else "not sent (nobody listens, or a fault ate it)"
