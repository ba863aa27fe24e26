"""One offer as the unit-by-unit programme sees it: which states its gift can be in, what a unit adds.

Law: over units by falling price, one open application per offer is enough, because neighbours belong together. Gains
count in 1/10,000 of a minor unit. Where an offer rounds once, the state remembers the fraction reached so far, and a
unit adds what it really adds; too many fractions are left to the end, and `slack` says how much that can hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from typing_extensions import override

from pos_engine.core.applications import shape_of
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.phase import Live
from pos_engine.core.rewards.percent import part_of

State = tuple[int, ...]
"""Counters of one offer; the first says whether its coupon is in use."""

FRACTIONS_MAX = 100
"""So many fractions of a minor unit are told apart: whole percents have a hundred at most, "12.5 %" has eighty."""

BELOW = -1
"""Something was got, and no common goods that come after it cost as much."""

COUPON_COST = 1
"""What redeeming a coupon costs, in 1/10,000 of a minor unit: of two equal prices the one with fewer coupons wins."""


class Track:
    """Base: `moves` are the states a unit can lead to, with what it adds; `closed` says that nothing is half done."""

    start: State
    slack: int

    def __init__(self, live: Live, left: Sequence[int]) -> None:
        self.live = live
        self.left = left
        self.uses_max = live.terms.uses_max
        self.needs_coupon = bool(live.answer.needs)
        self.slack = 0
        self.start = ()
        self.down = live.terms.rounding.mode == "down"
        self.told_apart = True
        # Whether every unit adds its worth, whatever else the offer takes.
        self.unlimited = False

    def part(self, unit: int, percent_bp: int) -> int:
        """A percentage of a unit's price, rounded only where the offer rounds each unit."""
        rounding = self.live.terms.rounding
        exact = self.left[unit] * percent_bp
        return exact if rounding.scope == "offer" else part_of(exact, 1, rounding) * BASIS_POINTS_WHOLE

    def tell_fractions(self, parts: Sequence[int]) -> None:
        """Decide whether the fractions that these parts can sum to are few enough to be told apart."""
        divisor = BASIS_POINTS_WHOLE
        for exact in parts:
            divisor = gcd(divisor, exact)
        self.told_apart = BASIS_POINTS_WHOLE // divisor <= FRACTIONS_MAX
        if not self.told_apart and not self.down:
            self.slack = BASIS_POINTS_WHOLE // 2

    def rounded(self, exact: int) -> int:
        """A sum in 1/10,000, rounded as the offer rounds."""
        if self.down:
            return exact // BASIS_POINTS_WHOLE * BASIS_POINTS_WHOLE
        return (exact + BASIS_POINTS_WHOLE // 2) // BASIS_POINTS_WHOLE * BASIS_POINTS_WHOLE

    def adds(self, fraction: int, exact: int) -> tuple[int, int]:
        """The fraction after a part was added, and what it adds to the rounded sum."""
        if not self.told_apart:
            return 0, exact
        whole = fraction + exact
        return whole % BASIS_POINTS_WHOLE, self.rounded(whole) - self.rounded(fraction)

    def coupon(self, state: State) -> tuple[int, int]:
        """The first counter after a unit, and what the coupon costs at this unit."""
        if not self.needs_coupon:
            return 0, 0
        return 1, 0 if state[0] else COUPON_COST

    def begun(self, uses: int, *, opens: bool) -> int:
        """The uses counted after a unit, or -1 when there may be no more; nothing is counted without a limit."""
        if self.uses_max is None or not opens:
            return uses
        return uses + 1 if uses < self.uses_max else -1

    def moves(self, state: State, unit: int) -> list[tuple[State, int]]:
        """Where a unit can lead."""
        raise NotImplementedError

    def closed(self, state: State) -> bool:
        """Whether no application is half done."""
        raise NotImplementedError

    def kind(self, unit: int) -> int:
        """Units of one price and one kind move a state alike."""
        raise NotImplementedError

    def worth(self, unit: int) -> int:
        """What a unit is about worth to the offer; only the first guess of the bound stands on it."""
        raise NotImplementedError


class ByPlaces(Track):
    """Applications by places, and any so many for a price: (coupon, units in the open one, uses, fraction)."""

    def __init__(self, live: Live, left: Sequence[int], places_bp: Sequence[int], price_minor: int = 0) -> None:
        super().__init__(live, left)
        self.places_bp = places_bp
        self.price = price_minor * BASIS_POINTS_WHOLE
        self.start = (0, 0, 0, 0)
        self.tell_fractions([self.part(unit, part) for unit in live.units for part in sorted(set(places_bp))])

    @override
    def moves(self, state: State, unit: int) -> list[tuple[State, int]]:
        place = state[1]
        counted = self.begun(state[2], opens=place == 0)
        if counted < 0:
            return []
        coupon, cost = self.coupon(state)
        exact = self.part(unit, self.places_bp[place]) - (self.price if place == 0 else 0)
        fraction, gain = self.adds(state[3], exact)
        return [((coupon, (place + 1) % len(self.places_bp), counted, fraction), gain - cost)]

    @override
    def closed(self, state: State) -> bool:
        return state[1] == 0

    @override
    def kind(self, unit: int) -> int:
        return 0

    @override
    def worth(self, unit: int) -> int:
        return max(0, (self.left[unit] * sum(self.places_bp) - self.price) // len(self.places_bp))


class BySlots(Track):
    """Bundles: (coupon, what each slot has beyond the complete bundles, uses, fraction)."""

    def __init__(
        self, live: Live, left: Sequence[int], quantities: Sequence[int], parts_bp: Sequence[int], price_minor: int = 0
    ) -> None:
        super().__init__(live, left)
        self.quantities = quantities
        self.parts_bp = parts_bp
        self.price = price_minor * BASIS_POINTS_WHOLE
        self.start = (0,) * (len(quantities) + 3)
        self.tell_fractions([self.part(unit, part) for unit in live.units for part in sorted(set(parts_bp))])

    def _open(self, counts: Sequence[int]) -> int:
        return max(-(-count // size) for count, size in zip(counts, self.quantities, strict=True))

    @override
    def moves(self, state: State, unit: int) -> list[tuple[State, int]]:
        fits = [slot for slot, units in enumerate(self.live.terms.slot_units) if unit in units]
        return self.moves_into(fits, state, unit)

    def moves_into(self, slots: Sequence[int], state: State, unit: int) -> list[tuple[State, int]]:
        """Where a unit can lead that goes into one of these slots."""
        found: list[tuple[State, int]] = []
        coupon, cost = self.coupon(state)
        before = state[1:-2]
        for slot in slots:
            counts = [count + (number == slot) for number, count in enumerate(before)]
            opens = self._open(counts) > self._open(before)
            counted = self.begun(state[-2], opens=opens)
            if counted < 0:
                continue
            if all(count >= size for count, size in zip(counts, self.quantities, strict=True)):
                counts = [count - size for count, size in zip(counts, self.quantities, strict=True)]
            exact = self.part(unit, self.parts_bp[slot]) - (self.price if opens else 0)
            fraction, gain = self.adds(state[-1], exact)
            found.append(((coupon, *counts, counted, fraction), gain - cost))
        return found

    @override
    def closed(self, state: State) -> bool:
        return not any(state[1:-2])

    @override
    def kind(self, unit: int) -> int:
        fits = 0
        for slot, units in enumerate(self.live.terms.slot_units):
            if unit in units:
                fits |= 1 << slot
        return fits

    @override
    def worth(self, unit: int) -> int:
        mean_bp = sum(part * size for part, size in zip(self.parts_bp, self.quantities, strict=True))
        return max(0, (self.left[unit] * mean_bp - self.price) // sum(self.quantities))


class BoughtDear(BySlots):
    """Buy some, get others, with goods in common; the state says before its last counter what was got (0: nothing yet).

    What was bought and could have been got is no cheaper than anything got: after it, only at that very price. That
    price is remembered where it matters: what can only be got may come before common goods that cost the same; of two
    common ones the first is bought. Else it is `BELOW`. But an offer that has goods of both kinds alone compares inside
    each application: such a way goes by places, marked by the state's last counter, and a trail chooses it with its
    first unit.
    """

    def __init__(self, live: Live, left: Sequence[int], quantities: Sequence[int], parts_bp: Sequence[int]) -> None:
        super().__init__(live, left, quantities, parts_bp)
        self.start = (*self.start, 0, 0)
        bought, got = live.terms.slot_units
        self.common = bought & got
        self.common_prices = frozenset([left[unit] for unit in live.units if unit in self.common])
        self.inside = ByPlaces(live, left, (parts_bp[0],) * quantities[0] + (parts_bp[1],) * quantities[1])

    @override
    def moves(self, state: State, unit: int) -> list[tuple[State, int]]:
        found: list[tuple[State, int]] = []
        if not state[-1]:
            found = self._over_all(state, unit)
        if unit in self.common and (state[-1] or state == self.start):
            coupon, place, uses, fraction = state[0], state[1], state[3], state[4]
            for after, gain in self.inside.moves((coupon, place, uses, fraction), unit):
                found.append(((after[0], after[1], 0, after[2], after[3], 0, 1), gain))
        return found

    def _over_all(self, state: State, unit: int) -> list[tuple[State, int]]:
        bought, got = self.live.terms.slot_units
        cost, dearest = self.left[unit], state[-2]
        found: list[tuple[State, int]] = []
        if unit in bought and (unit not in got or dearest in {0, cost}):
            found = [((*after, dearest, 0), gain) for after, gain in self.moves_into((0,), state[:-2], unit)]
        if unit in got:
            got_at = dearest or (cost if unit not in bought and cost in self.common_prices else BELOW)
            found += [((*after, got_at, 0), gain) for after, gain in self.moves_into((1,), state[:-2], unit)]
        return found

    @override
    def closed(self, state: State) -> bool:
        return not any(state[1:-4])


def grouped_track(live: Live, left: Sequence[int]) -> Track | None:
    """The track of a multi-buy; None when it cannot be told unit by unit."""
    terms = live.terms
    if terms.floor_minor or terms.floors or terms.discount_max_minor is not None:
        return None
    shape = shape_of(live)
    if shape is None:
        return None
    if shape.places_bp:
        return ByPlaces(live, left, shape.places_bp, shape.price_minor)
    if shape.dear_first:
        return BoughtDear(live, left, shape.quantities, shape.parts_bp)
    return BySlots(live, left, shape.quantities, shape.parts_bp, shape.price_minor)
