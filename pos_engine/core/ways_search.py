"""Offers that hold with one coupon or with another: which of them each takes, so that none is taken from a better use.

Law: every choice of coupons that the conditions allow is tried, or the certificate says how far one could reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product

from pos_engine.core.answers import WAYS_MAX
from pos_engine.core.course import Course
from pos_engine.core.effort import Effort
from pos_engine.core.outcome import Certificate
from pos_engine.core.sale import Sale
from pos_engine.core.solve import Solver
from pos_engine.core.ways import Way, names_a_coupon, ways_of

ROUNDS_MAX = 16
"""Choices of a way for each such offer that are searched, one after the other."""


def choices_of(sale: Sale) -> dict[int, list[Way]]:
    """Offer number → its ways, of the offers that may give on this sale and have several."""
    facts = sale.facts(sale.goods.price)
    found: dict[int, list[Way]] = {}
    for number in sale.ruleset.with_ways:
        if number in sale.touched:
            # A way without any coupon needs no choice: the condition prefers it by itself.
            ways = [way for way in ways_of(sale.ruleset.offers[number].offer.condition, facts) if way]
            if len(ways) > 1:
                found[number] = ways
    return found


class WaysSearch:
    """Solves a sale once for each choice of ways, until none can be better; the sale keeps the best choice."""

    def __init__(
        self, sale: Sale, phases: Sequence[Sequence[int]], effort: Effort, choices: dict[int, list[Way]]
    ) -> None:
        self.sale = sale
        self.phases = phases
        self.effort = effort
        self.choices = choices
        self.price_minor = sum(sale.goods.price)

    def run(self) -> tuple[Course, Certificate]:
        """The best course over all ways, and how good it is."""
        rounds = product(*self.choices.values())
        best, reach_minor = self._solved(next(rounds))
        best_ways = self.sale.ways
        ceiling_minor = self._ceiling_minor()
        saved_minor = self._saved(best)
        tried = 1
        for ways in islice(rounds, ROUNDS_MAX - 1):
            if ceiling_minor <= saved_minor or self.effort.spent:
                break
            tried += 1
            course, reach = self._solved(ways)
            reach_minor = max(reach_minor, reach)
            if self._saved(course) > saved_minor:
                best, best_ways, saved_minor = course, self.sale.ways, self._saved(course)
        if self._all_tried(tried):
            ceiling_minor = min(ceiling_minor, reach_minor)
        self.sale.ways = best_ways
        gap = max(0, ceiling_minor - saved_minor)
        return best, Certificate(gap == 0, gap, self.effort.used)

    def _solved(self, ways: Sequence[Way]) -> tuple[Course, int]:
        """The best course when each offer takes its coupons in this way, and how far one could reach."""
        self.sale.ways = dict(zip(self.choices, ways, strict=True))
        course, certificate = Solver(self.sale, self.phases, self.effort).run()
        return course, self._saved(course) + certificate.gap_minor

    def _ceiling_minor(self) -> int:
        """No choice of ways saves more: what could be saved if none of these offers needed a coupon."""
        offers = [self.sale.ruleset.offers[number] for numbers in self.phases for number in numbers]
        if any(one.offer.policy == "priority" and names_a_coupon(one.offer.condition) for one in offers):
            # The merchant's own order may then give something that is better not given.
            return self.price_minor
        course, reach_minor = self._solved([()] * len(self.choices))
        return max(reach_minor, self._saved(course))

    def _all_tried(self, tried: int) -> bool:
        count = 1
        for ways in self.choices.values():
            if len(ways) >= WAYS_MAX:
                return False
            count *= len(ways)
        return tried == count

    def _saved(self, course: Course) -> int:
        return self.price_minor - sum(course.left)
