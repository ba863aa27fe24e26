"""What one evaluation costs: sizes of sets, both readings, hot and cold, compile time, memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pos_engine.core.evaluate import evaluate
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Certificate, Outcome
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from pos_engine.core.usage import Usage
from pos_engine.wire.documents import decode_basket, encode
from tests.benchmarks.campaigns import Reading, Visit, beside_money, campaigns_of, visits_of
from tests.benchmarks.timing import Times, figure, memory_of, rss_max_bytes, table, timed
from tests.benchmarks.workload import SIZES, Workload

READINGS: tuple[Reading, ...] = ("priority", "best")
USAGE = Usage()
COLD_REST_S = 0.05
COLD_CALLS = 200
"""Ten seconds of idling a cell: enough that the 99th percentile is not the slowest of them."""

SET_COMPILES = 5


@dataclass(frozen=True)
class Measured:
    """One cell of the table."""

    reading: Reading
    size: int
    first: Times
    """A new till's first sales: goods nobody bought before are looked up for the first time."""
    times: Times
    """The same baskets once more, one after the other: a till that knows its goods."""
    cold: Times
    certificates: tuple[Certificate, ...]


def spread(visits: list[Visit]) -> list[Visit]:
    """The same visits in an order that mixes the year, so that any first part stands for the whole."""
    step = 101
    return [visit for start in range(step) for visit in visits[start::step]]


def price(ruleset: Ruleset, visit: Visit, *, explain: bool = False) -> Outcome:
    """One evaluation as the till does it."""
    return evaluate(ruleset, visit.basket, visit.member, USAGE, visit.moment, explain=explain)


def calls(ruleset: Ruleset, visits: list[Visit], certificates: list[Certificate]) -> Iterator[Callable[[], object]]:
    """One call per visit. The outcome is let go, as a till does; what it proved is kept."""

    def one(visit: Visit) -> None:
        certificates.append(price(ruleset, visit).certificate)

    return (partial(one, visit) for visit in visits)


def after_a_pause(ruleset: Ruleset, visits: Sequence[Visit]) -> Iterator[Callable[[], object]]:
    """A till that idled gets a register's message: the basket is read out of it, and priced; the pricing is timed."""
    for visit in visits:
        message = encode(visit.basket)
        time.sleep(COLD_REST_S)
        yield partial(price, ruleset, replace(visit, basket=decode_basket(message)))


def measure(workload: Workload, seconds_max: float) -> list[Measured]:
    """Every reading and size."""
    visits = spread(visits_of(workload))
    found: list[Measured] = []
    for reading in READINGS:
        for size in SIZES:
            ruleset = compile_ruleset(campaigns_of(workload.deals[size], reading), Tariff())
            timed(calls(ruleset, visits[:50], []), seconds_max / 10)
            certificates: list[Certificate] = []
            first = timed(calls(ruleset, visits, certificates), seconds_max)
            again = timed(calls(ruleset, visits[: len(first.us)], []), seconds_max)
            cold = timed(after_a_pause(ruleset, visits[:COLD_CALLS]), seconds_max)
            found.append(Measured(reading, size, first, again, cold, tuple(certificates)))
    return found


def report(workload: Workload, seconds_max: float) -> list[Measured]:
    """Measure and print."""
    found = measure(workload, seconds_max)
    rows = [
        (
            cell.reading,
            f"{cell.size:,}",
            f"{figure(cell.first.p50)} / {figure(cell.first.p99)}",
            f"{figure(cell.times.p50)} / {figure(cell.times.p99)}",
            figure(cell.times.per_cpu_second),
            f"{figure(cell.cold.p50)} / {figure(cell.cold.p99)}",
            f"{100 * sum(proof.optimal for proof in cell.certificates) / len(cell.certificates):.1f} %",
            f"{sum(proof.gap_minor for proof in cell.certificates) / len(cell.certificates):.2f}",
            f"{len(cell.certificates):,}",
        )
        for cell in found
    ]
    table(
        "One evaluation, reasons on demand (CPU µs per basket)",
        (
            "reading",
            "deals",
            "goods never seen p50 / p99",
            "p50 / p99",
            "baskets per CPU s",
            "cold p50 / p99",
            "proven best",
            "gap, cents",
            "baskets",
        ),
        rows,
    )
    _growth(found)
    _reasons(workload, seconds_max)
    _beside_money(workload, seconds_max)
    _sets(workload)
    return found


def _growth(found: list[Measured]) -> None:
    for reading in READINGS:
        by_size = {cell.size: cell.times for cell in found if cell.reading == reading}
        ratio = by_size[10_000].mean / by_size[100].mean
        print(f"growth from 100 to 10,000 deals, {reading}: {figure(ratio)} times the mean time")


def with_rows(ruleset: Ruleset, visit: Visit) -> Outcome:
    """One evaluation with the ledger and the sums per line, as a receipt asks for them."""
    outcome = price(ruleset, visit)
    _ = outcome.shares
    return outcome


def _reasons(workload: Workload, seconds_max: float) -> None:
    """What the rows and the reasons of every campaign cost, as receipts and screens ask for them."""
    visits = spread(visits_of(workload))
    rows = []
    for size in (100, 1_000):
        ruleset = compile_ruleset(campaigns_of(workload.deals[size], "priority"), Tariff())
        without = timed((partial(price, ruleset, visit) for visit in visits), seconds_max / 3)
        ledger = timed((partial(with_rows, ruleset, visit) for visit in visits), seconds_max / 3)
        full = timed((partial(price, ruleset, visit, explain=True) for visit in visits), seconds_max / 3)
        cells = (without.mean, ledger.mean, full.mean, full.mean / without.mean)
        rows.append((f"{size:,}", *map(figure, cells)))
    head = ("deals", "price", "with the ledger", "with all reasons", "reasons ÷ price")
    table("Ledger, and reasons for every campaign (mean CPU µs)", head, rows)


def with_points(ruleset: Ruleset, visit: Visit) -> Outcome:
    """One evaluation, and the points that a screen shows."""
    outcome = price(ruleset, visit)
    _ = outcome.points
    return outcome


def _beside_money(workload: Workload, seconds_max: float) -> None:
    """What a point for every euro, a stamp and a message for members add to a sale."""
    visits = spread(visits_of(workload))
    rows = []
    for size in (10, 1_000):
        deals = campaigns_of(workload.deals[size], "priority")
        both = [compile_ruleset(shop, Tariff()) for shop in (deals, (*deals, *beside_money()))]
        plain, more = [timed((partial(price, one, visit) for visit in visits), seconds_max / 3) for one in both]
        asked = timed((partial(with_points, both[1], visit) for visit in visits), seconds_max / 3)
        cells = [f"{figure(times.p50)} / {figure(times.p99)}" for times in (plain, more, asked)]
        rows.append((f"{size:,}", *cells))
    head = ("deals", "alone", "with points, stamps, a message", "and the points are asked for")
    table("Offers beside money, reading priority (CPU µs, p50 / p99)", head, rows)


def _sets(workload: Workload) -> None:
    """Compiling a set and what it keeps in memory."""
    rows = []
    for size in SIZES:
        campaigns = campaigns_of(workload.deals[size], "best")
        compiling = timed((partial(compile_ruleset, campaigns, Tariff()) for _ in range(SET_COMPILES)), 10)
        ruleset, kept = memory_of(partial(compile_ruleset, campaigns, Tariff()))
        _, documents = memory_of(partial(campaigns_of, workload.deals[size], "best"))
        rows.append(
            (
                f"{size:,}",
                f"{len(ruleset.offers):,}",
                figure(compiling.p50 / 1000),
                figure(kept / 1e6),
                figure(documents / 1e6),
            )
        )
    head = ("deals", "offers", "compile, ms", "index, MB", "campaign documents, MB")
    table("A set of campaigns", head, rows)
    print(f"this process has had {figure(rss_max_bytes() / 1e6)} MB")
