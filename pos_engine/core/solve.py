"""The best price of a whole receipt: phases in their order, components apart, proof by bound.

What saves most now is not always best in the end: a discount can push the basket under a later threshold, or use up a
coupon. So a phase is solved for itself first; only when the bound of the later phases says that another plan could end
better are the other plans tried.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.alternatives import Alternatives
from pos_engine.core.answers import YES
from pos_engine.core.bound import LaterBound, later_bounds
from pos_engine.core.claims import Plan, components, merchant_order
from pos_engine.core.component import ComponentSearch
from pos_engine.core.course import Course
from pos_engine.core.effort import Effort
from pos_engine.core.facts import Facts
from pos_engine.core.holding import Holding, Spends
from pos_engine.core.outcome import Certificate
from pos_engine.core.phase import Live, give
from pos_engine.core.sale import Sale
from pos_engine.core.terms import blocked_by


class Solver:
    """One search for one sale. `phases`: per phase the numbers of the offers worth asking.

    `bounds[p]` speaks for phase p and all after it; that of the first phase with offers is never asked for.
    """

    def __init__(self, sale: Sale, phases: Sequence[Sequence[int]], effort: Effort) -> None:
        self.sale = sale
        self.holding = Holding(sale)
        self.effort = effort
        self.phases: list[list[int]] = []
        later: list[list[Live]] = []
        facts: Facts | None = None
        begun = False
        for numbers in phases:
            if not begun or not numbers:
                self.phases.append(list(numbers))
                later.append([])
                begun = begun or bool(numbers)
                continue
            if facts is None:
                facts = sale.facts(sale.goods.price)
            shelf = Spends(sale, sale.goods.price)
            lives = [self._live(number) for number in numbers if self._may_hold(number, facts, shelf)]
            self.phases.append([live.compiled.number for live in lives])
            later.append([live for live in lives if not live.grants_coupon])
        self.bounds: list[LaterBound] = later_bounds(later, facts or sale.facts(sale.goods.price))
        self.price_minor = sum(sale.goods.price)
        self.best: Course | None = None
        self._best_minor = 0
        self.reach_minor = 0

    def _live(self, number: int) -> Live:
        """An offer at shelf prices, as the bounds see it."""
        compiled = self.sale.ruleset.offers[number]
        return Live(compiled, YES, tuple(self.sale.touched[number]), self.holding.terms(compiled))

    def _may_hold(self, number: int, facts: Facts, shelf: Spends) -> bool:
        """Whether an offer could come alive in its phase.

        Goods only get cheaper, so what lacks spend at shelf prices always will, unless the condition asks for less
        spend.
        """
        compiled = self.sale.ruleset.offers[number]
        if compiled.denies_goods:
            return not blocked_by(compiled.offer.limits, self.sale.left_of(compiled))
        return self.holding.answer(compiled, facts, shelf) is not None

    def run(self) -> tuple[Course, Certificate]:
        """The best course found, and how good it is."""
        course = Course(list(self.sale.goods.price))
        self.solve_from(0, course)
        best = course if self.best is None else self.best
        gap = max(0, min(self.reach_minor, self.price_minor) - self.saved(best))
        return best, Certificate(gap == 0, gap, self.effort.used)

    def saved(self, course: Course) -> int:
        """What a course has taken off in all."""
        return self.price_minor - sum(course.left)

    def best_minor(self) -> int:
        """What the best course found so far saves."""
        return self._best_minor

    def best_coupons(self) -> int:
        """How many coupons the best course found so far redeems."""
        return 0 if self.best is None else len(self.best.coupon_owner)

    def reached(self, reach_minor: int) -> None:
        """Note how far something that was not tried could reach."""
        self.reach_minor = max(self.reach_minor, reach_minor)

    def solve_from(self, phase: int, course: Course) -> None:
        """Solve the phases from one on, and keep the finished course if it is the best."""
        while phase < len(self.phases) and not self.phases[phase]:
            phase += 1
        if phase == len(self.phases):
            self._keep(course)
            return
        facts = self.sale.facts(list(course.left))
        lives = self.holding.lives(course.left, self.phases[phase], facts)
        course = course.copy()
        free = self._merchant_first(course, lives, facts)
        searches = [ComponentSearch(part, course, facts, self.effort) for part in components(free)]
        plans = [search.best_plan() for search in searches]
        grants = [live for live in lives if live.grants_coupon]
        after = self.with_plans(course, plans, grants, facts)
        self.solve_from(phase + 1, after)
        if self.bounds[phase + 1].offers == 0:
            missed = sum(max(0, s.missed_minor - p.saving_minor) for s, p in zip(searches, plans, strict=True))
            self.reached(self.saved(after) + missed)
            return
        Alternatives(self, phase, course, facts, searches, plans, grants).run()

    def _merchant_first(self, course: Course, lives: Sequence[Live], facts: Facts) -> list[Live]:
        """Let offers of policy priority give in the merchant's order; the others with the units that are left them."""
        taken: set[int] = set()
        for live in sorted((o for o in lives if o.compiled.offer.policy == "priority"), key=merchant_order):
            if live.grants_coupon:
                continue
            entry = give(live, course, [unit for unit in live.units if unit not in taken], facts)
            if entry is not None:
                taken.update(entry.units)
                course.add(entry)
        free: list[Live] = []
        for live in lives:
            if live.compiled.offer.policy == "priority" or live.grants_coupon:
                continue
            if taken:
                units = tuple([unit for unit in live.units if unit not in taken])
                live = Live(live.compiled, live.answer, units, live.terms)  # noqa: PLW2901 - what is left of it
            if live.units:
                free.append(live)
        return free

    def with_plans(self, course: Course, plans: Sequence[Plan], grants: Sequence[Live], facts: Facts) -> Course:
        """The course after a plan for each component, and after the coupons for later were granted."""
        after = course.copy()
        for plan in plans:
            for entry in plan.entries:
                after.add(entry)
        for live in grants:
            grant = give(live, after, (), facts)
            if grant is not None:
                after.add(grant)
        return after

    def _keep(self, course: Course) -> None:
        saving = self.saved(course)
        if self.best is None or (saving, *_rank(course)) > (self._best_minor, *_rank(self.best)):
            self.best = course
            self._best_minor = saving


def _rank(course: Course) -> tuple[int, int]:
    """Of equal savings fewer coupons redeemed first, then more offers that give something."""
    return (-len(course.coupon_owner), len(course.entries))
