"""Who competes for which units inside one phase: offers that overlap form a component and are solved together.

A claim is one offer, or a choice of the component's stacking offers together: a unit belongs to one claim only, and
only stacking offers share it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pos_engine.core.course import Entry
from pos_engine.core.grouped import Grouped
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.phase import Live
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf


@dataclass(frozen=True)
class Claim:
    """One competitor for units. `limited`: it picks its units itself, in its turn; others share units at will."""

    lives: tuple[Live, ...]
    units: tuple[int, ...]
    limited: bool

    @property
    def stacked(self) -> bool:
        """Whether these are stacking offers, which share their units."""
        return self.lives[0].compiled.offer.policy == "stack"


@dataclass(frozen=True)
class Plan:
    """What one component gives: the gifts and their sum."""

    entries: tuple[Entry, ...]
    saving_minor: int
    coupons: int

    def better_than(self, other: Plan) -> bool:
        """More saving; at equal saving fewer coupons redeemed."""
        return (self.saving_minor, -self.coupons) > (other.saving_minor, -other.coupons)


EMPTY = Plan((), 0, 0)


def plan_of(entries: Sequence[Entry]) -> Plan:
    """A plan out of its gifts."""
    coupons = {coupon for entry in entries for coupon in entry.coupons}
    return Plan(tuple(entries), sum(entry.discount_minor for entry in entries), len(coupons))


def components(lives: Sequence[Live]) -> list[list[Live]]:
    """Offers that share a unit, a coupon series or an exclusive group, directly or through others."""
    parent = list(range(len(lives)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    owner: dict[object, int] = {}
    for number, live in enumerate(lives):
        ties: list[object] = [live.units]
        if live.units not in owner:
            ties += live.units
        ties += [(need.source, need.series_id) for need in live.answer.needs]
        if live.compiled.offer.policy == "exclusive":
            ties.append(("group", live.compiled.offer.exclusive_group))
        for tie in ties:
            before = owner.setdefault(tie, number)
            if before != number:
                parent[root(number)] = root(before)
    found: dict[int, list[Live]] = {}
    for number, live in enumerate(lives):
        found.setdefault(root(number), []).append(live)
    return [found[key] for key in sorted(found, key=lambda key: found[key][0].compiled.number)]


def merchant_order(live: Live) -> tuple[int, str]:
    """Higher priority first, then the stable id."""
    return (-live.compiled.offer.priority, live.compiled.offer.offer_id)


STACK_CHOICE_MAX = 6
"""Up to so many stacking offers of one component, every choice of them is tried; beyond, all and all but one."""


def _stacks(stack: tuple[Live, ...]) -> list[tuple[Live, ...]]:
    """The choices of stacking offers that are tried: leaving one out can spare a coupon for another offer."""
    if len(stack) <= STACK_CHOICE_MAX:
        masks = range(1, 1 << len(stack))
        return [tuple(live for bit, live in enumerate(stack) if mask >> bit & 1) for mask in masks]
    return [stack, *(stack[:gap] + stack[gap + 1 :] for gap in range(len(stack)))]


def claims_of(component: Sequence[Live], left: Sequence[int]) -> list[Claim]:
    """The competitors of a component, the most promising first, then by stable order."""
    stack = tuple(sorted((o for o in component if o.compiled.offer.policy == "stack"), key=merchant_order))
    claims = [
        Claim((live,), live.units, live.compiled.offer.reward.limited())
        for live in component
        if live.compiled.offer.policy != "stack"
    ]
    claims += [
        Claim(chosen, tuple(sorted({unit for live in chosen for unit in live.units})), limited=False)
        for chosen in _stacks(stack)
    ]

    def promise(claim: Claim) -> tuple[int, int, list[int]]:
        saving = sum(live.compiled.offer.reward.saving_max(live.units, left, live.terms) for live in claim.lives)
        return (-saving, -len(claim.lives), [live.compiled.number for live in claim.lives])

    return sorted(claims, key=promise)


CLAIMS_MAX = 60
"""So many competitors of one component are searched; the search goes as deep as there are competitors."""

CHOICES_PER_UNIT = 4
"""Out of too many competitors, those stay that give a unit one of its first so many choices."""


def most_promising(claims: Sequence[Claim]) -> list[Claim]:
    """Out of too many competitors, in the order of their promise, those that leave every unit a choice."""
    choices: Counter[int] = Counter()
    kept: list[Claim] = []
    for claim in claims:
        if any(choices[unit] < CHOICES_PER_UNIT for unit in claim.units):
            choices.update(claim.units)
            kept.append(claim)
    return kept[:CLAIMS_MAX]


def unit_gain(live: Live, unit: int, left: Sequence[int]) -> int:
    """What one unit adds to an offer's discount at most, in 1/10,000 of a minor unit."""
    reward = live.compiled.offer.reward
    if isinstance(reward, Percent):
        exact = reward.percent_bp * left[unit]
        if live.terms.rounding.scope == "offer":
            return exact
        return -(-exact // BASIS_POINTS_WHOLE) * BASIS_POINTS_WHOLE
    if isinstance(reward, Grouped):
        return reward.gain_max(unit, left, live.terms)
    room = live.terms.room(unit, left)
    if isinstance(reward, PercentOfShelf):
        return reward.gain_max(unit, room, live.terms)
    most = room
    if isinstance(reward, FixedUnitPrice):
        most = max(0, min(left[unit] - reward.price_minor, room))
    elif isinstance(reward, Amount):
        most = min(reward.amount_minor, room)
    return most * BASIS_POINTS_WHOLE


def gain_ceiling(live: Live, left: Sequence[int]) -> int:
    """What the offer can give in all at most, in 1/10,000 of a minor unit, however many units it gets."""
    return live.compiled.offer.reward.saving_max(live.units, left, live.terms) * BASIS_POINTS_WHOLE


def claim_gains(claim: Claim, left: Sequence[int]) -> dict[int, int]:
    """What each unit is worth to a claim at most, in 1/10,000 of a minor unit."""
    gains: dict[int, int] = {}
    for live in claim.lives:
        for unit in live.units:
            gains[unit] = gains.get(unit, 0) + unit_gain(live, unit, left)
    return gains
