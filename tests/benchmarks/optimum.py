"""How much of the best possible discount the core gives: a sample of real baskets, judged one by one."""

from __future__ import annotations

from dataclasses import dataclass

from pos_engine.core.money import Tariff
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from tests.benchmarks.campaigns import Visit, campaigns_of, visits_of
from tests.benchmarks.evaluation import price, spread
from tests.benchmarks.judge import CannotJudgeError, best_minor
from tests.benchmarks.timing import table
from tests.benchmarks.workload import Workload

SAMPLE = {100: 200, 1_000: 200, 10_000: 40}
"""Deals in the set → baskets judged; the judge takes a second for some baskets of the largest set."""


@dataclass
class Kept:
    """What came of a sample, in minor units."""

    judged: int = 0
    not_judged: int = 0
    given_minor: int = 0
    best_minor: int = 0
    best_missed: int = 0
    proven: int = 0
    wrongly_proven: int = 0
    above_certificate: int = 0

    def add(self, ruleset: Ruleset, visit: Visit) -> None:
        """Judge one basket."""
        try:
            best = best_minor(ruleset, visit)
        except CannotJudgeError:
            self.not_judged += 1
            return
        outcome = price(ruleset, visit)
        given, certificate = outcome.total_discount_minor, outcome.certificate
        self.judged += 1
        self.given_minor += given
        self.best_minor += best
        self.best_missed += given < best
        self.proven += certificate.optimal
        self.wrongly_proven += certificate.optimal and given != best
        self.above_certificate += best > given + certificate.gap_minor or given > best


def report(workload: Workload) -> None:
    """Judge and print; a proof that the judge refutes is a fault, and raises."""
    visits = spread(visits_of(workload))
    rows = []
    for size, count in SAMPLE.items():
        ruleset = compile_ruleset(campaigns_of(workload.deals[size], "best"), Tariff())
        kept = Kept()
        for visit in visits[:count]:
            kept.add(ruleset, visit)
        if kept.wrongly_proven or kept.above_certificate:
            message = f"{size} deals: the judge refutes {kept.wrongly_proven + kept.above_certificate} certificates"
            raise AssertionError(message)
        share = f"{100 * kept.given_minor / kept.best_minor:.3f} %" if kept.best_minor else "nothing to give"
        rows.append(
            (f"{size:,}", f"{kept.judged}", f"{kept.not_judged}", share, f"{kept.best_missed}", f"{kept.proven}")
        )
    head = ("deals", "judged", "beyond the judge", "of the best discount", "baskets below it", "proven by ours")
    table("The best price, judged by an integer programme", head, rows)
