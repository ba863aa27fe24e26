"""A first look at what is spent: offers that ask for more than all goods cost cannot hold."""

from __future__ import annotations

from pos_engine.core.rank_bits import bits_of, levels_reached

LEVELS_MAX = 64
"""Steps of a gate by spend; between two steps offers are asked themselves."""


class SpendGate:
    """Offers that ask for a spend on all goods, by rising amounts. `used`: whether any offer asks."""

    def __init__(self) -> None:
        self._asked: list[tuple[int, int]] = []
        self._levels: list[int] = []
        self._passing: list[int] = []
        self.used = False

    def ask(self, rank: int, amount_minor: int) -> None:
        """Let an offer through from an amount on."""
        self._asked.append((amount_minor, rank))
        self.used = True

    def close(self, everyone: int) -> None:
        """All offers are known. Between two levels the gate stands open."""
        amounts = sorted({amount for amount, _ in self._asked})
        step = -(-len(amounts) // LEVELS_MAX) if amounts else 1
        self._levels = amounts[::step]
        free = everyone & ~bits_of(rank for _, rank in self._asked)
        for level in self._levels:
            self._passing.append(free | bits_of(rank for amount, rank in self._asked if amount < level))
        self._passing.append(everyone)

    def passing(self, spend_minor: int) -> int:
        """The offers that may hold at this spend."""
        return self._passing[levels_reached(self._levels, spend_minor)]
