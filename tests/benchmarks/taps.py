"""From a card at the reader to the new price on the cashier screen: the whole way, and the share of it that is ours.

The daemon runs as a process of its own with 1,000 campaigns; the sale in front has ten real lines; the screen is a
browser's event stream. The time runs from the reader's first word about the card (serial: the frame is written to the
line; PC/SC: the card's first command) until the stream has brought the picture with the member. Ours is what neither
the line nor the card took, waits for a processor included. How often a reader looks whether a card is there is the
reader's own, and not in it.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import msgspec
from typing_extensions import override

from drivers.cards.exchange import Wire
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.key_files import write_keys
from drivers.cards.keys import TILL_ROLES_DEFAULT, key_set
from firmware_sim.cards.private_pcscd import PcscUnavailableError, PrivatePcscd
from firmware_sim.cards.slot import SETTLE_S, CardSlot
from firmware_sim.readers.serial_reader import SerialReader
from pos_engine.journal.replica import Replica
from pos_engine.wire.sync import Change, ChangePage, ProductBody
from tests.benchmarks.campaigns import Visit, campaigns_of, visits_of
from tests.benchmarks.timing import Times, figure, table
from tests.benchmarks.workload import FOLDER, Workload
from tests.support import nexo
from tests.support.daemon import TAG, DaemonProcess, fill
from tests.support.programs import free_port
from tests.support.sim_wire import UID, sim_card

CAMPAIGNS = 1_000
LINES = 10
SERIAL_TAPS = 100
AWAY_S = 2.5
"""A serial tag reader never says that a tag is gone: the till takes 1.5 s of silence for that, a busy till more."""
CARD_TAPS = 120
"""The virtual reader looks for cards every 0.4 s; a card that comes and goes in between is not seen."""
FRAME_MS = 14 * 10 / 9_600 * 1000
"""An RDM6300's 14 bytes at 9,600 baud: what a real line takes and a pseudo-terminal does not."""
COMMAND_S = 0.012
"""Assumed, not measured: what a real reader and a real DESFire need for one command. 40 bytes there and back take 3.4
ms at 106 kbit/s (ISO 14443), the rest is the chip's cipher and two turns on USB."""
SCREEN_WAIT_S = 20.0
KEYS = key_set(bytes(range(16)), "Bench", 1)


class Screen(threading.Thread):
    """A browser that watches; `wait` tells when it saw the member in a sale."""

    def __init__(self, port: int) -> None:
        super().__init__(name="screen", daemon=True)
        self._url = f"http://127.0.0.1:{port}/events"
        self._changed = threading.Condition()
        self._has_member = False
        self._seen_s = 0.0
        self.closed = False

    @override
    def run(self) -> None:
        with httpx.stream("GET", self._url, timeout=SCREEN_WAIT_S, trust_env=False) as stream:
            for line in stream.iter_lines():
                if self.closed:
                    return
                if line.startswith("data:"):
                    self._take("Ada" in line, time.perf_counter())

    def wait(self, *, member: bool) -> float:
        """When (`time.perf_counter`) the screen came to show a member, or none."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_member == member, SCREEN_WAIT_S):
                raise SystemExit(f"bench: the screen did not change (member: {member})")
            return self._seen_s

    def _take(self, has_member: bool, now_s: float) -> None:
        with self._changed:
            if has_member != self._has_member:
                self._has_member, self._seen_s = has_member, now_s
                self._changed.notify_all()


def on_processor_s(pid: int) -> float:
    """How long the daemon's threads have had a processor so far."""
    clocks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(clock.read_text().split()[0]) for clock in clocks) / 1e9


@dataclass(frozen=True)
class Tap:
    """One tap, in seconds: the whole way, what line and card took of it, and what the daemon reckoned meanwhile."""

    whole_s: float
    elsewhere_s: float
    processor_s: float


class Counter:
    """The register's side: a sale in front without a member, and its end."""

    def __init__(self, daemon: DaemonProcess, screen: Screen, visit: Visit) -> None:
        self._daemon, self._screen = daemon, screen
        self.pid = daemon.pid
        self._numbers = count(1)
        self._items = [
            {
                "ItemID": number,
                "ProductCode": line.product_id,
                "Quantity": line.quantity,
                "UnitPrice": line.unit_price_minor / 100,
                "ItemAmount": line.unit_price_minor * line.quantity / 100,
            }
            for number, line in enumerate(visit.basket.lines, start=1)
        ]

    @contextmanager
    def sale(self) -> Iterator[None]:
        """A sale that waits for a card; voided at the end."""
        number = str(next(self._numbers))
        self._ask(nexo.loyalty("Rebate", f"q{number}", f"sale-{number}", self._items, accounts=[]))
        self._screen.wait(member=False)
        yield
        self._ask(nexo.reversal(f"v{number}", f"sale-{number}"))
        self._screen.wait(member=False)

    def _ask(self, message: dict[str, object]) -> None:
        answer = self._daemon.post(message).json()
        if nexo.told(answer)[0] != "Success":
            raise SystemExit(f"bench: the daemon answered {answer}")


def report(workload: Workload) -> None:
    """Measure and print."""
    visit = next(v for v in visits_of(workload) if len(v.basket.lines) == LINES)
    rows: list[tuple[str, ...]] = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="taps-") as folder:
        place = Path(folder).resolve()
        tag = SerialReader("rdm6300", place / "tag", 1)
        settings = f'[[reader]]\nname = "tag"\naddress = "serial://{place / "tag"}?protocol=rdm6300"\n'
        try:
            with _counter(workload, visit, place / "serial", settings) as (counter, screen):
                rows.append(_serial(counter, screen, tag))
        finally:
            tag.close()
        rows += _card_rows(workload, visit, place)
    table(
        f"Tap → quote on the screen, {LINES} lines, {CAMPAIGNS:,} campaigns (ms)",
        (
            "reader",
            "taps",
            "whole way p50 / p99",
            "of it line and card p50",
            "ours p50 / p99",
            "processor time of the daemon",
        ),
        rows,
    )


def _card_rows(workload: Workload, visit: Visit, place: Path) -> Iterator[tuple[str, ...]]:
    # a socket's path has 107 characters at most
    with tempfile.TemporaryDirectory(prefix="pcsc-") as folder:
        service = PrivatePcscd(Path(folder), free_port())
        try:
            service.start()
        except PcscUnavailableError as error:
            print(f"cards over PC/SC not measured: {error}")
            return
        slot = CardSlot(service.port)
        settings = '[[reader]]\nname = "card"\naddress = "pcsc://"\n[cards]\nkey_files = ["till.keys"]\n'
        try:
            with _counter(workload, visit, place / "pcsc", settings, service.environment) as (counter, screen):
                for name, delay_s in (("card time 0", 0.0), (f"{COMMAND_S * 1000:g} ms a command", COMMAND_S)):
                    slot.order(["fault", "delay", f"{delay_s:.6f}"])
                    yield _card(counter, screen, slot, f"DESFire by its key over PC/SC, {name}")
        finally:
            slot.close()
            service.stop()


@contextmanager
def _counter(
    workload: Workload, visit: Visit, folder: Path, settings: str, environment: dict[str, str] | None = None
) -> Iterator[tuple[Counter, Screen]]:
    process = DaemonProcess(folder, settings=settings, extra_environment=environment or {})
    fill(process.data, campaigns=campaigns_of(workload.deals[CAMPAIGNS], "priority"))
    _know(process.data, visit)
    write_keys(folder / "till.keys", KEYS.only(TILL_ROLES_DEFAULT))
    process.start()
    screen = Screen(process.port)
    screen.start()
    try:
        yield Counter(process, screen, visit), screen
    finally:
        screen.closed = True
        process.stop()


def _know(data: Path, visit: Visit) -> None:
    """What goods these are: most campaigns are about a category."""
    bodies = [
        ProductBody(product_id=line.product_id, name=f"Article {line.product_id}", categories=line.categories)
        for line in visit.basket.lines
    ]
    replica = Replica.open(data / "replica.db")
    try:
        changes = tuple(
            Change(
                position=100 + at,
                entity="product",
                entity_id=body.product_id,
                operation="put",
                body=msgspec.Raw(msgspec.json.encode(body)),
            )
            for at, body in enumerate(bodies)
        )
        replica.apply_changes(ChangePage(changes=changes, next_cursor=100 + len(changes), more=False))
    finally:
        replica.close()


def _serial(counter: Counter, screen: Screen, tag: SerialReader) -> tuple[str, ...]:
    taps: list[Tap] = []
    for _ in range(SERIAL_TAPS):
        with counter.sale():
            before_s, begin_s = on_processor_s(counter.pid), time.perf_counter()
            tag.tap(TAG.partition(":")[2])
            ours_s = screen.wait(member=True) - begin_s
            taps.append(Tap(ours_s + FRAME_MS / 1000, FRAME_MS / 1000, on_processor_s(counter.pid) - before_s))
        time.sleep(AWAY_S)
    return _row("RDM6300, with its line's time", taps)


def _card(counter: Counter, screen: Screen, slot: CardSlot, name: str) -> tuple[str, ...]:
    field = sim_card()
    issue_card(Wire(field.exchange), UID, KEYS, CardOrder("17", "EUR", 50_000))
    taps: list[Tap] = []
    for _ in range(CARD_TAPS):
        with counter.sale():
            before_s = on_processor_s(counter.pid)
            talk = slot.insert(field.card).talk
            seen_s = screen.wait(member=True)
            taps.append(Tap(seen_s - talk.began_s, talk.in_card_s, on_processor_s(counter.pid) - before_s))
            slot.remove()
        time.sleep(SETTLE_S)
    return _row(name, taps)


def _row(name: str, taps: list[Tap]) -> tuple[str, ...]:
    whole, elsewhere, ours, processor = (
        Times(tuple(seconds * 1000 for seconds in column))
        for column in zip(
            *((t.whole_s, t.elsewhere_s, t.whole_s - t.elsewhere_s, t.processor_s) for t in taps), strict=True
        )
    )
    told = [f"{figure(times.p50)} / {figure(times.p99)}" for times in (whole, ours, processor)]
    return (name, str(len(taps)), told[0], figure(elsewhere.p50), told[1], told[2])
