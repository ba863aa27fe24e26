"""One offer as the unit-by-unit programme sees it: which states its open application can be in, what a unit adds.

Law: over units by falling price, one open application per offer is enough, because neighbours belong together. Gains
count in 1/10,000 of a minor unit; the rounding of a whole offer is left to the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from pos_engine.core.claims import Claim, unit_gain
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.phase import Live
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.percent import Percent, part_of
from pos_engine.core.rewards.slot_bundle import SlotBundle

State = tuple[int, ...]
"""Counters of one offer's open applications; all zero (but for the last, the uses counted) when none is open."""


class Track:
    """Base: `moves` are the states a unit can lead to, with what it adds; `closed` says that nothing is half done."""

    start: State = (0, 0)

    def __init__(self, live: Live, left: Sequence[int]) -> None:
        self.live = live
        self.left = left
        self.members = frozenset(live.units)
        self.uses_max = live.terms.uses_max

    def part(self, unit: int, percent_bp: int) -> int:
        """A percentage of a unit's price, rounded only where the offer rounds each unit."""
        rounding = self.live.terms.rounding
        exact = self.left[unit] * percent_bp
        return exact if rounding.scope == "offer" else part_of(exact, 1, rounding) * BASIS_POINTS_WHOLE

    def begun(self, uses: int, *, opens: bool) -> int:
        """The uses counted after a unit, or -1 when there may be no more; nothing is counted without a limit."""
        if self.uses_max is None or not opens:
            return uses
        return uses + 1 if uses < self.uses_max else -1

    def moves(self, state: State, unit: int) -> list[tuple[State, int]]:
        """Where a unit can lead."""
        raise NotImplementedError

    def promise(self, state: State, cost: int) -> int:  # noqa: ARG002 - most have nothing half done
        """What a half done application may still bring when units go on costing so much; only orders the states."""
        return 0

    def closed(self, state: State) -> bool:
        """Whether no application is half done."""
        return not any(state[:-1])


class ByPlaces(Track):
    """Applications by places, and any so many for a price: the state counts the units of the open one."""

    def __init__(self, live: Live, left: Sequence[int], places_bp: Sequence[int], price_minor: int = 0) -> None:
        super().__init__(live, left)
        self.places_bp = places_bp
        self.price = price_minor * BASIS_POINTS_WHOLE

    @override
    def moves(self, state: State, unit: int) -> list[tuple[State, int]]:
        place, uses = state
        counted = self.begun(uses, opens=place == 0)
        if counted < 0:
            return []
        gain = self.part(unit, self.places_bp[place]) - (self.price if place == 0 else 0)
        return [(((place + 1) % len(self.places_bp), counted), gain)]

    @override
    def promise(self, state: State, cost: int) -> int:
        size, place = len(self.places_bp), state[0]
        if place == 0:
            return 0
        mean = place * sum(self.places_bp) // size - sum(self.places_bp[:place])
        return mean * cost + self.price * (size - place) // size


class BySlots(Track):
    """Bundles: the state counts what each slot has beyond the complete bundles."""

    def __init__(
        self, live: Live, left: Sequence[int], quantities: Sequence[int], parts_bp: Sequence[int], price_minor: int = 0
    ) -> None:
        super().__init__(live, left)
        self.quantities = quantities
        self.parts_bp = parts_bp
        self.price = price_minor * BASIS_POINTS_WHOLE
        self.start = (0,) * (len(quantities) + 1)

    def _open(self, counts: Sequence[int]) -> int:
        return max(-(-count // size) for count, size in zip(counts, self.quantities, strict=True))

    @override
    def moves(self, state: State, unit: int) -> list[tuple[State, int]]:
        found: list[tuple[State, int]] = []
        for slot, units in enumerate(self.live.terms.slot_units):
            if unit not in units:
                continue
            counts = [count + (number == slot) for number, count in enumerate(state[:-1])]
            opens = self._open(counts) > self._open(state[:-1])
            counted = self.begun(state[-1], opens=opens)
            if counted < 0:
                continue
            if all(count >= size for count, size in zip(counts, self.quantities, strict=True)):
                counts = [count - size for count, size in zip(counts, self.quantities, strict=True)]
            found.append(((*counts, counted), self.part(unit, self.parts_bp[slot]) - (self.price if opens else 0)))
        return found

    @override
    def promise(self, state: State, cost: int) -> int:
        bundles = self._open(state[:-1])
        if bundles == 0:
            return 0
        wanted = sum(self.quantities) * bundles
        worth = sum(size * part for size, part in zip(self.quantities, self.parts_bp, strict=True)) * bundles
        held = sum(count * part for count, part in zip(state[:-1], self.parts_bp, strict=True))
        placed = sum(state[:-1])
        return (worth * placed // wanted - held) * cost + self.price * bundles * (wanted - placed) // wanted


class EachUnit(Track):
    """Offers that take units one by one."""

    def __init__(self, live: Live, left: Sequence[int], *, counts_units: bool) -> None:
        super().__init__(live, left)
        if not counts_units:
            self.uses_max = None

    @override
    def moves(self, state: State, unit: int) -> list[tuple[State, int]]:
        gain = unit_gain(self.live, unit, self.left)
        if isinstance(self.live.compiled.offer.reward, Percent):
            gain = self.part(unit, self.live.compiled.offer.reward.percent_bp)
        counted = self.begun(state[1], opens=True)
        return [] if counted < 0 or gain <= 0 else [((0, counted), gain)]


def track_of(claim: Claim, left: Sequence[int]) -> Track | None:
    """The track of a claim; None when the offer cannot be told unit by unit."""
    live = claim.lives[0]
    offer, terms = live.compiled.offer, live.terms
    plain = offer.policy == "best" and not claim.limited and not live.answer.needs
    if not plain or terms.floor_minor or terms.floors or terms.discount_max_minor is not None:
        return None
    return _grouped_track(live, left) or _single_track(live, left)


def _single_track(live: Live, left: Sequence[int]) -> Track | None:
    reward = live.compiled.offer.reward
    if isinstance(reward, Percent):
        return EachUnit(live, left, counts_units=False)
    if isinstance(reward, FixedUnitPrice) or (isinstance(reward, Amount) and reward.per == "unit"):
        return EachUnit(live, left, counts_units=True)
    return None


def _grouped_track(live: Live, left: Sequence[int]) -> Track | None:
    reward = live.compiled.offer.reward
    track: Track | None = None
    if isinstance(reward, NthUnit):
        track = ByPlaces(live, left, reward.places_bp)
    elif isinstance(reward, MultiBuy) and reward.order == "cheapest":
        track = ByPlaces(live, left, reward.places_bp())
    elif isinstance(reward, AnyForPrice):
        track = ByPlaces(live, left, (BASIS_POINTS_WHOLE,) * reward.count, reward.price_minor)
    elif isinstance(reward, SlotBundle):
        quantities = [slot.quantity for slot in reward.bundle_slots]
        part = BASIS_POINTS_WHOLE if reward.percent_bp is None else reward.percent_bp
        track = BySlots(live, left, quantities, [part] * len(quantities), reward.price_minor or 0)
    elif isinstance(reward, BuyGet):
        buyable, gettable = (units & frozenset(live.units) for units in live.terms.slot_units)
        if buyable == gettable:
            track = ByPlaces(live, left, reward.places_bp())
        elif buyable.isdisjoint(gettable):
            track = BySlots(live, left, (reward.buy_quantity, reward.get_quantity), (0, reward.percent_bp))
    return track
