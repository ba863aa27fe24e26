"""A serial card reader or barcode scanner on a pseudo-terminal, told by orders what is held to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from firmware_sim.readers.device import ReaderDevice, heard
from firmware_sim.readers.frames import (
    AIM_IDENTIFIERS,
    em4100_bytes,
    id12_frame,
    rdm6300_frame,
    scanner_frame,
    swipe_frame,
)

ORDERS = {
    "id12": "tap UID",
    "rdm6300": "tap UID",
    "scanner": "scan TEXT [SYMBOLOGY]",
    "magtek": "swipe TRACK2 [TRACK1]",
}
PROTOCOLS = tuple(ORDERS)


class SerialReader(ReaderDevice):
    """One device that speaks by itself."""

    def __init__(
        self, protocol: str, link: Path | None = None, seed: int = 0, chance: float = 0.0, *, aim: bool = True
    ) -> None:
        """`aim`: whether a scanner says the symbology before the data. ValueError for an unknown protocol."""
        if protocol not in PROTOCOLS:
            raise ValueError(f"unknown protocol {protocol!r}; there are {', '.join(PROTOCOLS)}")
        super().__init__(protocol, link, seed, chance)
        self._aim = aim

    def tap(self, uid_hex: str) -> bool:
        """Hold an EM4100 tag (five bytes of hex) to the reader; False when nobody listens or a fault ate the frame."""
        tag = em4100_bytes(uid_hex)
        return self.send(rdm6300_frame(tag) if self.protocol == "rdm6300" else id12_frame(tag))

    def scan(self, text: str, symbology: str = "ean13") -> bool:
        """Read a barcode; False when nobody listens or a fault ate the frame. ValueError for another symbology."""
        if symbology not in AIM_IDENTIFIERS:
            raise ValueError(f"unknown symbology {symbology!r}; there are {', '.join(AIM_IDENTIFIERS)}")
        return self.send(scanner_frame(text, symbology if self._aim else ""))

    def swipe(self, track_2: str, track_1: str = "") -> bool:
        """Draw a magnetic stripe through; the texts without their sentinels, `E` for a track that cannot be read."""
        return self.send(swipe_frame({2: track_2} | ({1: track_1} if track_1 else {})))

    @property
    @override
    def own_orders(self) -> str:
        return ORDERS[self.protocol]

    @override
    def own_order(self, words: Sequence[str]) -> str | None:
        match list(words):
            case ["tap", uid_hex] if self.protocol in ("id12", "rdm6300"):
                return heard(self.tap(uid_hex))
            case ["scan", text] if self.protocol == "scanner":
                return heard(self.scan(text))
            case ["scan", text, symbology] if self.protocol == "scanner":
                return heard(self.scan(text, symbology))
            case ["swipe", track_2, *rest] if self.protocol == "magtek" and len(rest) <= 1:
                return heard(self.swipe(track_2, *rest))
            case _:
                return None
