"""The daemon's register layer in this process: journal, replica, checkout, endpoint and supervised lines, no HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers import make_register_line
from pos_engine.checkout.service import CheckoutService
from pos_engine.daemon.config import Config
from pos_engine.daemon.register_lines import RegisterLineSupervisor
from pos_engine.daemon.register_side import register_endpoint
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.ports.devices import DeviceHealth
from pos_engine.ports.register_line import Admission, TlsFiles
from pos_engine.registers.nexo.endpoint import NexoEndpoint
from pos_engine.registers.nexo.lookups import Devices
from tests.support.daemon import FRIDAY, fill
from tests.support.till import HandClock, OrderedIds
from tests.support.waiting import wait_for


@dataclass
class RegisterLayer:
    """A till that only registers talk to."""

    journal: Journal
    endpoint: NexoEndpoint
    clock: HandClock

    def receipts(self) -> list[str]:
        """The kinds of all closed sales, newest first."""
        return [receipt.kind for receipt in self.journal.recent_receipts(1000)]

    def has_receipts(self, count: int) -> bool:
        """Whether so many sales are closed."""
        return len(self.receipts()) == count

    @contextmanager
    def line(
        self, address: str, tls: TlsFiles | None = None, admission: Admission = lambda _token: None
    ) -> Iterator[RegisterLineSupervisor]:
        """A supervised line at this address, served until the block ends."""
        line = make_register_line(address, tls, admission)
        supervisor = RegisterLineSupervisor(
            "register", line, lambda message, sale_id: self.endpoint.handle(message, sale_id).body, self.clock
        )
        supervisor.start()
        try:
            wait_for("the line", lambda: self.tried(supervisor))
            yield supervisor
        finally:
            supervisor.ask_to_stop()
            assert supervisor.join()

    @staticmethod
    def tried(supervisor: RegisterLineSupervisor) -> DeviceHealth | None:
        """The line's health once its thread has looked at it."""
        health = supervisor.health()
        return None if health.state == "starting" else health


@contextmanager
def register_layer(folder: Path) -> Iterator[RegisterLayer]:
    """Over a fresh till's data."""
    fill(folder)
    clock = HandClock(FRIDAY)
    journal = Journal.open(folder / "journal.db", clock, OrderedIds(7), reserve_bytes=4096)
    replica = Replica.open(folder / "replica.db")
    try:
        checkout = CheckoutService(journal, replica, clock, OrderedIds(8))
        checkout.refresh()
        endpoint = register_endpoint(
            Config(),
            journal,
            replica,
            checkout,
            clock,
            lambda: Devices("OK", card_reader_ok=True, backoffice_reached=True),
        )
        yield RegisterLayer(journal, endpoint, clock)
    finally:
        replica.close()
        journal.close()
