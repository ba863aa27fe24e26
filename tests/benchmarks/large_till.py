"""A till with 1,000 campaigns and 1,000,000 members: how long it starts, what it holds, how fast it knows a card.

The members come in by the change feed's own way, page by page, and stay on disk; the till is the real program.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from pos_engine.journal.replica import Replica
from pos_engine.wire.sync import CardBody, Change, ChangePage, MemberBody
from tests.benchmarks.campaigns import campaigns_of
from tests.benchmarks.timing import figure, table, waited
from tests.benchmarks.workload import FOLDER, Workload
from tests.support.daemon import DaemonProcess, fill
from tests.support.programs import cpu_seconds_of, memory_peak_mb_of

CAMPAIGNS = 1_000
MEMBERS = 1_000_000
PAGE_MEMBERS = 5_000
LOOKUPS = 5_000
STARTS = 3
SEED = 20_260_101


def report(workload: Workload) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(dir=FOLDER.resolve(), prefix="till-") as folder:
        process = DaemonProcess(Path(folder))
        fill(process.data, campaigns=campaigns_of(workload.deals[CAMPAIGNS], "priority"))
        replica = Replica.open(process.data / "replica.db")
        for page in _pages(replica.cursor()):
            replica.apply_changes(page)
        replica.close()
        starts = sorted(_start(process) for _ in range(STARTS))
        seconds, used, _megabytes = starts[STARTS // 2]
        lookups = waited(_lookups(process.data / "replica.db"))
    rows = [
        ("start until it answers, s", figure(seconds), "3"),
        ("CPU time of that, s", figure(used), ""),
        ("most memory, MB", figure(max(megabytes for _, _, megabytes in starts)), "300"),
        ("card → member, p50 µs", figure(lookups.p50), ""),
        ("card → member, p99 µs", figure(lookups.p99), "1,000"),
    ]
    table(f"A till with {CAMPAIGNS:,} campaigns and {MEMBERS:,} members", ("what", "measured", "goal"), rows)


def _start(process: DaemonProcess) -> tuple[float, float, float]:
    """Seconds until it answers, CPU seconds of that, and the most memory it held."""
    started = time.perf_counter()
    process.start()
    try:
        seconds = time.perf_counter() - started
        return seconds, cpu_seconds_of(process.pid), memory_peak_mb_of(process.pid)
    finally:
        process.stop()


def _lookups(path: Path) -> Iterator[Callable[[], object]]:
    """Cards drawn over all members, as they come to a counter: no two near each other."""
    chance = random.Random(SEED)
    replica = Replica.open(path)

    def known(card_id: str) -> None:
        card = replica.card(card_id)
        if card is None or replica.member(card.member_id) is None:
            raise SystemExit(f"bench: nobody has the card {card_id}")

    try:
        yield from (partial(known, _card_id(chance.randrange(MEMBERS))) for _ in range(LOOKUPS))
    finally:
        replica.close()


def _card_id(number: int) -> str:
    return f"iso14443a:{number * 2_654_435_761 % 2**56:014X}"


def _pages(cursor: int) -> Iterator[ChangePage]:
    for start in range(0, MEMBERS, PAGE_MEMBERS):
        changes: list[Change] = []
        for number in range(start, start + PAGE_MEMBERS):
            member_id = f"019abcde-{number:08x}"
            member = MemberBody(
                member_id=member_id, display_name=f"Member {number}", groups=("regular",), tier="silver"
            )
            card = CardBody(card_id=_card_id(number), member_id=member_id)
            changes += [
                _put(cursor + 2 * number + 1, "member", member_id, member),
                _put(cursor + 2 * number + 2, "card", card.card_id, card),
            ]
        yield ChangePage(changes=tuple(changes), next_cursor=changes[-1].position, more=True)


def _put(position: int, entity: str, entity_id: str, body: msgspec.Struct) -> Change:
    return Change(
        position=position,
        entity=entity,
        entity_id=entity_id,
        operation="put",
        body=msgspec.Raw(msgspec.json.encode(body)),
    )
