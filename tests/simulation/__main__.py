"""`python -m tests.simulation`: many seeds on all cores, or one seed with its trace.

python -m tests.simulation --seeds 500             seeds 0 to 499
python -m tests.simulation --seed 17               one seed, every event of it printed
python -m tests.simulation --seeds 40 --planted outbox_cleared_on_400     stops at the first seed that finds it
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from typing import TYPE_CHECKING

import structlog

from tests.support.quick_apps import quicken_apps

if TYPE_CHECKING:
    from tests.simulation.run import Result

HASH_SEED = "0"
"""Python's hashes of text decide the order of sets: a seed replays only where they are the same."""


def main() -> int:
    """Play, print what happened, and say by the exit code whether all promises were kept and every fault occurred."""
    arguments = _arguments()
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:
        again = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": HASH_SEED})  # noqa: S606 - this very program
    _be_quiet()
    planted: list[str] = arguments.planted or [""]
    if arguments.seed is not None:
        return max([_one(seed, fault) for seed in arguments.seed for fault in planted])
    return max([_many(arguments.first, arguments.seeds, arguments.jobs, fault) for fault in planted])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, action="append", help="play this one (or these) and print its trace")
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds (100)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one per core)")
    parser.add_argument(
        "--planted",
        action="append",
        help="put this fault in (or these, one after the other), and stop at the seed that finds it",
    )
    return parser.parse_args()


def _be_quiet() -> None:
    """The product's own log would drown the trace; and a back-office that starts anew is the same program again."""
    quicken_apps()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)


def _one(seed: int, planted: str) -> int:
    from tests.simulation.planted import PLANTED  # noqa: PLC0415 - after the hashes are settled
    from tests.simulation.run import play  # noqa: PLC0415

    with PLANTED[planted]() if planted else nullcontext():
        result = play(seed, print)
    print(f"seed {seed}: {result.events} events, {result.receipts} receipts, {result.broken or 'all promises kept'}")
    return 1 if result.broken else 0


def _prepare() -> None:
    """Make the world once, before processes are forked, and keep the collector away from it."""
    from tests.simulation.world import template  # noqa: PLC0415

    template()
    gc.disable()
    _tidy_up()


def _tidy_up() -> None:
    """Collect what a seed leaves behind, once, and look at nothing twice: what stays is the program itself."""
    gc.collect()
    gc.freeze()


def _play(seed: int, planted: str) -> Result:
    from tests.simulation.planted import PLANTED  # noqa: PLC0415
    from tests.simulation.run import play  # noqa: PLC0415

    with PLANTED[planted]() if planted else nullcontext():
        result = play(seed)
    _tidy_up()
    return result


def _results(first: int, seeds: int, jobs: int, planted: str) -> Iterator[Result]:
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        waiting = [pool.submit(_play, seed, planted) for seed in range(first, first + seeds)]
        try:
            for done in waiting:
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _many(first: int, seeds: int, jobs: int, planted: str) -> int:
    from tests.simulation.run import EVERY_FAULT  # noqa: PLC0415

    _prepare()
    if planted:
        print(f"planted: {planted}")
    began = time.monotonic()
    happened: Counter[str] = Counter()
    events: list[int] = []
    receipts = 0
    broken: list[Result] = []
    for result in _results(first, seeds, jobs, planted):
        happened += result.happened
        events.append(result.events)
        receipts += result.receipts
        if result.broken:
            broken.append(result)
            print(f"seed {result.seed}: {result.broken}", flush=True)
            if planted:
                break
    took_s = time.monotonic() - began
    print(f"seeds {first} to {first + len(events) - 1}: {took_s:.0f} s on {jobs} processes")
    print(f"events per seed: {min(events)} to {max(events)}, {sum(events)} in all; {receipts} receipts acknowledged")
    for fault in EVERY_FAULT:
        print(f"  {fault:30} {happened[fault]:6}")
    never = [fault for fault in EVERY_FAULT if not happened[fault]]
    if never:
        print(f"never happened, hence nothing is proved about: {', '.join(never)}")
    for result in broken:
        print(f"replay with: python -m tests.simulation --seed {result.seed}")
    print(f"{len(events) - len(broken)} passed, {len(broken)} failed")
    return 1 if broken or never else 0


if __name__ == "__main__":
    raise SystemExit(main())
