"""Every page of a large office, asked five times; and how many steps the database took for it."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask.testing import FlaskClient
from sqlalchemy import event

from tests.benchmarks.large_office.office import WHOLE, Size, card_id_of, fill, member_id_of, person_of
from tests.benchmarks.timing import figure, machine, table
from tests.benchmarks.workload import FOLDER
from tests.support.every_route import address, methods, real_things, rules
from tests.support.office import OfficeBench, SellingTill

ASKED: Final = 5
GOAL_MS: Final = 200
STEPS_AT_ONCE: Final = 1_000
"""SQLite is asked after so many steps of its machine: often enough to count, too seldom to matter."""


@dataclass(frozen=True)
class Took:
    """One page: the middle of five answers in milliseconds, what the fifth cost the processor, the database's steps."""

    path: str
    wall_ms: float
    cpu_ms: float
    steps: int


class Steps:
    """Counts what SQLite's machine does, on every connection that is opened from now on."""

    def __init__(self, bench: OfficeBench) -> None:
        self.count = 0
        engine = bench.office.database.engine
        if engine.dialect.name == "sqlite":
            engine.dispose()
            event.listen(engine, "connect", self._watch)

    def _watch(self, connection: Any, _record: object) -> None:
        connection.set_progress_handler(self._step, STEPS_AT_ONCE)

    def _step(self) -> int:
        self.count += STEPS_AT_ONCE
        return 0


@contextmanager
def large_office(folder: Path, size: Size) -> Iterator[tuple[OfficeBench, dict[str, str]]]:
    """A bakery that has grown, with a till that sold something real today, and something behind each address."""
    bench = OfficeBench(folder / "office")
    till = SellingTill(folder / "till", bench)
    till.sell(("5001", 980, 1), card_id="iso14443a:04BA5E00000002")
    till.sync_until_quiet()
    till.close()
    values = real_things(bench)
    fill(bench, size)
    yield bench, {**values, "member_id": member_id_of(size.members // 2)}
    bench.close()


def paths_of(bench: OfficeBench, values: dict[str, str], size: Size) -> list[str]:
    """Every page that the route table knows, and the questions that people ask of lists."""
    client = bench.client("owner")
    pages = [address(rule, values) for rule in rules(bench) if "GET" in methods(rule)]
    shown = [
        path
        for path in pages
        if not path.endswith((".csv", ".json", ".zip", ".pdf", ".xlsx")) and _is_page(client, path)
    ]
    person, campaign = person_of(size.members // 3), values["campaign_id"]
    return [
        *shown,
        f"/members?q={person.last_name}",
        f"/members?q={person.first_name}+{person.last_name}",
        f"/members?q={person.email}",
        f"/members?q=L{size.members // 3:07d}",
        f"/members?q={card_id_of(size.members // 3).partition(':')[2]}",
        f"/members?after={member_id_of(size.members // 2)}",
        "/members?q=Nobodyatall",
        f"/receipts?campaign={campaign}",
        f"/receipts?member={member_id_of(5)}",
        "/receipts?first=2025-03-01&last=2025-03-02",
        "/day-end?first=2025-11-24&last=2026-11-23",
        "/segments/new?preset=away",
        "/segments/new?preset=lost",
        "/segments/new?preset=regulars",
        "/segments/new?preset=one_not_other",
        "/campaigns/new?preset=weekday_percent",
    ]


def _is_page(client: FlaskClient, path: str) -> bool:
    answer = client.get(path)
    return answer.status_code == 200 and answer.mimetype == "text/html"


def measured(bench: OfficeBench, paths: list[str], steps: Steps, asked: int = ASKED) -> list[Took]:
    """Ask every page so many times; SystemExit names one that does not answer."""
    client = bench.client("owner")
    found = []
    for path in paths:
        walls: list[float] = []
        cpu = 0.0
        for _ in range(asked):
            gc.collect()
            steps.count, started, busy = 0, time.perf_counter(), time.process_time()
            answer = client.get(path)
            walls.append(1000 * (time.perf_counter() - started))
            cpu = 1000 * (time.process_time() - busy)
            if answer.status_code != 200:
                raise SystemExit(f"bench: {path} answers {answer.status_code}")
        found.append(Took(path, sorted(walls)[asked // 2], cpu, steps.count))
    return found


def report() -> None:
    """Build the whole office, or a part of it (LARGE_OFFICE_PART=10: a tenth), and print a table."""
    part = int(os.environ.get("LARGE_OFFICE_PART", "1"))
    size = Size(WHOLE.members // part, WHOLE.receipts // part)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.resolve(), prefix="office-") as folder:
        started = time.perf_counter()
        with large_office(Path(folder), size) as (bench, values):
            built = time.perf_counter() - started
            steps = Steps(bench)
            found = measured(bench, paths_of(bench, values, size), steps)
            name = bench.office.database.engine.dialect.name
    print(f"machine: {machine()}\n{name}: filled in {built:.0f} s")
    slow = [each for each in found if each.wall_ms > GOAL_MS]
    rows = [
        (each.path, figure(each.wall_ms), figure(each.cpu_ms), f"{each.steps:,}")
        for each in sorted(found, key=lambda took: -took.wall_ms)
    ]
    title = f"{len(found)} pages, {size.members:,} members, {size.receipts:,} receipts; {len(slow)} above {GOAL_MS} ms"
    table(title, ("page", "p50 ms", "CPU ms", "steps of SQLite"), rows)
