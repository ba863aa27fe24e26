"""Which offers of a component can matter at all to a unit; what is left falls apart into smaller components.

Law: an offer without limit, coupon or ceiling takes a unit at its full worth whatever else it takes. So a unit goes
nowhere else where it would gain less; "at least as much, rounded against it" is the test. Only offers that take all
they may are looked at here: the others count units, or take them in their turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.phase import Live
from pos_engine.core.plain_tracks import within_floors
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.percent import Percent, part_of
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf

ANY = BASIS_POINTS_WHOLE * 10**9
"""A unit may be worth anything to an offer that counts units or spend."""


def unlimited(live: Live, left: Sequence[int]) -> bool:
    """Whether every unit adds its full worth, whatever else the offer takes."""
    reward, terms = live.compiled.offer.reward, live.terms
    if terms.discount_max_minor is not None or live.answer.needs:
        return False
    if isinstance(reward, Percent | PercentOfShelf):
        base = left if isinstance(reward, Percent) else terms.shelf
        return terms.rounding.scope == "unit" or within_floors(live, left, base, reward.percent_bp)
    each = isinstance(reward, FixedUnitPrice) or (isinstance(reward, Amount) and reward.per == "unit")
    return each and terms.uses_max is None


def unit_worths(live: Live, left: Sequence[int]) -> list[int]:
    """What each unit adds to an offer's discount, in 1/10,000 of a minor unit; at most, where the offer has limits."""
    reward, terms, units = live.compiled.offer.reward, live.terms, live.units
    whole = BASIS_POINTS_WHOLE
    if isinstance(reward, Percent | PercentOfShelf):
        base = left if isinstance(reward, Percent) else terms.shelf
        part_bp = reward.percent_bp
        if terms.rounding.scope == "unit":
            rounding = terms.rounding
            return [min(part_of(base[u], part_bp, rounding), terms.room(u, left)) * whole for u in units]
        if within_floors(live, left, base, part_bp):
            return [base[unit] * part_bp for unit in units]
    elif isinstance(reward, FixedUnitPrice):
        return [max(0, min(left[unit] - reward.price_minor, terms.room(unit, left))) * whole for unit in units]
    elif isinstance(reward, Amount):
        return [min(reward.amount_minor, terms.room(unit, left)) * whole for unit in units]
    return [ANY] * len(units)


def narrowed(lives: Sequence[Live], left: Sequence[int]) -> list[list[int]]:
    """Per offer the units that it may be the best taker of. `lives` are in the order of preference at equal worth."""
    worths: list[list[int]] = []
    best: dict[int, tuple[int, int, int]] = {}
    for number, live in enumerate(lives):
        worth = unit_worths(live, left)
        worths.append(worth)
        if unlimited(live, left):
            for unit, gain in zip(live.units, worth, strict=True):
                sure = (gain // BASIS_POINTS_WHOLE, gain, -number)
                known = best.get(unit)
                if known is None or sure > known:
                    best[unit] = sure
    kept: list[list[int]] = []
    for number, live in enumerate(lives):
        mine: list[int] = []
        for unit, gain in zip(live.units, worths[number], strict=True):
            taker = best.get(unit)
            if taker is None or -taker[2] == number or -(-gain // BASIS_POINTS_WHOLE) > taker[0]:
                mine.append(unit)
        kept.append(mine)
    return _without_twins(lives, kept, left)


def _without_twins(lives: Sequence[Live], kept: list[list[int]], left: Sequence[int]) -> list[list[int]]:
    """Of percentages that are the same on the same units, as many as there are units: no more can be of use."""
    twins: dict[tuple[int, str, str, tuple[int, ...]], int] = {}
    for number, live in enumerate(lives):
        reward = live.compiled.offer.reward
        units = kept[number]
        if not units or not isinstance(reward, Percent) or not unlimited(live, left):
            continue
        key = (reward.percent_bp, live.terms.rounding.scope, live.terms.rounding.mode, tuple(units))
        count = twins[key] = twins.get(key, 0) + 1
        if count > len(units):
            kept[number] = []
    return kept


def apart(kept: Sequence[Sequence[int]]) -> list[list[int]]:
    """Numbers of the offers that still share a unit, directly or through others; offers without units are left out."""
    parent = list(range(len(kept)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    owner: dict[int, int] = {}
    for number, units in enumerate(kept):
        for unit in units:
            before = owner.setdefault(unit, number)
            if before != number:
                parent[root(number)] = root(before)
    parts: dict[int, list[int]] = {}
    for number, units in enumerate(kept):
        if units:
            parts.setdefault(root(number), []).append(number)
    return list(parts.values())
