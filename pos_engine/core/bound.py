"""How much the phases to come can save at most: the bound that lets the search stop early, with proof.

Law: a bound never says less than any way of applying the offers would save. Percentages are linear in what units still
cost, so that a discount taken now lowers them by exactly the part they would have taken of it. Sums of money may stand
on a spend that discounts taken now can break: they count only as far as the discount leaves the spend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos_engine.core.campaign import Condition
from pos_engine.core.compiled import AMOUNT_ONCE
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.facts import Facts
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.offer_parts import Selector
from pos_engine.core.phase import Live
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.spend_ladder import SpendLadder


@dataclass(frozen=True)
class Spend:
    """So much has to be left on these units. `number`: the same for the same units."""

    needed_minor: int
    units: tuple[int, ...]
    number: int


@dataclass(frozen=True)
class Gift:
    """A later offer, or a step of its ladder, gives at most `most_minor`, and only while the spends are left.

    One of a `group` at most; empty: by itself.
    """

    most_minor: int
    group: str
    spends: tuple[Spend, ...]


@dataclass(frozen=True)
class Stake:
    """What one component may take off now: at most so much, at most so much of it out of reach of later percentages."""

    most_minor: int
    net_minor: int
    units: tuple[int, ...]


@dataclass(frozen=True)
class Level:
    """When at most `discount_minor` is taken now, at most `reach_minor` comes of this phase and all later ones.

    `later_minor`: the part of that which later phases give. `held_by`: the spend that asks for the restraint; None when
    there is none.
    """

    discount_minor: int
    reach_minor: int
    later_minor: int
    held_by: Spend | None


class LaterBound:
    """Bound of the phases from one on: a fixed part in minor units, a weight in basis points per unit, and gifts."""

    def __init__(self, fixed_minor: int, weights: list[int], gifts: list[Gift], offers: int) -> None:
        self.fixed_minor = fixed_minor
        self.weights = weights
        self.gifts = gifts
        self.offers = offers
        self.weighty = any(weights)

    def net_minor(self, most_minor: int, units: Sequence[int]) -> int:
        """Of a discount on these units the part that later percentages would not have taken, at most."""
        if not self.weighty:
            return most_minor
        lightest = min([self.weights[unit] for unit in units], default=0)
        return -(-most_minor * (BASIS_POINTS_WHOLE - lightest) // BASIS_POINTS_WHOLE)

    def levels(self, left: Sequence[int], stakes: Sequence[Stake]) -> list[Level]:
        """What may be reached from a phase's start, by how much is taken off in it; the farthest reach first."""
        most = sum([stake.most_minor for stake in stakes])
        net = sum([stake.net_minor for stake in stakes])
        base = self.fixed_minor
        if self.weighty:
            base += sum([weight * cost for weight, cost in zip(self.weights, left, strict=True)]) // BASIS_POINTS_WHOLE
        spare: dict[int, tuple[int, int]] = {}
        rooms: list[tuple[int, Gift, Spend | None]] = []
        for gift in self.gifts:
            room, held_by = most, None
            for spend in gift.spends:
                known = spare.get(spend.number)
                if known is None:
                    known = spare[spend.number] = _there_and_beside(spend.units, left, stakes)
                there, beside = known
                # What is to spare on the units themselves, and all that can be taken off beside them.
                allowed = there - spend.needed_minor
                allowed += beside if allowed >= 0 else 0
                if allowed < room:
                    room, held_by = allowed, spend
            if room >= 0:
                rooms.append((room, gift, held_by))
        found: dict[int, Level] = {}
        for discount, _, held_by in [*rooms, (most, None, None)]:
            if discount not in found:
                alive = _together_minor([gift for room, gift, _ in rooms if room >= discount])
                found[discount] = Level(discount, base + alive + min(net, discount), base + alive, held_by)
        return sorted(found.values(), key=_farthest)


def _farthest(level: Level) -> tuple[int, int]:
    return (-level.reach_minor, -level.discount_minor)


def _there_and_beside(units: Sequence[int], left: Sequence[int], stakes: Sequence[Stake]) -> tuple[int, int]:
    """What some units cost, and the most that can be taken off the others."""
    counted = set(units)
    there = sum([left[unit] for unit in units])
    beside = 0
    for stake in stakes:
        others = sum([left[unit] for unit in stake.units if unit not in counted])
        beside += min(stake.most_minor, others)
    return there, beside


def _together_minor(gifts: Sequence[Gift]) -> int:
    total = 0
    groups: dict[str, int] = {}
    for gift in gifts:
        if gift.group:
            groups[gift.group] = max(gift.most_minor, groups.get(gift.group, 0))
        else:
            total += gift.most_minor
    return total + sum(groups.values())


class Gifts:
    """Says offers of later phases as gifts; the facts are at shelf prices."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._numbers: dict[tuple[int, ...], int] = {}
        self._counted: dict[Selector, Spend] = {}
        self._worths: dict[tuple[int, ...], int] = {}

    def _spend(self, needed_minor: int, units: tuple[int, ...]) -> Spend:
        return Spend(needed_minor, units, self._numbers.setdefault(units, len(self._numbers)))

    def spends_of(self, condition: Condition) -> tuple[Spend, ...]:
        """The spends after discounts that a condition cannot do without."""
        if isinstance(condition, MinimumSpend) and condition.measured == "after":
            like = self._counted.get(condition.selector)
            if like is None:
                like = self._spend(0, tuple(self.facts.counted(condition.selector)))
                self._counted[condition.selector] = like
            return (Spend(condition.amount_minor, like.units, like.number),)
        if isinstance(condition, AllOf):
            return tuple([spend for part in condition.conditions for spend in self.spends_of(part)])
        return ()

    def _most_minor(self, live: Live) -> int:
        """What an offer saves at most; the goods' worth is added up once for all that are on the same goods."""
        compiled, terms, prices = live.compiled, live.terms, self.facts.left
        plain = compiled.way == AMOUNT_ONCE and not terms.floors and terms.discount_max_minor is None
        if not plain or terms.floor_minor:
            return compiled.offer.reward.saving_max(live.units, prices, terms)
        worth = self._worths.get(live.units)
        if worth is None:
            worth = self._worths[live.units] = sum([prices[unit] for unit in live.units])
        return min(compiled.value, worth)

    def of(self, live: Live) -> list[Gift]:
        """What an offer may give; `live` is at shelf prices."""
        offer, prices = live.compiled.offer, self.facts.left
        group = f"group {offer.exclusive_group}" if offer.policy == "exclusive" else ""
        most = self._most_minor(live)
        spends = self.spends_of(offer.condition)
        reward = offer.reward
        if not isinstance(reward, SpendLadder):
            return [Gift(most, group, spends)]
        spend = sum([prices[unit] for unit in live.units])
        gifts: list[Gift] = []
        for number, step in enumerate(reward.steps):
            if step.from_minor > spend:
                break
            last = number + 1 == len(reward.steps) or reward.steps[number + 1].from_minor > spend
            highest = spend if last else reward.steps[number + 1].from_minor - 1
            given = min(most, live.terms.capped(reward.given_minor(highest, live.terms)))
            reached = self._spend(step.from_minor, live.units)
            gifts.append(Gift(given, group or f"ladder {live.compiled.number}", (*spends, reached)))
        return gifts


def later_bounds(phases: Sequence[Sequence[Live]], facts: Facts) -> list[LaterBound]:
    """For each phase the bound of that phase and all after it; one more, which is empty, at the end.

    `phases` holds every offer that may still come alive, with its units at shelf price, as do the facts.
    """
    count = len(facts.left)
    bounds = [LaterBound(0, [0] * count, [], 0)]
    told = Gifts(facts)
    for lives in reversed(phases):
        after = bounds[-1]
        if not lives:
            bounds.append(after)
            continue
        fixed = after.fixed_minor
        gifts = list(after.gifts)
        alone = [0] * count
        stacked = [BASIS_POINTS_WHOLE] * count
        halves = 0
        for live in lives:
            reward = live.compiled.offer.reward
            if not isinstance(reward, Percent) or reward.units_max is not None:
                gifts += told.of(live)
                continue
            # Rounding up is worth half a cent at most: per offer, or per unit when each unit is rounded.
            rounded = 1 if live.terms.rounding.scope == "offer" else len(live.units)
            if live.compiled.offer.policy == "stack":
                fixed += (rounded + 1) // 2
                for unit in live.units:
                    stacked[unit] = stacked[unit] * (BASIS_POINTS_WHOLE - reward.percent_bp) // BASIS_POINTS_WHOLE
            else:
                halves += rounded
                for unit in live.units:
                    alone[unit] = max(alone[unit], reward.percent_bp)
        # Offers that do not stack share no unit, so that no more of them round than there are units.
        fixed += (min(halves, sum([part > 0 for part in alone])) + 1) // 2
        weights = _added(after.weights, alone, stacked)
        bounds.append(LaterBound(fixed, weights, without_beaten(gifts), after.offers + len(lives)))
    bounds.reverse()
    return bounds


def without_beaten(gifts: Sequence[Gift]) -> list[Gift]:
    """Gifts without those that another one of their group beats: it gives as much, for no more of the same spend."""
    kept: list[Gift] = []
    rivals: dict[tuple[str, int], list[Gift]] = {}
    for gift in gifts:
        if gift.group and len(gift.spends) == 1:
            rivals.setdefault((gift.group, gift.spends[0].number), []).append(gift)
        else:
            kept.append(gift)
    for group in rivals.values():
        most = -1
        for gift in sorted(group, key=_least_spend_first):
            if gift.most_minor > most:
                most = gift.most_minor
                kept.append(gift)
    return kept


def _least_spend_first(gift: Gift) -> tuple[int, int]:
    return (gift.spends[0].needed_minor, -gift.most_minor)


def _added(after: Sequence[int], alone: Sequence[int], stacked: Sequence[int]) -> list[int]:
    """Weights of a phase before weights of the phases after it."""
    weights = list(after)
    for unit, weight in enumerate(weights):
        here = max(alone[unit], BASIS_POINTS_WHOLE - stacked[unit])
        if here:
            kept = (BASIS_POINTS_WHOLE - weight) * (BASIS_POINTS_WHOLE - here) // BASIS_POINTS_WHOLE
            weights[unit] = BASIS_POINTS_WHOLE - kept
    return weights
