"""Whether the figures of a campaign's result hold what they promise: simulated campaigns whose effect is known.

A cell of the grid is a size of hold-out, a share of members who come back, and a tail of their purchases. Members have
habits: who came often before comes more often, and spends more. The campaign brings a fifth more of them, who spend a
tenth more; in A/A campaigns it does nothing. The table goes into docs/measurement.md, between its two marks.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import product, repeat
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import beta, binom

from backoffice.measurement.money import Compared, Spending, caps, compare
from backoffice.measurement.rates import claims_of, newcombe, why_not_rates

SIZES = (
    (50, 450), (88, 792), (100, 900), (200, 800), (300, 300), (500, 2_000), (500, 4_500), (1_000, 1_000),
    (1_000, 4_000), (2_000, 8_000),
)  # fmt: skip
"""Held out, treated."""
RATES = (0.02, 0.1, 0.3, 0.6)
TAILS = (0.5, 1.0, 1.5, 2.0)
"""Sigma of the log-normal amounts."""
RATE_RATES = (0.01, 0.02, 0.05, 0.1, 0.3, 0.6)
RATE_CAMPAIGNS = 20_000
CAMPAIGNS = 1_200
SAME_CAMPAIGNS = 1_000
CAMPAIGNS_MAX = 3_600
"""A cell that shows an interval seldom is simulated further, so that enough of them are judged."""
JUDGED_MIN = 1_000
LOW, HIGH, CLAIMS_MAX = 0.93, 0.97, 0.05
UNLIKELY = 0.01
"""A study whose worst cell would be so bad in fewer studies than this, were all cells at the limit, fails."""
MORE_MEMBERS, MORE_SPENT = 1.2, 1.1
HABIT = 0.6
"""Correlation of a member's readiness, and of the logarithm of the amount, with the member's habit."""
CELLS_AT_ONCE = 1_500_000
DOCUMENT = Path("docs/measurement.md")
BEGIN, END = "<!-- coverage: begin -->", "<!-- coverage: end -->"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """What is simulated."""

    held_out: int
    treated: int
    rate: float
    sigma: float


@dataclass
class Tally:
    """How often an interval was shown, held the truth, and claimed something."""

    campaigns: int = 0
    shown: int = 0
    held: int = 0
    claims: int = 0

    def add(self, shown: NDArray[np.bool_], held: NDArray[np.bool_], claims: NDArray[np.bool_]) -> None:
        """Count some campaigns."""
        self.campaigns += len(shown)
        self.shown += int(shown.sum())
        self.held += int((shown & held).sum())
        self.claims += int((shown & claims).sum())

    @property
    def coverage(self) -> float | None:
        """Of the intervals that were shown; None when none was."""
        return self.held / self.shown if self.shown else None

    @property
    def is_right(self) -> bool:
        """Whether the cell holds its promise; few intervals are judged with those of other cells."""
        return self.shown < JUDGED_MIN or LOW <= self.held / self.shown <= HIGH


@dataclass
class Found:
    """The tallies of one cell: spending as it is, counted up to a cap, and both in A/A campaigns."""

    cell: Cell
    full: Tally = field(default_factory=Tally)
    capped: Tally = field(default_factory=Tally)
    full_same: Tally = field(default_factory=Tally)
    capped_same: Tally = field(default_factory=Tally)


def draw(chance: np.random.Generator, cell: Cell, campaigns: int, members: int, *, is_treated: bool) -> Spending:
    """The members of one group in so many campaigns."""
    rest = math.sqrt(1 - HABIT**2)

    def normal() -> NDArray[np.float32]:
        return chance.standard_normal((campaigns, members), dtype=np.float32)

    ready, generous = HABIT * normal(), HABIT * normal()

    def spent(rate: float, factor: float) -> Floats:
        comes = ready + rest * normal() < ndtri(rate)
        return np.where(comes, factor * np.exp(cell.sigma * (generous + rest * normal())), 0).astype(np.float64)

    more, factor = (MORE_MEMBERS, MORE_SPENT) if is_treated else (1.0, 1.0)
    return Spending(spent(cell.rate * more, factor), spent(cell.rate, 1.0))


def mean_up_to(cap: Floats | float, rate: float, factor: float, sigma: float) -> Floats:
    """The mean of min(amount, cap), known in closed form."""
    mu, logs = math.log(factor), np.log(cap)
    below = np.exp(mu + sigma**2 / 2) * ndtr((logs - mu - sigma**2) / sigma)
    above = np.where(np.isfinite(cap), cap, 0) * ndtr((mu - logs) / sigma)
    mean: Floats = rate * (below + above)
    return mean


def truth(cell: Cell, cap: Floats | float, *, is_treated: bool) -> Floats:
    """The effect on the mean."""
    if not is_treated:
        return np.zeros(np.shape(cap))
    treated = mean_up_to(cap, cell.rate * MORE_MEMBERS, MORE_SPENT, cell.sigma)
    return treated - mean_up_to(cap, cell.rate, 1.0, cell.sigma)


def play(chance: np.random.Generator, found: Found, campaigns: int, *, is_treated: bool) -> None:
    """Simulate some more campaigns of a cell, some at a time."""
    cell = found.cell
    at_once = max(1, min(campaigns, CELLS_AT_ONCE // (cell.held_out + cell.treated)))
    for start in range(0, campaigns, at_once):
        rows = min(at_once, campaigns - start)
        treated = draw(chance, cell, rows, cell.treated, is_treated=is_treated)
        held_out = draw(chance, cell, rows, cell.held_out, is_treated=False)
        full, capped = (found.full, found.capped) if is_treated else (found.full_same, found.capped_same)
        _judge(full, compare(treated, held_out), truth(cell, np.full(rows, np.inf), is_treated=is_treated))
        limits = caps(treated, held_out)
        real = truth(cell, np.where(np.isfinite(limits), limits, 1.0), is_treated=is_treated)
        _judge(capped, compare(treated, held_out, limits), real)


def _judge(tally: Tally, seen: Compared, real: Floats) -> None:
    tally.add(seen.shown, (seen.low <= real) & (real <= seen.high), seen.claims)


def study_cell(
    cell: Cell, seed: int, campaigns: int = CAMPAIGNS, same: int = SAME_CAMPAIGNS, most: int = CAMPAIGNS_MAX
) -> Found:
    """One cell: campaigns with the effect, and A/A campaigns; further ones while an interval is shown too seldom."""
    chance = np.random.default_rng([seed, cell.held_out, cell.treated, int(cell.rate * 1e3), int(cell.sigma * 10)])
    found = Found(cell)
    play(chance, found, campaigns, is_treated=True)
    play(chance, found, same, is_treated=False)
    while found.full.campaigns < most and any(0 < each.shown < JUDGED_MIN for each in (found.full, found.capped)):
        play(chance, found, campaigns, is_treated=True)
    return found


def study_rates(held_out: int, treated: int, rate: float, seed: int, campaigns: int) -> tuple[Tally, Tally]:
    """The difference of shares: with the effect, and A/A."""
    chance = np.random.default_rng([seed, held_out, treated, int(rate * 1e3)])
    tallies = Tally(), Tally()
    for tally, more in zip(tallies, (MORE_MEMBERS, 1.0), strict=True):
        one = chance.binomial(treated, rate * more, campaigns)
        other = chance.binomial(held_out, rate, campaigns)
        shown = np.array(
            [why_not_rates(treated, int(a), held_out, int(b)) is None for a, b in zip(one, other, strict=True)]
        )
        low, high = newcombe(treated, one, held_out, other)
        real = rate * more - rate
        tally.add(shown, (low <= real) & (real <= high), claims_of(treated, one, held_out, other, low, high))
    return tallies


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.1f}"


def _said(tally: Tally) -> str:
    if not tally.shown:
        return "cannot tell"
    mark = "" if tally.shown >= JUDGED_MIN else f" ({tally.shown})"
    share = tally.shown / tally.campaigns
    return f"{_percent(tally.coverage)}{mark}" + ("" if share > 0.995 else f", shown in {share * 100:.0f} %")


def rate_rows(seed: int) -> Iterator[tuple[str, Sequence[Tally], Sequence[Tally]]]:
    """A line of the first table, and its tallies: with the effect, and A/A."""
    for held_out, treated in SIZES:
        pairs = [study_rates(held_out, treated, rate, seed, RATE_CAMPAIGNS) for rate in RATE_RATES]
        cells = " | ".join(_said(pair[0]) for pair in pairs)
        yield f"| {held_out:,} / {treated:,} | {cells} |", [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def money_rows(seed: int, sizes: Sequence[tuple[int, int]] = SIZES) -> Iterator[tuple[str, list[Found]]]:
    """A line of the second table, and its tallies; a process for each core."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the cores are shared out by cells, not by matrices
    groups = list(product(sizes, RATES))
    cells = [Cell(held_out, treated, rate, sigma) for (held_out, treated), rate in groups for sigma in TAILS]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        results = pool.map(study_cell, cells, repeat(seed))
        for (held_out, treated), rate in groups:
            found = [next(results) for _sigma in TAILS]
            said = [f"{_said(each.full)} · {_said(each.capped)}" for each in found]
            yield f"| {held_out:,} / {treated:,} | {rate * 100:.0f} % | {' | '.join(said)} |", found


def interval_of(part: int, whole: int) -> tuple[float, float]:
    """The 95 % interval of a share that was seen so often in so many runs (Clopper and Pearson)."""
    low = float(beta.ppf(0.025, part, whole - part + 1)) if part else 0.0
    high = float(beta.ppf(0.975, part + 1, whole - part)) if part < whole else 1.0
    return low, high


def luck_of_worst(same: Sequence[Tally]) -> float:
    """How likely the worst A/A cell is at least so bad by chance, if every cell claimed at the limit."""
    apart = [float(binom.sf(each.claims - 1, each.campaigns, CLAIMS_MAX)) for each in same if each.shown]
    return 1 - (1 - min(apart)) ** len(apart) if apart else 1.0


def verdict(name: str, tallies: Sequence[Tally], same: Sequence[Tally]) -> tuple[str, bool]:
    """One sentence about all cells of a kind, and whether all of them hold their promise."""
    judged = [each for each in tallies if each.shown >= JUDGED_MIN]
    seldom = Tally()
    for each in tallies:
        if each.shown < JUDGED_MIN:
            seldom.shown += each.shown
            seldom.held += each.held
    covers = [each.held / each.shown for each in judged]
    claims, shown = sum(each.claims for each in same), sum(each.campaigns for each in same)
    worst = max(same, key=lambda each: each.claims / each.campaigns)
    reach, luck = interval_of(worst.claims, worst.campaigns), luck_of_worst(same)
    held = all(each.is_right for each in judged) and seldom.is_right
    is_right = held and claims <= CLAIMS_MAX * shown and luck >= UNLIKELY
    text = (
        f"{name}: {len(judged)} cells of {len(tallies)} show an interval (at least {JUDGED_MIN:,} of them judged); it "
        f"covers in {_percent(min(covers))} to {_percent(max(covers))} %; the {seldom.shown:,} intervals of cells that "
        f"show one seldom cover in {_percent(seldom.coverage)} %. A/A: an effect is claimed in "
        f"{_percent(claims / shown)} % of {shown:,} campaigns, in the worst cell in "
        f"{_percent(worst.claims / worst.campaigns)} % of {worst.campaigns:,} (95 % interval {_percent(reach[0])} to "
        f"{_percent(reach[1])} %): if every cell claimed in 5 %, the worst would be so bad in {_percent(luck)} % of "
        "such studies."
    )
    return text, is_right


def report(seed: int = 20_260_101) -> bool:
    """Run the whole grid, print it, and write it into the document. False: a cell breaks its promise."""
    lines = [
        "Shares who came back, interval covers in % (20,000 campaigns a cell); hold-out / treated, then by share:",
        "",
    ]
    lines += [
        "| | " + " | ".join(f"{rate * 100:.0f} %" for rate in RATE_RATES) + " |",
        "|---" * (len(RATE_RATES) + 1) + "|",
    ]
    shares: tuple[list[Tally], list[Tally]] = [], []
    for line, real, same in rate_rows(seed):
        print(line, flush=True)
        lines.append(line)
        shares[0].extend(real)
        shares[1].extend(same)
    lines += [
        "",
        "Spending per member, interval covers in %: as it is · counted up to the cap; by log-normal sigma:",
        "",
    ]
    lines += ["| | came back | " + " | ".join(str(sigma) for sigma in TAILS) + " |", "|---" * (len(TAILS) + 2) + "|"]
    cells: list[Found] = []
    for line, found in money_rows(seed):
        print(line, flush=True)
        lines.append(line)
        cells += found
    verdicts = [
        verdict("Shares", *shares),
        verdict("Spending", [each.full for each in cells], [each.full_same for each in cells]),
        verdict("Spending up to the cap", [each.capped for each in cells], [each.capped_same for each in cells]),
    ]
    lines = [*(f"- {text}" for text, _right in verdicts), "", *lines]
    print("\n".join(text for text, _right in verdicts))
    write_table(DOCUMENT, lines)
    return all(right for _text, right in verdicts)


def write_table(document: Path, lines: Sequence[str], begin: str = BEGIN, end: str = END) -> None:
    """Put the table between two marks of a document."""
    head, _begin, rest = document.read_text(encoding="utf-8").partition(begin)
    _old, _end, tail = rest.partition(end)
    document.write_text("\n".join((head + begin, *lines, end + tail)), encoding="utf-8")


def main() -> None:
    """`make coverage-study`: fails when an interval does not hold what it promises."""
    parser = argparse.ArgumentParser(prog="make coverage-study", description=__doc__)
    parser.add_argument("--seed", type=int, default=20_260_101)
    raise SystemExit(not report(parser.parse_args().seed))


if __name__ == "__main__":
    main()
