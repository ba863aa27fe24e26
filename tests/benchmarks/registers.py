"""The real daemon, asked as a register asks: quotes and durable receipts, over loopback HTTP and over a Unix socket.

Before each sale the same disk writes and syncs one kilobyte, so that the disk's own time is known in the same run. The
daemon's processor time stands beside the waits: it says what the till costs where the machine has other work.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.benchmarks.campaigns import Visit, campaigns_of
from tests.benchmarks.register_client import RegisterClient, checked, request_of
from tests.benchmarks.timing import Times, figure, table, waited
from tests.benchmarks.workload import Workload
from tests.support import nexo
from tests.support.daemon import DaemonProcess, fill

CAMPAIGNS = 1_000
SALES = 300
WARM_UP = 30
OPEN_SALES = 100
"""Sales whose processor time is counted: fewer than a till keeps open at once."""

SYNC_BYTES = 1_024
SOCKET = "register.sock"


@dataclass
class Measured:
    """What one way to the till took, in µs, and the daemon's processor time for it."""

    syncs: list[float] = field(default_factory=list)
    quotes: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    cpu_us: dict[str, float] = field(default_factory=dict)


def report(workload: Workload, visit: Visit, folder: Path) -> None:
    """Measure both ways and print them with the goals' own reckoning."""
    process = DaemonProcess(folder, register_settings=f'unix_socket = "{SOCKET}"\n')
    fill(process.data, campaigns=campaigns_of(workload.deals[CAMPAIGNS], "priority"))
    process.start()
    rows: list[tuple[str, ...]] = []
    try:
        ways = {"HTTP": RegisterClient.on_port(process.port), "socket": RegisterClient.on_socket(folder / SOCKET)}
        for name, client in ways.items():
            rows += _rows(name, _measure(process, client, visit, name, folder))
            client.close()
    finally:
        process.stop()
    lines = len(visit.basket.lines)
    head = ("register request → answer", "p50", "p99", "p50 beyond one fdatasync", "p99 beyond two", "daemon's CPU")
    table(f"A register's question, {lines} lines, {CAMPAIGNS:,} campaigns, journal included (ms)", head, rows)


def _rows(name: str, measured: Measured) -> Iterator[tuple[str, ...]]:
    sync = Times(tuple(measured.syncs))
    yield (f"{name}: the disk's write + fdatasync in between", _ms(sync.p50), _ms(sync.p99), "", "", "")
    for what, us in (("quote", measured.quotes), ("durable receipt", measured.commits)):
        times = Times(tuple(us))
        beyond = _ms(times.p50 - sync.p50), _ms(times.p99 - 2 * sync.p99)
        yield (f"{name}: {what}", _ms(times.p50), _ms(times.p99), *beyond, _ms(measured.cpu_us[what]))


def _ms(us: float) -> str:
    return figure(us / 1000) if us > 0 else "0"


class _Register:
    """Rings up the same basket again and again, each time as a sale of its own."""

    def __init__(self, client: RegisterClient, visit: Visit, name: str) -> None:
        self._client = client
        self._name = name
        self._service_ids = count(1)
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
        value_minor = sum(line.unit_price_minor * line.quantity for line in visit.basket.lines)
        quote = checked(client.ask(self._request("Rebate", 0)))
        self._due = round(value_minor - 100 * nexo.total_rebate(quote)) / 100

    def _request(self, kind: str, sale: int, total: float | None = None) -> bytes:
        message = nexo.loyalty(kind, str(next(self._service_ids)), f"{self._name}-{sale}", self._items, total)
        message["SaleToPOIRequest"]["MessageHeader"]["SaleID"] = self._name
        return request_of(message)

    def quote(self, sale: int) -> float:
        """µs from the question to the answer."""
        return self._asked(self._request("Rebate", sale))

    def commit(self, sale: int) -> float:
        """µs from the question to the durable answer."""
        return self._asked(self._request("Award", sale, self._due))

    def _asked(self, request: bytes) -> float:
        answers: list[bytes] = []
        (us,) = waited([lambda: answers.append(self._client.ask(request))]).us
        checked(answers[0])
        return us


def _measure(process: DaemonProcess, client: RegisterClient, visit: Visit, name: str, folder: Path) -> Measured:
    register = _Register(client, visit, name)
    for sale in range(WARM_UP):
        register.quote(sale)
        register.commit(sale)
    measured = Measured()
    with (folder / "raw").open("wb") as stream:

        def sync() -> None:
            stream.write(b"x" * SYNC_BYTES)
            stream.flush()
            os.fdatasync(stream.fileno())

        for sale in range(WARM_UP, WARM_UP + SALES):
            measured.syncs += waited([sync]).us
            measured.quotes.append(register.quote(sale))
            measured.commits.append(register.commit(sale))
    sales = range(WARM_UP + SALES, WARM_UP + SALES + OPEN_SALES)
    for what, ask in (("quote", register.quote), ("durable receipt", register.commit)):
        before_us = _cpu_us(process.pid)
        for sale in sales:
            ask(sale)
        measured.cpu_us[what] = (_cpu_us(process.pid) - before_us) / OPEN_SALES
    return measured


def _cpu_us(pid: int) -> float:
    """Processor time of all threads of a process so far (proc(5): the first figure of schedstat, in ns)."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text(encoding="ascii").split()[0]) for file in files) / 1000
