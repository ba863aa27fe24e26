"""Which multi-buys can matter at all, before any is followed unit by unit.

Law: what is left out never makes a plan better. A unit is worth something to an offer that takes it in any case, so an
application is of use only when it gains more than its units are worth elsewhere. And an application of one multi-buy
can be given to another one that takes the same units, never ends, and gives at least as much for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos_engine.core.grouped import falling
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.phase import Live
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.percent import part_of
from pos_engine.core.rewards.slot_bundle import SlotBundle

NEVER = -(10**15)
"""Worth of an application that cannot be complete; far below any sum of money, in 1/10,000 of a minor unit."""


@dataclass(frozen=True)
class Shape:
    """One application: by places (`places_bp`, the dearest unit first), or by slots (`quantities`, `parts_bp`).

    It costs `price_minor`, or nothing. `dear_first`: of slots with goods in common, no unit in the last one may be
    dearer than one of the first that could stand there.
    """

    places_bp: tuple[int, ...]
    quantities: tuple[int, ...]
    parts_bp: tuple[int, ...]
    price_minor: int
    dear_first: bool = False

    def key(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], int]:
        """The same for applications that are alike."""
        return self.places_bp, self.quantities, self.parts_bp, self.price_minor


def places(places_bp: Sequence[int], price_minor: int = 0) -> Shape:
    """An application by places."""
    return Shape(tuple(places_bp), (), (), price_minor)


def shape_of(live: Live) -> Shape | None:
    """What an application of a multi-buy looks like; None when it is not made of places or slots."""
    reward = live.compiled.offer.reward
    shape: Shape | None = None
    if isinstance(reward, NthUnit):
        shape = places(reward.places_bp)
    elif isinstance(reward, MultiBuy) and reward.order == "cheapest" and reward.grouping == "customer":
        shape = places(reward.places_bp())
    elif isinstance(reward, AnyForPrice):
        shape = places((BASIS_POINTS_WHOLE,) * reward.count, reward.price_minor)
    elif isinstance(reward, SlotBundle):
        quantities = tuple([slot.quantity for slot in reward.bundle_slots])
        part = BASIS_POINTS_WHOLE if reward.percent_bp is None else reward.percent_bp
        shape = Shape((), quantities, (part,) * len(quantities), reward.price_minor or 0)
    elif isinstance(reward, BuyGet):
        buyable, gettable = [units & frozenset(live.units) for units in live.terms.slot_units]
        if buyable == gettable:
            shape = places(reward.places_bp())
        else:
            common = not buyable.isdisjoint(gettable)
            shape = Shape((), (reward.buy_quantity, reward.get_quantity), (0, reward.percent_bp), 0, common)
    return shape


class Gainful:
    """Says which units of a multi-buy can stand in an application that is worth more than its units are elsewhere.

    `base`: what each unit is surely worth elsewhere, in 1/10,000 of a minor unit, whole minor units only.
    """

    def __init__(self, left: Sequence[int], base: dict[int, int]) -> None:
        self.left = left
        self.base = base

    def units(self, live: Live, shape: Shape, units: Sequence[int]) -> list[int]:
        """The units of use, out of those that the offer may have."""
        if shape.places_bp:
            return self._by_places(live, shape, units)
        return self._by_slots(live, shape, units)

    def _part(self, live: Live, unit: int, percent_bp: int) -> int:
        exact = self.left[unit] * percent_bp
        rounding = live.terms.rounding
        return exact if rounding.scope == "offer" else part_of(exact, 1, rounding) * BASIS_POINTS_WHOLE

    def _by_places(self, live: Live, shape: Shape, units: Sequence[int]) -> list[int]:
        """A walk down the prices and one up again: the best application above and below each unit, place by place."""
        size = len(shape.places_bp)
        if len(units) < size:
            return []
        ordered = falling(units, self.left)
        gains: list[list[int]] = []
        above: list[list[int]] = []
        row = [NEVER] * (size + 1)
        row[0] = -shape.price_minor * BASIS_POINTS_WHOLE
        for unit in ordered:
            base = self.base.get(unit, 0)
            mine = [self._part(live, unit, part) - base for part in shape.places_bp]
            gains.append(mine)
            above.append(row)
            row = list(row)
            for place in range(size - 1, -1, -1):
                with_it = above[-1][place] + mine[place]
                row[place + 1] = max(row[place + 1], with_it)
        if row[size] <= 0:
            return []
        found: list[int] = []
        below = [NEVER] * size + [0]
        for at in range(len(ordered) - 1, -1, -1):
            mine, before = gains[at], above[at]
            after = list(below)
            best = NEVER
            for place in range(size):
                with_it = mine[place] + below[place + 1]
                best = max(best, before[place] + with_it)
                after[place] = max(after[place], with_it)
            below = after
            if best > 0:
                found.append(ordered[at])
        found.sort()
        return found

    def _by_slots(self, live: Live, shape: Shape, units: Sequence[int]) -> list[int]:
        """The best units of each slot; a unit that fits two may be counted in both, which is never too low."""
        total = -shape.price_minor * BASIS_POINTS_WHOLE
        worths: list[dict[int, int]] = []
        lasts: list[int] = []
        for fits, quantity, part in zip(live.terms.slot_units, shape.quantities, shape.parts_bp, strict=True):
            worth = {unit: self._part(live, unit, part) - self.base.get(unit, 0) for unit in units if unit in fits}
            best = sorted(worth.values(), reverse=True)[:quantity]
            if len(best) < quantity:
                return []
            total += sum(best)
            worths.append(worth)
            lasts.append(best[-1])
        if total <= 0:
            return []
        found: list[int] = []
        for unit in units:
            for worth, last in zip(worths, lasts, strict=True):
                if unit in worth and total - last + min(worth[unit], last) > 0:
                    found.append(unit)
                    break
        return found


@dataclass(frozen=True)
class Rival:
    """A multi-buy beside others: its shape, its units as bits, and how often it may give (None: always).

    `whole`: nothing it gives is ever rounded. `adds_up`: two of its applications give what each gives alone; not where
    what is bought must be dearer than what is got over all of them: a second offer begins that comparison anew.
    """

    number: int
    shape: Shape
    mask: int
    applications_max: int
    uses_max: int | None
    whole: bool
    adds_up: bool


def rival_of(live: Live, number: int, shape: Shape, units: Sequence[int], left: Sequence[int]) -> Rival | None:
    """A multi-buy as it stands beside others; None when a coupon, a floor or a ceiling makes it unlike any other."""
    terms = live.terms
    if live.answer.needs or terms.floor_minor or terms.floors or terms.discount_max_minor is not None:
        return None
    mask = 0
    for unit in units:
        mask |= 1 << unit
    applications_max = len(units) // (len(shape.places_bp) or sum(shape.quantities))
    uses_max = terms.uses_max
    if uses_max is not None and uses_max >= applications_max:
        uses_max = None
    whole = True
    for part in set(shape.places_bp or shape.parts_bp):
        whole = whole and (part % BASIS_POINTS_WHOLE == 0 or _whole(part, units, left))
    adds_up = (whole or terms.rounding.scope == "unit") and not shape.dear_first
    return Rival(number, shape, mask, applications_max, uses_max, whole, adds_up)


def _whole(part_bp: int, units: Sequence[int], left: Sequence[int]) -> bool:
    return all(left[unit] * part_bp % BASIS_POINTS_WHOLE == 0 for unit in units)


def beaten(lives: Sequence[Live], rivals: Sequence[Rival]) -> set[int]:
    """Numbers of the multi-buys that others make useless; `rivals` in the order of preference."""
    alike: dict[tuple[object, ...], int] = {}
    kept: list[Rival] = []
    out: set[int] = set()
    for rival in rivals:
        rounding = lives[rival.number].terms.rounding
        # The units of slots are not told by the mask alone.
        slots = lives[rival.number].terms.slot_units if rival.shape.quantities else ()
        key = (rival.shape.key(), rival.mask, rival.uses_max, rounding.scope, rounding.mode, slots)
        copies = alike[key] = alike.get(key, 0) + 1
        # No more of the same can be of use than there are applications; where rounding adds nothing, one after another.
        most = rival.applications_max
        if rival.adds_up:
            most = 1 if rival.uses_max is None else -(-most // rival.uses_max)
        if copies > most:
            out.add(rival.number)
        else:
            kept.append(rival)
    strong = [one for one in kept if one.shape.places_bp and one.uses_max is None and one.whole]
    for rival in kept:
        for other in strong:
            if other.number != rival.number and other.number not in out and _beats(other, rival):
                out.add(rival.number)
                break
    return out


def _beats(strong: Rival, weak: Rival) -> bool:
    """Whether any application of the weak one can be the strong one's, for at least as much."""
    if weak.mask & ~strong.mask or weak.shape.price_minor < strong.shape.price_minor:
        return False
    if not weak.shape.places_bp or len(weak.shape.places_bp) < len(strong.shape.places_bp):
        return False
    spare = len(weak.shape.places_bp) - len(strong.shape.places_bp)
    if any(weak.shape.places_bp[:spare]):
        return False
    return all(
        mine >= theirs for mine, theirs in zip(strong.shape.places_bp, weak.shape.places_bp[spare:], strict=True)
    )
