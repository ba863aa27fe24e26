"""`python -m tests.benchmarks`: measure, and print tables. Nothing fails because it was slow."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pos_engine import CORE
from tests.benchmarks import (
    around,
    builds,
    evaluation,
    large_office,
    large_till,
    limit,
    medusa,
    optimum,
    pass_through,
    python_peers,
    replay,
    taps,
    upload,
)
from tests.benchmarks.timing import machine
from tests.benchmarks.workload import load

PARTS = ("core", "optimum", "limit", "peers", "around", "taps", "till", "pass-through", "upload", "whatif", "pages")
ALONE = {"pass-through": pass_through.report, "upload": upload.report, "pages": large_office.report}
"""Parts that need no workload."""


def main() -> None:
    """Run the parts that were asked for, in their order."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure on real baskets; ratios within one run.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"out of: {', '.join(PARTS)}; all when left out")
    parser.add_argument("--seconds", type=float, default=10, help="CPU seconds for each cell of the evaluation table")
    options = parser.parse_args()
    wanted = options.parts or PARTS
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        parser.error(f"{', '.join(unknown)}: no such part; there are {', '.join(PARTS)}")
    for part, report in ALONE.items():
        if part in wanted:
            report()
    if set(wanted) <= set(ALONE):
        return
    _on_the_workload(wanted, options.seconds)


def _on_the_workload(wanted: Sequence[str], seconds: float) -> None:
    workload = load()
    print(f"machine: {machine()}\nworkload: {workload.name}\nrule core: {CORE}")
    if "core" in wanted:
        builds.report(evaluation.report(workload, seconds), seconds)
    if "optimum" in wanted:
        optimum.report(workload)
    if "limit" in wanted:
        limit.report(workload, seconds)
    if "peers" in wanted:
        medusa.report(workload, seconds)
        python_peers.report(workload, seconds)
    if "around" in wanted:
        around.report(workload)
    if "taps" in wanted:
        taps.report(workload)
    if "till" in wanted:
        large_till.report(workload)
    if "whatif" in wanted:
        replay.report(workload)


if __name__ == "__main__":
    main()
