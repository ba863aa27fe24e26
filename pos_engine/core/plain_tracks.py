"""Tracks of offers that need no groups: percentages, sums of money, fixed prices, ladders.

Such an offer's discount is a function of one measure that its units add to: their price, their gain, the room for a sum
of money. The state is the measure so far, as far as it still matters.
"""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.phase import Live
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.percent import Percent, part_of
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from pos_engine.core.rewards.spend_ladder import SpendLadder
from pos_engine.core.tracks import State, Track


class Plain(Track):
    """Base: (coupon, uses, measure). What a unit adds is what the value of the measure grows by."""

    def __init__(self, live: Live, left: Sequence[int]) -> None:
        super().__init__(live, left)
        self.start = (0, 0, 0)
        self.cap_minor = live.terms.discount_max_minor

    def measure(self, unit: int) -> int:
        """What a unit adds to the measure; 0: the unit is of no use."""
        raise NotImplementedError

    def value(self, measure: int) -> int:
        """The discount that a measure is worth, in 1/10,000 of a minor unit."""
        raise NotImplementedError

    def remembered(self, measure: int) -> int:
        """The part of a measure that what comes later depends on."""
        raise NotImplementedError

    def given_minor(self, units: Sequence[int]) -> int:
        """What the offer takes off when it has these units."""
        measures = [measure for measure in [self.measure(unit) for unit in units] if measure > 0]
        if self.uses_max is not None and len(measures) > self.uses_max:
            measures = sorted(measures, reverse=True)[: self.uses_max]
        exact = self.value(sum(measures))
        return (exact if self.told_apart else self.rounded(exact)) // BASIS_POINTS_WHOLE

    @override
    def moves(self, state: State, unit: int) -> list[tuple[State, int]]:
        more = self.measure(unit)
        if more <= 0:
            return []
        counted = self.begun(state[1], opens=True)
        if counted < 0:
            return []
        coupon, cost = self.coupon(state)
        measure = state[2] + more
        gain = self.value(measure) - self.value(state[2])
        return [((coupon, counted, self.remembered(measure)), gain - cost)]

    @override
    def closed(self, state: State) -> bool:
        return True

    @override
    def kind(self, unit: int) -> int:
        return self.measure(unit)

    @override
    def worth(self, unit: int) -> int:
        return 0


class EachUnit(Plain):
    """Every unit has its own discount in whole minor units; `gains` are those of one unit after the other."""

    def __init__(self, live: Live, left: Sequence[int]) -> None:
        super().__init__(live, left)
        if isinstance(live.compiled.offer.reward, Percent | PercentOfShelf):
            self.uses_max = None
        self.unlimited = self.cap_minor is None and self.uses_max is None and not self.needs_coupon

    @override
    def measure(self, unit: int) -> int:
        reward, room = self.live.compiled.offer.reward, self.live.terms.room(unit, self.left)
        if isinstance(reward, Percent):
            return min(part_of(self.left[unit], reward.percent_bp, self.live.terms.rounding), room)
        if isinstance(reward, PercentOfShelf):
            return min(part_of(self.live.terms.shelf[unit], reward.percent_bp, self.live.terms.rounding), room)
        if isinstance(reward, FixedUnitPrice):
            return min(self.left[unit] - reward.price_minor, room)
        assert isinstance(reward, Amount)  # noqa: S101 - `plain_track` makes no other
        return min(reward.amount_minor, room)

    @override
    def value(self, measure: int) -> int:
        return BASIS_POINTS_WHOLE * (measure if self.cap_minor is None else min(measure, self.cap_minor))

    @override
    def remembered(self, measure: int) -> int:
        return 0 if self.cap_minor is None else min(measure, self.cap_minor)

    @override
    def worth(self, unit: int) -> int:
        return max(0, self.measure(unit)) * BASIS_POINTS_WHOLE if self.unlimited else 0


class PercentInAll(Plain):
    """A percentage that is rounded once: the measure is the exact discount, of which the fraction matters."""

    def __init__(self, live: Live, left: Sequence[int], percent_bp: int, base: Sequence[int]) -> None:
        super().__init__(live, left)
        self.percent_bp = percent_bp
        self.base = base
        self.uses_max = None
        self.unlimited = self.cap_minor is None and not self.needs_coupon
        self.tell_fractions([base[unit] * percent_bp for unit in live.units])

    @override
    def measure(self, unit: int) -> int:
        return self.base[unit] * self.percent_bp

    @override
    def value(self, measure: int) -> int:
        given = self.rounded(measure) if self.told_apart else measure
        return given if self.cap_minor is None else min(given, self.cap_minor * BASIS_POINTS_WHOLE)

    @override
    def remembered(self, measure: int) -> int:
        if self.cap_minor is not None:
            return min(measure, self.cap_minor * BASIS_POINTS_WHOLE)
        return measure % BASIS_POINTS_WHOLE if self.told_apart else 0

    @override
    def worth(self, unit: int) -> int:
        return self.base[unit] * self.percent_bp if self.unlimited else 0


class Once(Plain):
    """A sum of money given once: the measure is the room found for it."""

    def __init__(self, live: Live, left: Sequence[int], amount_minor: int) -> None:
        super().__init__(live, left)
        self.most_minor = live.terms.capped(amount_minor)
        self.uses_max = None

    @override
    def measure(self, unit: int) -> int:
        return self.live.terms.room(unit, self.left)

    @override
    def value(self, measure: int) -> int:
        return BASIS_POINTS_WHOLE * min(measure, self.most_minor)

    @override
    def remembered(self, measure: int) -> int:
        return min(measure, self.most_minor)


class Ladder(Plain):
    """The more is spent, the more comes off: the measure is the spend."""

    def __init__(self, live: Live, left: Sequence[int], reward: SpendLadder) -> None:
        super().__init__(live, left)
        self.reward = reward
        self.uses_max = None

    @override
    def measure(self, unit: int) -> int:
        return self.left[unit]

    @override
    def value(self, measure: int) -> int:
        terms = self.live.terms
        return BASIS_POINTS_WHOLE * min(terms.capped(self.reward.given_minor(measure, terms)), measure)

    @override
    def remembered(self, measure: int) -> int:
        return measure


def within_floors(live: Live, left: Sequence[int], base: Sequence[int], percent_bp: int) -> bool:
    """Whether each unit has room for its own part, so that no floor ties the units of a percentage together."""
    terms = live.terms
    if not terms.floor_minor and not terms.floors and base is left:
        return True
    return all(base[unit] * percent_bp <= terms.room(unit, left) * BASIS_POINTS_WHOLE for unit in live.units)


def plain_track(live: Live, left: Sequence[int]) -> Plain | None:
    """The track of an offer without groups; None when a floor ties its units in a way that no measure tells."""
    reward, terms = live.compiled.offer.reward, live.terms
    track: Plain | None = None
    if isinstance(reward, Percent | PercentOfShelf):
        base = left if isinstance(reward, Percent) else terms.shelf
        if terms.rounding.scope == "unit":
            track = EachUnit(live, left)
        elif within_floors(live, left, base, reward.percent_bp):
            track = PercentInAll(live, left, reward.percent_bp, base)
    elif isinstance(reward, FixedUnitPrice):
        track = EachUnit(live, left)
    elif isinstance(reward, Amount):
        track = EachUnit(live, left) if reward.per == "unit" else Once(live, left, reward.amount_minor)
    elif isinstance(reward, SpendLadder) and not terms.floor_minor and not terms.floors:
        track = Ladder(live, left, reward)
    return track
