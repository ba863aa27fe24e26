"""The participation target of a season (W6): how far a dealer is, and what is still possible."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Standing(msgspec.Struct, frozen=True):
    """`taken`: campaigns taken part in; `possible`: those that can still be joined, published or yet to come."""

    season: str
    target: int
    size: int
    taken: int
    possible: int

    @property
    def reached(self) -> bool:
        """Whether the target is reached."""
        return self.taken >= self.target

    @property
    def lost(self) -> bool:
        """Whether it cannot be reached any more."""
        return self.taken + self.possible < self.target


class Played(msgspec.Struct, frozen=True):
    """One campaign of the season as one dealer stands in it. `open`: it can still be taken part in."""

    season: str
    target: int
    size: int
    taken: bool
    open: bool


def standings(played: Iterable[Played]) -> list[Standing]:
    """One standing per season, in the order of their names; the last campaign says how large the season is."""
    seasons: dict[str, list[Played]] = {}
    for each in played:
        if each.season:
            seasons.setdefault(each.season, []).append(each)
    return [_standing(season, rows) for season, rows in sorted(seasons.items())]


def _standing(season: str, rows: list[Played]) -> Standing:
    size = max(rows[-1].size, len(rows))
    taken = sum(each.taken for each in rows)
    possible = sum(each.open and not each.taken for each in rows) + size - len(rows)
    return Standing(season, rows[-1].target, size, taken, possible)
