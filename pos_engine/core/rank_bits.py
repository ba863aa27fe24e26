"""Sets of offers as integers: bit `rank` stands for the offer that is asked at that place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_extensions import i64


def bits_of(ranks: Iterable[int]) -> int:
    """A set of ranks as one integer."""
    chosen = list(ranks)
    if not chosen:
        return 0
    octets = bytearray(max(chosen) // 8 + 1)
    for rank in chosen:
        octets[rank >> 3] |= 1 << (rank & 7)
    return int.from_bytes(octets, "little")


def ranks_in(bits: int) -> list[int]:
    """The ranks of a set, the lowest first."""
    found: list[int] = []
    if bits:
        for place, octet in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
            while octet:
                low = octet & -octet
                found.append(place * 8 + low.bit_length() - 1)
                octet ^= low  # noqa: PLW2901 - bit by bit
    return found


def levels_reached(levels: list[int], value: i64) -> i64:
    """How many of the rising levels are at most this value."""
    low: i64 = 0
    high: i64 = len(levels)
    while low < high:
        middle = (low + high) // 2
        if value < levels[middle]:
            high = middle
        else:
            low = middle + 1
    return low
