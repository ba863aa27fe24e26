"""Which offers pass for the names that somebody has: a store, a group, a coupon series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pos_engine.core.rank_bits import bits_of
from pos_engine.core.remembered import Remembered

VALUES_KEPT = 1_024
"""Groups, coupon series and stores whose offers are remembered as bits, where a gate has too many to make them all."""

PREPARED_BYTES_MAX = 65_536
"""A gate makes the bits of all its names beforehand when they are no more than this."""


class ValueGate:
    """Offers that ask for one of several names. Others pass: `free`. `used`: whether any offer asks."""

    def __init__(self) -> None:
        self._asking: list[int] = []
        self._ranks_of: dict[str, list[int]] = {}
        self._prepared: dict[str, int] = {}
        self._bits_of: Remembered[str, int] = Remembered(VALUES_KEPT)
        self.free = 0
        self.used = False

    def ask(self, rank: int, names: Sequence[str]) -> None:
        """Let an offer through for these names only."""
        self._asking.append(rank)
        self.used = True
        for name in set(names):
            self._ranks_of.setdefault(name, []).append(rank)

    def close(self, everyone: int) -> None:
        """All offers are known."""
        self.free = everyone & ~bits_of(self._asking)
        if len(self._ranks_of) * everyone.bit_length() <= PREPARED_BYTES_MAX * 8:
            self._prepared = {name: bits_of(ranks) for name, ranks in self._ranks_of.items()}
            self._ranks_of = {}

    def passing(self, names: Iterable[str]) -> int:
        """The offers that pass for somebody who has these names."""
        passing = self.free
        prepared = self._prepared
        for name in names:
            bits = prepared.get(name)
            if bits is None:
                if not self._ranks_of:
                    continue
                bits = self._looked_up(name)
            passing |= bits
        return passing

    def _looked_up(self, name: str) -> int:
        bits = self._bits_of.get(name)
        if bits is None:
            ranks = self._ranks_of.get(name)
            if ranks is None:
                return 0
            bits = bits_of(ranks)
            self._bits_of.keep(name, bits)
        return bits
