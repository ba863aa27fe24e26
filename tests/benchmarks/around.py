"""What stands around the core: documents, the journal on this disk, and the daemon over loopback HTTP."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import structlog

from pos_engine.core.money import Tariff
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.journal.journal import Journal
from pos_engine.wire.documents import decode_basket, decode_outcome, encode
from tests.benchmarks.campaigns import Visit, campaigns_of, visits_of
from tests.benchmarks.evaluation import price
from tests.benchmarks.timing import Times, figure, table, timed, waited
from tests.benchmarks.workload import FOLDER, Workload
from tests.support import nexo
from tests.support.daemon import DaemonProcess, fill
from tests.support.till import HandClock, OrderedIds, a_draft, an_identity

CALLS = 300
WARM_UP = 20
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
        for name, times in _daemon(workload, visit, place / "till"):
            rest = times.p50 - sync.p50
            rows.append((*_row(name, times), f"{figure(rest / 1000)} ms beyond one fdatasync"))
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


def _daemon(workload: Workload, visit: Visit, folder: Path) -> Iterator[tuple[str, Times]]:
    """The real program with 1,000 campaigns, asked as a register asks."""
    campaigns = campaigns_of(workload.deals[CAMPAIGNS], "priority")
    process = DaemonProcess(folder)
    fill(process.data, campaigns=campaigns)
    process.start()
    numbers = count(1)
    items = [
        {
            "ItemID": number,
            "ProductCode": line.product_id,
            "Quantity": line.quantity,
            "UnitPrice": line.unit_price_minor / 100,
            "ItemAmount": line.unit_price_minor * line.quantity / 100,
        }
        for number, line in enumerate(visit.basket.lines, start=1)
    ]
    value_minor = sum(line.unit_price_minor * line.quantity for line in visit.basket.lines)
    try:

        def sale(kind: str, sale_ref: str, total: float | None = None) -> dict[str, Any]:
            answer: dict[str, Any] = process.post(nexo.loyalty(kind, str(next(numbers)), sale_ref, items, total)).json()
            if nexo.response_of(answer)["Response"]["Result"] != "Success":
                raise SystemExit(f"bench: the daemon answered {answer}")
            return answer

        quote = sale("Rebate", "warm")
        for number in range(WARM_UP):
            sale("Rebate", f"warm-{number}")
        due = round(value_minor - 100 * nexo.total_rebate(quote)) / 100
        quotes: list[float] = []
        commits: list[float] = []
        for number in range(CALLS):
            quotes += waited([partial(sale, "Rebate", f"sale-{number}")]).us
            commits += waited([partial(sale, "Award", f"sale-{number}", due)]).us
        yield f"register request → quote, HTTP, {LINES} lines, {CAMPAIGNS:,} campaigns", Times(tuple(quotes))
        yield "register request → durable receipt, the same", Times(tuple(commits))
    finally:
        process.stop()
