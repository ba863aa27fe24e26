"""What one component can do in its phase: its plans, laid out only when they are wanted."""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.choices import Choice, Choices
from pos_engine.core.claims import EMPTY, Plan
from pos_engine.core.component import ComponentSearch
from pos_engine.core.grouped import Grouped, by_price_may_miss
from pos_engine.core.phase import Live


def up_to(most: int) -> int:
    """Every sum from nothing to this, as bits."""
    return (1 << (most + 1)) - 1


class Menu:
    """Plans of a component by falling saving. `complete`: no plan that saves enough is missing.

    `sure`: what a plan saves is the most that its offers can save on their units.
    """

    def __init__(self, search: ComponentSearch, best: Plan, most_minor: int, least_minor: int) -> None:
        self.complete = True
        # Where units are put together by price and that may miss a saving, nothing is known for sure.
        self.sure = not any(_by_price_may_miss(live) for live in search.component)
        self._choices: Choices | None = None
        self._chosen: list[Choice] = []
        self._plans: list[Plan | None]
        self.savings: list[int] = []
        self.most_minor = most_minor
        self.least_minor = least_minor
        if len(search.component) == 1:
            self._plans = [best, EMPTY] if best.entries else [EMPTY]
            self.least_minor = 0
        elif search.is_open:
            self._choices = Choices(search.component, search.course, search.facts, search.effort)
            self._choices.begin(best, least_minor)
            self.complete = self._choices.complete
        else:
            plans = search.all_plans(least_minor)
            self.complete = not search.missed_minor
            self._plans = [*plans]
        self.complete = self.complete and self.sure
        self._put_in_order()

    def _put_in_order(self) -> None:
        if self._choices is not None:
            self._chosen = sorted(self._choices.found, key=_most_first)
            self._plans = [None] * len(self._chosen)
        self.savings = [self._saving_minor(number) for number in range(len(self._plans))]

    def has(self, room: int) -> int:
        """What its plans save within the room, as bits."""
        bits = 0
        for saving in self.savings:
            if saving <= room:
                bits |= 1 << saving
        return bits

    def may(self, room: int) -> int:
        """What any plan at all may save within the room, as bits; told closely where that is little work."""
        if self.complete:
            return self.has(room) | up_to(min(room, self.least_minor - 1))
        everything = up_to(min(room, self.most_minor))
        if self._choices is not None and self.sure:
            everything &= savings_of(self._choices, room)
        return everything

    def _saving_minor(self, number: int) -> int:
        plan = self._plans[number]
        return self._chosen[number].saving_minor if plan is None else plan.saving_minor

    def widen(self, room: int, wanted: int) -> None:
        """Look for more plans, until one saves one of the wanted sums (as bits) or it has been tried enough."""
        if self._choices is not None and not self._choices.complete:
            self._choices.widen(room, wanted)
            self._put_in_order()

    def plan(self, number: int) -> Plan:
        """A plan laid out."""
        plan = self._plans[number]
        if plan is None:
            assert self._choices is not None  # noqa: S101 - only choices are laid out late
            plan = self._plans[number] = self._choices.plan(self._chosen[number])
        return plan


def _by_price_may_miss(live: Live) -> bool:
    return isinstance(live.compiled.offer.reward, Grouped) and by_price_may_miss(live.units, live.terms)


def _most_first(choice: Choice) -> int:
    return -choice.saving_minor


WAYS_TOLD_MAX = 20_000
"""Up to so many (offer, units it takes, units taken before) the sums that a component can save are worked out."""


def savings_of(choices: Choices, room: int) -> int:
    """Every sum within the room that offers may save that share out the units, as bits; -1: any.

    Some of them the game may forbid; none that it allows is missing.
    """
    states = 1 << len(choices.units)
    alike: dict[tuple[int, tuple[int, ...]], int] = {}
    told: list[list[tuple[int, int]]] = []
    ways = 0
    for number, mask in enumerate(choices.masks):
        ways += (1 << mask.bit_count()) * states // 2
        if ways > WAYS_TOLD_MAX:
            return -1
        parts = [part for part in range(1, mask + 1) if part & mask == part]
        given = tuple([choices.given_minor(number, part) for part in parts])
        copies = alike[mask, given] = alike.get((mask, given), 0) + 1
        if copies > mask.bit_count():
            # Each takes a unit at least: no more of the same can be used.
            ways -= (1 << mask.bit_count()) * states // 2
        else:
            told.append([(part, more) for part, more in zip(parts, given, strict=True) if 0 < more <= room])
    reached, inside = [0] * states, up_to(room)
    reached[0] = 1
    for some in told:
        # Fuller states first, so that an offer takes its units once.
        for state in range(states - 1, -1, -1):
            known = reached[state]
            if known:
                for part, more in some:
                    if not part & state:
                        reached[state | part] |= known << more & inside
    found = 0
    for known in reached:
        found |= known
    return found


def sums_within(menus: Sequence[int], room: int) -> list[int]:
    """Per menu, as bits, the sums that it and those before it can save together within the room; first nothing."""
    inside = up_to(room)
    sums = [1]
    for menu in menus:
        sums.append(_added(sums[-1], menu & inside) & inside)
    return sums


def _added(sums: int, more: int) -> int:
    """Every sum of one of these and one of those, as bits."""
    if more & (more + 1) == 0:
        # Everything up to a sum: twice as far with every step.
        grown, done, most = sums if more else 0, 0, more.bit_length() - 1
        while done < most:
            step = min(done + 1, most - done)
            grown |= grown << step
            done += step
        return grown
    grown = 0
    while more:
        low = more & -more
        grown |= sums << low.bit_length() - 1
        more ^= low
    return grown


def most_within(savings: Sequence[Sequence[int]], sums: Sequence[int]) -> list[int]:
    """One plan per menu, so that together they save the most; `sums` as `sums_within` gives them. Empty: none."""
    if not sums[-1]:
        return []
    rest = sums[-1].bit_length() - 1
    chosen: list[int] = []
    for at in range(len(savings) - 1, -1, -1):
        for number, saving in enumerate(savings[at]):
            if saving <= rest and sums[at] >> (rest - saving) & 1:
                chosen.append(number)
                rest -= saving
                break
    chosen.reverse()
    return chosen


def taken_from(plan: Plan, units: frozenset[int]) -> int:
    """What a plan takes off some units."""
    total = 0
    for entry in plan.entries:
        for unit, amount in zip(entry.units, entry.amounts, strict=True):
            if unit in units:
                total += amount
    return total


class Trail:
    """Numbers of the plans chosen so far: the last one, and the trail before."""

    # A class and no tuple: mypyc 2.4.1 does not come to an end on an alias that names itself.
    __slots__ = ("before", "number")

    def __init__(self, number: int, before: Trail | None) -> None:
        self.number = number
        self.before = before


def best_within(weights: Sequence[Sequence[int]], savings: Sequence[Sequence[int]], room: int, least: int) -> list[int]:
    """One plan per menu, so that the weights stay within the room and the savings sum highest; empty when below least.

    `weights[m][n]` and `savings[m][n]` are of plan n of menu m; savings fall.
    """
    after = [0]
    for menu in reversed(savings):
        after.append(after[-1] + menu[0])
    after.reverse()
    reached: dict[int, tuple[int, Trail | None]] = {0: (0, None)}
    for at, menu in enumerate(savings):
        grown: dict[int, tuple[int, Trail | None]] = {}
        for weight, (saving, trail) in reached.items():
            for number, more in enumerate(menu):
                heavier = weight + weights[at][number]
                better = saving + more
                if better + after[at + 1] < least:
                    break
                if heavier > room:
                    continue
                known = grown.get(heavier)
                if known is None or better > known[0]:
                    grown[heavier] = (better, Trail(number, trail))
        reached = grown
    chosen: list[int] = []
    best, trail = max(reached.values(), key=_saving, default=(0, None))
    while trail is not None:
        chosen.append(trail.number)
        trail = trail.before
    chosen.reverse()
    return chosen if best >= least else []


def _saving(reached: tuple[int, Trail | None]) -> int:
    return reached[0]
