"""Faults of a serial device, ordered at run time or drawn from a seed.

`silent` lasts until another order; every other kind applies to the next N frames. With `chance` set, each frame may
also suffer one of the kinds at random: the same seed gives the same misfortunes in the same order.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from firmware_sim.line.orders import OrderError

KINDS = ("drop", "repeat", "delay", "corrupt", "half")
DELAY_S = 0.7
"""Longer than the pause after which a reader's driver gives up on a frame (commonly 0.1 to 0.5 s)."""


@dataclass(frozen=True)
class Piece:
    """Bytes to put on the line after waiting `wait_s`."""

    data: bytes
    wait_s: float = 0.0


class FaultyLine:
    """Turns each frame into the pieces that really leave the device."""

    def __init__(self, seed: int = 0, chance: float = 0.0) -> None:
        self._random = random.Random(seed)
        self._chance = chance
        self._left: dict[str, int] = {}
        self.silent = False

    def reseed(self, seed: int) -> None:
        """Draw from this seed from now on."""
        self._random = random.Random(seed)

    def order(self, words: Sequence[str]) -> str:
        """`fault none`, `fault silent`, `fault KIND [N]`, `fault chance P`, `fault seed N`."""
        match list(words):
            case ["none"]:
                self.silent, self._left, self._chance = False, {}, 0.0
            case ["silent"]:
                self.silent = True
            case ["chance", chance] if _is_share(chance):
                self._chance = float(chance)
            case ["seed", seed] if seed.isdecimal():
                self.reseed(int(seed))
            case [kind] if kind in KINDS:
                self._left[kind] = 1
            case [kind, count] if kind in KINDS and count.isdecimal():
                self._left[kind] = int(count)
            case _:
                raise OrderError(f"faults: none, silent, chance 0..1, seed N, or {', '.join(KINDS)} with a count")
        return self.describe()

    def describe(self) -> str:
        """The faults that are set now, in words."""
        parts = ["silent"] if self.silent else []
        parts += [f"{kind} {count}" for kind, count in self._left.items()]
        if self._chance:
            parts.append(f"chance {self._chance}")
        return ", ".join(parts) or "no faults"

    def pieces(self, frame: bytes) -> tuple[Piece, ...]:
        """What leaves the device for this frame: nothing, one piece or several."""
        if self.silent:
            return ()
        kind = self._next_kind()
        if kind is None:
            return (Piece(frame),)
        return self._suffer(kind, frame)

    def _next_kind(self) -> str | None:
        for kind in KINDS:
            if self._left.get(kind, 0) > 0:
                self._left[kind] -= 1
                if not self._left[kind]:
                    del self._left[kind]
                return kind
        if self._chance and self._random.random() < self._chance:
            return self._random.choice(KINDS)
        return None

    def _suffer(self, kind: str, frame: bytes) -> tuple[Piece, ...]:
        if kind == "drop":
            return ()
        if kind == "repeat":
            return (Piece(frame), Piece(frame))
        if kind == "delay":
            middle = len(frame) // 2
            return (Piece(frame[:middle]), Piece(frame[middle:], wait_s=DELAY_S))
        if kind == "half":
            return (Piece(frame[: max(1, len(frame) // 2)]),)
        position = self._random.randrange(len(frame))
        flipped = frame[position] ^ (1 << self._random.randrange(7))
        return (Piece(frame[:position] + bytes([flipped]) + frame[position + 1 :]),)


def _is_share(text: str) -> bool:
    try:
        return 0.0 <= float(text) <= 1.0
    except ValueError:
        return False
