"""The published vectors as typed entries, for drivers and simulator alike: each side runs them through its own code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[1] / "vectors" / "card_and_frame_vectors.json"
NOT_OF_CARDS = (
    "PN532",
    "EM4100",
    "Track",
    "SM130",
    "SM132",
    "JMY",
    "CodePay",
    "ZVT",
    "CRC-16",
    "DLE",
)
"""How the names of entries about readers and registers begin: lines and frames, no cards."""
EV1_CHAIN = (
    ("CD", "05001100500000", "00"),
    ("6F", "", "0500"),
    ("F5", "05", "0000110050000000"),
)
"""The commands of a real card's trace between two MACs of which some are published: command, data, answer + status.

The middle one (GetFileIDs) is not published by itself; the last MAC comes out right only when it is in the chain.
"""


@dataclass(frozen=True)
class Vector:
    """One entry; hexadecimal inputs as bytes."""

    name: str
    inputs: dict[str, Any]
    expected: Any

    def bytes(self, name: str) -> bytes:
        """An input that is written in hexadecimal."""
        return bytes.fromhex(self.inputs[name])

    def number(self, name: str) -> int:
        """An input that is a number."""
        return int(self.inputs[name])


@cache
def entries() -> tuple[Vector, ...]:
    """All entries, in the file's order."""
    return tuple(
        Vector(entry["name"], entry["inputs"], entry["expected"])
        for entry in json.loads(PATH.read_text(encoding="utf-8"))
    )


def card_entries() -> tuple[Vector, ...]:
    """The entries about cards: every one must be checked for the drivers and for the simulator."""
    return tuple(entry for entry in entries() if not entry.name.startswith(NOT_OF_CARDS))
