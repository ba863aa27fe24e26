"""How well needs are predicted in a simulated region, and how long 100,000 vehicles take.

`python -m tests.benchmarks.foresight` prints the tables and writes them into docs/prediction.md, between their marks.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from backoffice.prediction.backtest import CAPACITY, ORIGINS, Coverage, Quality, back_test, coverage
from backoffice.prediction.coming import chances, learn
from backoffice.prediction.needs import needs_of
from backoffice.prediction.plan import USUAL_PLAN
from tests.support.region import END, YEARS, region

SEED = 20_260_630
VEHICLES, MANY = 20_000, 100_000
WINDOW_YEARS = 3
"""How long before the end the windows were made whose holding is counted."""
DOCUMENT = Path("docs/prediction.md")
MARKS = "<!-- study: begin -->", "<!-- study: end -->"


def percent(share: float) -> str:
    """A share as the table shows it."""
    return "-" if share != share else f"{100 * share:.1f} %"  # noqa: PLR0124 - not a number


def quality_table(rows: list[Quality]) -> list[str]:
    """One horizon."""
    ahead = rows[0].ahead_days
    columns = (
        "family",
        "done within the horizon",
        "precision@k",
        "last visit + 12 months",
        "random",
        "lift over the former",
        "lift over random",
        "Brier",
        "expected ÷ real",
    )
    lines = [f"### {ahead} days", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    lines += [
        f"| {row.family.value} | {row.events} | {percent(row.precision)} | {percent(row.precision_baseline)} "
        f"| {percent(row.precision_random)} | {row.lift_over_baseline:.1f} | {row.lift_over_random:.1f} "
        f"| {row.brier:.4f} | {row.expected / row.events:.2f} |"
        for row in rows
    ]
    lines += ["", "Tenths by the chance that was said: said → real, in %.", "", "| family |" + " |" * 10]
    lines.append("|---|" + "---|" * 10)
    for row in rows:
        cells = " | ".join(f"{100 * tenth.expected:.1f} → {100 * tenth.real:.1f}" for tenth in row.tenths)
        lines.append(f"| {row.family.value} | {cells} |")
    return [*lines, ""]


def coverage_table(rows: list[Coverage]) -> list[str]:
    """The windows of four in five."""
    lines = ["### Windows of four in five", ""]
    lines += ["| family | windows that are over | held | days between due day and real (median) |", "|---|---|---|---|"]
    lines += [f"| {row.family.value} | {row.windows} | {percent(row.share)} | {row.days_off:.0f} |" for row in rows]
    return [*lines, ""]


def seconds_of_many() -> float:
    """From the readings of 100,000 vehicles to their chances, all that a night works out."""
    fleet, _truth = region(SEED + 1, MANY)
    began = time.perf_counter()
    chances(fleet, needs_of(fleet, END, USUAL_PLAN), learn(fleet, END, 90, USUAL_PLAN), 90)
    return time.perf_counter() - began


def study(vehicles: int) -> list[str]:
    """All tables for a region of so many vehicles."""
    known, truth = region(SEED, vehicles)
    k = round(CAPACITY * vehicles)
    of_what = f"Simulated: {vehicles:,} vehicles, {YEARS} years, seed {SEED}. k = {k} of them for each family"
    lines = [f"{of_what}; {ORIGINS} days in the past, each with what was known on it.", ""]
    for ahead_days in (60, 90):
        lines += quality_table(back_test(known, END, ahead_days, USUAL_PLAN))
    return lines + coverage_table(coverage(known, truth, END - round(365.25 * WINDOW_YEARS), END, USUAL_PLAN))


def main() -> None:
    """Make the tables, and put them into the document."""
    lines = [*study(VEHICLES), f"{MANY:,} vehicles, all seven families: {seconds_of_many():.0f} s."]
    text = DOCUMENT.read_text(encoding="utf-8")
    begin, end = (text.index(mark) for mark in MARKS)
    made = "\n".join(lines)
    DOCUMENT.write_text(f"{text[: begin + len(MARKS[0])]}\n{made}\n{text[end:]}", encoding="utf-8")
    sys.stdout.write(made + "\n")


if __name__ == "__main__":
    main()
