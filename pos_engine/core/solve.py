"""The best price of a whole receipt: phases in their order, components apart, proof by bound.

What saves most now is not always best in the end: a discount can push the basket under a later threshold, or use up a
coupon. So a phase is solved for itself first; only when the bound of the later phases says that another plan could end
better are the other plans tried.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.answers import Answer
from pos_engine.core.bound import LaterBound, later_bounds
from pos_engine.core.claims import Plan, components, merchant_order
from pos_engine.core.component import ComponentSearch
from pos_engine.core.course import Course
from pos_engine.core.effort import Effort
from pos_engine.core.facts import Facts
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.outcome import Certificate
from pos_engine.core.phase import Live, give, live_offers
from pos_engine.core.sale import Sale
from pos_engine.core.terms import blocked_by


class Solver:
    """One search for one sale. `phases`: per phase the numbers of the offers worth asking."""

    def __init__(self, sale: Sale, phases: Sequence[Sequence[int]], effort_max: int) -> None:
        self.sale = sale
        self.effort = Effort(effort_max)
        facts = sale.facts(sale.goods.price)
        may_live = [[self._live(number) for number in numbers if may_hold(sale, number, facts)] for numbers in phases]
        self.phases = [[live.compiled.number for live in lives] for lives in may_live]
        paying = [[live for live in lives if not live.grants_coupon] for lives in may_live]
        self.bounds: list[LaterBound] = later_bounds(paying, sale.goods.price)
        self.best: Course | None = None
        self.reach_minor = 0
        self.cut_short = False

    def _live(self, number: int) -> Live:
        """An offer at shelf prices, as the bounds see it."""
        compiled = self.sale.ruleset.offers[number]
        return Live(compiled, Answer(), tuple(self.sale.touched[number]), self.sale.terms_of(compiled))

    def run(self) -> tuple[Course, Certificate]:
        """The best course found, and how good it is."""
        course = Course(list(self.sale.goods.price))
        self.solve_from(0, course)
        best = course if self.best is None else self.best
        reach = self.reach_minor
        if self.cut_short:
            reach = max(reach, self.bounds[0].minor(self.sale.goods.price))
        gap = max(0, reach - saved(self.sale, best))
        return best, Certificate(gap == 0, gap, self.effort.used)

    def solve_from(self, phase: int, course: Course) -> None:
        """Solve the phases from one on, and keep the finished course if it is the best."""
        while phase < len(self.phases) and not self.phases[phase]:
            phase += 1
        if phase == len(self.phases):
            self._keep(course)
            return
        facts = self.sale.facts(list(course.left))
        lives = live_offers(self.sale, course, self.phases[phase], {})
        course = course.copy()
        free = self._merchant_first(course, lives, facts)
        searches = [ComponentSearch(part, course, facts, self.effort) for part in components(free)]
        plans = [search.best_plan() for search in searches]
        grants = [live for live in lives if live.grants_coupon]
        after = self.with_plans(course, plans, grants, facts)
        self.solve_from(phase + 1, after)
        missed = sum(max(0, s.missed_minor - p.saving_minor) for s, p in zip(searches, plans, strict=True))
        if self.bounds[phase + 1].offers == 0:
            self.reach_minor = max(self.reach_minor, saved(self.sale, after) + missed)
            return
        self.cut_short = self.cut_short or missed > 0
        Alternatives(self, phase, course, facts, components(free), plans, grants).run()

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
            if live.compiled.offer.policy != "priority" and not live.grants_coupon:
                units = tuple(unit for unit in live.units if unit not in taken)
                if units:
                    free.append(Live(live.compiled, live.answer, units, live.terms))
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
        if self.best is None or rank(self.sale, course) > rank(self.sale, self.best):
            self.best = course


class Alternatives:
    """The other plans of a phase, tried as far as the bound says that the end could be better."""

    def __init__(
        self,
        solver: Solver,
        phase: int,
        course: Course,
        facts: Facts,
        parts: Sequence[Sequence[Live]],
        plans: Sequence[Plan],
        grants: Sequence[Live],
    ) -> None:
        self.solver = solver
        self.phase = phase
        self.course = course
        self.facts = facts
        self.parts = parts
        self.plans = plans
        self.grants = grants
        self.later = solver.bounds[phase + 1]
        self.choices: list[list[Plan]] = []
        self.net_after: list[int] = []

    def run(self) -> None:
        """Collect each component's plans that could matter, then try their combinations."""
        if not self.parts:
            return
        reach = saved(self.solver.sale, self.course) + self.later.minor(self.course.left)
        reach += sum(plan.saving_minor for plan in self.plans)
        if reach < self._to_beat():
            return
        for part, plan in zip(self.parts, self.plans, strict=True):
            search = ComponentSearch(part, self.course, self.facts, self.solver.effort)
            self.choices.append(search.all_plans(self._to_beat() - (reach - plan.saving_minor)))
            if search.missed_minor:
                self.solver.cut_short = True
        # What a component adds net of what later percentages lose by it, at most, for all components from one on.
        self.net_after = [0]
        for plans in reversed(self.choices):
            self.net_after.append(self.net_after[-1] + max(self._net(plan) for plan in plans))
        self.net_after.reverse()
        self._choose(0, [])

    def _to_beat(self) -> int:
        """The saving that is worth trying for: more than the best, or as much without its coupons."""
        best = self.solver.best
        assert best is not None  # noqa: S101 - the phase was solved for itself before
        return saved(self.solver.sale, best) + (0 if best.coupon_owner else 1)

    def _net(self, plan: Plan) -> int:
        """A plan's saving less what later percentages would have taken of it, rounded up, in minor units."""
        whole = 0
        for entry in plan.entries:
            for unit, amount in zip(entry.units, entry.amounts, strict=True):
                whole += amount * (BASIS_POINTS_WHOLE - self.later.weights[unit])
        return -(-whole // BASIS_POINTS_WHOLE)

    def _choose(self, part: int, chosen: list[Plan]) -> None:
        net = sum(self._net(plan) for plan in chosen) + self.net_after[part]
        reach = saved(self.solver.sale, self.course) + self.later.minor(self.course.left) + net
        if reach < self._to_beat():
            return
        if not self.solver.effort.step():
            self.solver.cut_short = True
            return
        if part == len(self.choices):
            if chosen != list(self.plans):
                after = self.solver.with_plans(self.course, chosen, self.grants, self.facts)
                self.solver.solve_from(self.phase + 1, after)
            return
        for plan in self.choices[part]:
            self._choose(part + 1, [*chosen, plan])


def saved(sale: Sale, course: Course) -> int:
    """What a course has taken off in all."""
    return sum(sale.goods.price) - sum(course.left)


def rank(sale: Sale, course: Course) -> tuple[int, int, int]:
    """More saving first, then fewer coupons redeemed, then more offers that give something."""
    return (saved(sale, course), -len(course.coupon_owner), len(course.entries))


def may_hold(sale: Sale, number: int, facts: Facts) -> bool:
    """Whether an offer could come alive in its phase.

    Goods only get cheaper, so what lacks spend at shelf prices always will, unless the condition asks for less spend.
    """
    compiled = sale.ruleset.offers[number]
    if blocked_by(compiled.offer.limits, sale.left_of(compiled)):
        return False
    return sale.answer(compiled, facts).yes or compiled.denies_goods
