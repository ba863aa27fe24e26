"""Sharing a discount over units: within VAT rates first, then over units, by largest remainder, under ceilings.

Laws: the shares sum to the total; no unit gets more than its room; what one unit's floor refuses is spread over the
rest; the result depends on the units alone, never on the lines they came from.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.money import share_by_largest_remainder


def share_under_ceilings(total_minor: int, weights: Sequence[int], rooms: Sequence[int]) -> list[int]:
    """Split a total in proportion to the weights, no share above its room.

    The total is at most the sum of the rooms, and a unit with room has weight. Each round fixes at least one unit at
    its room, so there are at most as many rounds as units.
    """
    shares = [0] * len(weights)
    open_units = [i for i in range(len(weights)) if rooms[i] > 0]
    rest = total_minor
    while rest > 0:
        tried = share_by_largest_remainder(rest, [weights[i] for i in open_units])
        full = [i for i, share in zip(open_units, tried, strict=True) if share >= rooms[i]]
        if all(share <= rooms[i] for i, share in zip(open_units, tried, strict=True)):
            for i, share in zip(open_units, tried, strict=True):
                shares[i] = share
            return shares
        for i in full:
            shares[i] = rooms[i]
            rest -= rooms[i]
        open_units = [i for i in open_units if shares[i] < rooms[i]]
    return shares


def allocate(total_minor: int, weights: Sequence[int], rooms: Sequence[int], rates: Sequence[int]) -> list[int]:
    """Split a discount over units: first over VAT rates, then inside each rate, both by largest remainder."""
    if total_minor <= 0:
        return [0] * len(weights)
    by_rate: dict[int, list[int]] = {}
    for i, rate in enumerate(rates):
        if rooms[i] > 0:
            by_rate.setdefault(rate, []).append(i)
    ordered = sorted(by_rate)
    per_rate = share_under_ceilings(
        total_minor,
        [sum(weights[i] for i in by_rate[rate]) for rate in ordered],
        [sum(rooms[i] for i in by_rate[rate]) for rate in ordered],
    )
    shares = [0] * len(weights)
    for rate, part in zip(ordered, per_rate, strict=True):
        units = by_rate[rate]
        for i, share in zip(
            units, share_under_ceilings(part, [weights[i] for i in units], [rooms[i] for i in units]), strict=True
        ):
            shares[i] = share
    return shares
