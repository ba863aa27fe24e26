"""What stands around the core: documents, the journal on this disk, and the daemon over loopback HTTP."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import structlog

from pos_engine.core.money import Tariff
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.journal.journal import Journal
from pos_engine.wire.documents import decode_basket, decode_outcome, encode
from tests.benchmarks import registers
from tests.benchmarks.campaigns import Visit, campaigns_of, visits_of
from tests.benchmarks.evaluation import price
from tests.benchmarks.timing import Times, figure, table, timed, waited
from tests.benchmarks.workload import FOLDER, Workload
from tests.support.till import HandClock, OrderedIds, a_draft, an_identity

CALLS = 300
CAMPAIGNS = 1_000
LINES = 10


def report(workload: Workload) -> None:
    """Measure and print; waits are wall time, the codecs CPU time."""
    visit = next(v for v in visits_of(workload) if len(v.basket.lines) == LINES)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    rows: list[tuple[str, ...]] = [*_documents(workload, visit)]
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="around-") as folder:
        # Inside the checkout: a temporary folder may lie in memory, where syncing costs nothing.
        place = Path(folder).resolve()
        sync = waited(_raw_syncs(place / "raw"))
        rows.append(_row("write 1 KB + fdatasync, this disk", sync))
        commit = waited(_commits(place))
        rows.append(
            (*_row("journal: append a receipt, FULL", commit), f"{figure(commit.p50 / sync.p50)} of an fdatasync")
        )
        registers.report(workload, visit, place / "till")
    table("Around the core (µs)", ("what", "p50", "p99", "ratio"), [(*row, "")[:4] for row in rows])


def _row(name: str, times: Times) -> tuple[str, str, str]:
    return (name, figure(times.p50), figure(times.p99))


def _documents(workload: Workload, visit: Visit) -> Iterator[tuple[str, str, str]]:
    basket = encode(visit.basket)
    ruleset = compile_ruleset(campaigns_of(workload.deals[CAMPAIGNS], "best"), Tariff())
    outcome = price(ruleset, visit)
    body = encode(outcome)
    for name, call in (
        (f"decode and check a basket of {LINES} lines", partial(decode_basket, basket)),
        (f"encode a basket of {LINES} lines", partial(encode, visit.basket)),
        ("encode its outcome", partial(encode, outcome)),
        ("decode its outcome", partial(decode_outcome, body)),
    ):
        yield _row(name, timed((call for _ in range(CALLS)), 5))


def _raw_syncs(path: Path) -> Iterator[Callable[[], object]]:
    """The least that one durable receipt costs."""
    with path.open("wb") as stream:

        def one() -> None:
            stream.write(b"x" * 1024)
            stream.flush()
            os.fdatasync(stream.fileno())

        yield from (one for _ in range(CALLS))


def _commits(folder: Path) -> Iterator[Callable[[], object]]:
    clock = HandClock()
    journal = Journal.open(folder / "journal.db", clock, OrderedIds(), reserve_bytes=4096)
    journal.save_identity(an_identity())
    journal.start_epoch(1)
    try:
        for number in range(CALLS):
            yield partial(journal.append_receipt, a_draft(f"sale-{number}"))
    finally:
        journal.close()
