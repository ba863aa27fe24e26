"""Which offers of a component can matter at all to a unit; what is left falls apart into smaller components.

Law: an offer without limit, coupon or ceiling takes a unit at its full worth whatever else it takes. So a unit goes
nowhere else where it would gain less; "at least as much, rounded against it" is the test. Only offers that take all
they may say what a unit is worth; multi-buys, which count units, are measured by it (`applications`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.applications import Gainful, Rival, beaten, rival_of, shape_of
from pos_engine.core.grouped import Grouped
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
    takes_any = [unlimited(live, left) for live in lives]
    for number, live in enumerate(lives):
        worth = unit_worths(live, left)
        worths.append(worth)
        if takes_any[number]:
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
    _without_idle_groups(lives, kept, left, {unit: sure[0] * BASIS_POINTS_WHOLE for unit, sure in best.items()})
    _without_twins(lives, kept, takes_any)
    _one_for_one_unit(lives, kept, worths)
    return kept


def _without_idle_groups(
    lives: Sequence[Live], kept: list[list[int]], left: Sequence[int], base: dict[int, int]
) -> None:
    """Take out units and whole multi-buys that cannot make any plan better."""
    gainful = Gainful(left, base)
    rivals: list[Rival] = []
    for number, live in enumerate(lives):
        if not kept[number] or not isinstance(live.compiled.offer.reward, Grouped):
            continue
        shape = shape_of(live)
        if shape is None:
            continue
        kept[number] = gainful.units(live, shape, kept[number])
        if kept[number]:
            rival = rival_of(live, number, shape, kept[number], left)
            if rival is not None:
                rivals.append(rival)
    if len(rivals) > 1:
        for number in beaten(lives, rivals):
            kept[number] = []


def _without_twins(lives: Sequence[Live], kept: list[list[int]], takes_any: Sequence[bool]) -> None:
    """Of offers that are alike on the same units, as many as there are units: no more can be of use.

    Alike are the same percentages, and sums of money that are given once; of these the largest ones stay.
    """
    twins: dict[tuple[str, str, str, tuple[int, ...]], list[tuple[int, int]]] = {}
    for number, live in enumerate(lives):
        reward, terms = live.compiled.offer.reward, live.terms
        units = kept[number]
        if not units:
            continue
        if isinstance(reward, Percent) and takes_any[number]:
            kind = (str(reward.percent_bp), terms.rounding.scope, terms.rounding.mode, tuple(units))
            twins.setdefault(kind, []).append((0, number))
        elif isinstance(reward, Amount) and _given_once(live, reward):
            twins.setdefault(("", reward.per, "", tuple(units)), []).append((-reward.amount_minor, number))
    for (_, _, _, shared), alike in twins.items():
        if len(alike) > len(shared):
            for _, number in sorted(alike)[len(shared) :]:
                kept[number] = []


def _given_once(live: Live, reward: Amount) -> bool:
    """Whether it gives its sum once, and nothing but the goods' price bounds it."""
    terms = live.terms
    bound = live.answer.needs or terms.discount_max_minor is not None or terms.floor_minor
    return not bound and (reward.per == "offer" or terms.uses_max == 1)


def _one_for_one_unit(lives: Sequence[Live], kept: list[list[int]], worths: Sequence[Sequence[int]]) -> None:
    """Of the offers that are left with one unit, the same one, the one that gives most for it."""
    best: dict[int, tuple[int, int]] = {}
    for number, live in enumerate(lives):
        if len(kept[number]) != 1 or live.answer.needs or live.terms.discount_max_minor is not None:
            continue
        unit = kept[number][0]
        worth = worths[number][live.units.index(unit)]
        if worth == ANY:
            continue
        half = BASIS_POINTS_WHOLE // 2 if live.terms.rounding.mode == "half_up" else 0
        given = (worth + half) // BASIS_POINTS_WHOLE
        known = best.get(unit)
        if known is None:
            best[unit] = (given, number)
        elif given > known[0]:
            kept[known[1]] = []
            best[unit] = (given, number)
        else:
            kept[number] = []


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
