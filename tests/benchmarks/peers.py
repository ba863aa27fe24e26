"""Other engines on the same baskets and the same deals, as far as their model can say them, with the ratios.

A peer that cannot be had on this machine is named in one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pos_engine.core.money import Tariff
from pos_engine.core.ruleset import compile_ruleset
from tests.benchmarks.campaigns import campaigns_of, visits_of
from tests.benchmarks.evaluation import price, spread
from tests.benchmarks.timing import Times, fastest, figure, table, timed
from tests.benchmarks.workload import Deal, RealBasket, Workload

SIZES = (10, 100, 1_000)
BASKETS = 200
WARM_UP = 50
IN_A_ROW = 3
"""Each side prices each basket this often in a row, and its fastest counts: the comparison is of engines, not of what
else the machine does meanwhile."""


@dataclass(frozen=True)
class Theirs:
    """What a peer said of the first baskets of the sample: CPU µs, and cents saved."""

    us: Sequence[float]
    saved: Sequence[int]


def sample(workload: Workload) -> range:
    """The baskets that peers are asked about, spread over the year."""
    return range(0, len(workload.baskets), max(1, len(workload.baskets) // BASKETS))


def in_force(deal: Deal, basket: RealBasket) -> bool:
    """Whether a deal's date, weekday, hour and paper coupon hold: what is settled for a peer before it is asked."""
    day = basket.at.date()
    return (
        (deal.starts_on is None or deal.starts_on <= day)
        and (deal.ends_on is None or day <= deal.ends_on)
        and (not deal.weekdays or day.weekday() in deal.weekdays)
        and (deal.hours is None or deal.hours[0] <= basket.at.hour < deal.hours[1])
        and (not deal.coupon or deal.coupon in basket.coupons)
    )


def compare(
    name: str,
    workload: Workload,
    deals: dict[int, list[Deal]],
    numbers: Sequence[int],
    found: dict[int, Theirs],
    seconds_max: float,
) -> None:
    """Print a peer's cost beside ours on the very baskets it priced, and how often both come to the same total."""
    visits = visits_of(workload)
    rows = []
    for size in SIZES:
        theirs = Times(tuple(found[size].us))
        asked = [visits[number] for number in numbers[: len(theirs.us)]]
        row = [f"{len(deals[size]):,} of {size:,}", str(len(asked)), figure(theirs.p50), figure(theirs.mean)]
        for reading in ("priority", "best"):
            ruleset = compile_ruleset(campaigns_of(deals[size], reading), Tariff())
            timed((partial(price, ruleset, visit) for visit in spread(visits)[:WARM_UP]), 1)
            ours = fastest((partial(price, ruleset, visit) for visit in asked), seconds_max, IN_A_ROW)
            saved = [price(ruleset, visit).total_discount_minor for visit in asked]
            same = sum(mine == other for mine, other in zip(saved, found[size].saved, strict=True))
            row += [figure(ours.mean), figure(theirs.mean / ours.mean), f"{same} of {len(asked)}"]
        rows.append(row)
    ours_head = [f"{reading} {what}" for reading in ("priority", "best") for what in ("mean", "ratio", "same total")]
    table(f"{name}: same baskets and deals (CPU µs)", ("deals", "baskets", "p50", "mean", *ours_head), rows)
