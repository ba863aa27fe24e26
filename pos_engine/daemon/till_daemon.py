"""The running daemon: what is started in which order, and ended in which."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from pos_engine.checkout.service import CheckoutService
from pos_engine.daemon.calm import calm
from pos_engine.daemon.devices import Devices
from pos_engine.daemon.health import HealthView
from pos_engine.daemon.http_server import HttpServer
from pos_engine.daemon.nightly import Nightly, start_ticking
from pos_engine.daemon.paper import PaperFeed
from pos_engine.daemon.rights_loop import RightsLoop
from pos_engine.daemon.screen import ScreenFeed
from pos_engine.daemon.supervisor import Supervisor
from pos_engine.daemon.sync_loop import LinkState, SyncLoop

SCREEN_LOOK_S = 0.5
"""How soon the cashier sees that a device went away or came back."""

HTTP_STOP_WAIT_S = 5.0
SALE_WAIT_S = 10.0
"""A register that is not turned to for so long is not served; with the wait between two looks below `WatchdogSec=`."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Parts:
    """What the bootstrap has wired."""

    checkout: CheckoutService
    devices: Devices
    paper: PaperFeed
    health: HealthView
    sync_loop: SyncLoop
    rights_loop: RightsLoop
    nightly: Nightly
    feed: ScreenFeed
    server: HttpServer
    close_storage: Callable[[], None]


class TillDaemon:
    """Everything that runs beside one register. Started and stopped once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._supervisor = Supervisor()
        self._scheduler: BackgroundScheduler | None = None
        self._http: threading.Thread | None = None
        parts.health.look_at(lambda: parts.sync_loop.link, parts.nightly.last_run, self._supervisor.failing)
        parts.sync_loop.on_change(self._show_link)

    @property
    def port(self) -> int:
        """Where register and browser reach it."""
        return self._parts.server.port

    @property
    def enrolled(self) -> bool:
        """Whether the till belongs to a store."""
        return self._parts.health.for_status().enrolled

    def start(self) -> None:
        """Start every thread; the register is answered last, when everything else is there."""
        self._parts.checkout.refresh()  # a set that was staged before the daemon stopped
        calm()
        self._parts.devices.start()
        printer = self._parts.devices.printer
        if printer is not None:
            self._supervisor.start("paper", lambda stop: self._parts.paper.run(printer, stop))
        self._supervisor.start("screen", self._show_devices)
        self._supervisor.start("sync", self._parts.sync_loop.run)
        self._supervisor.start("rights", self._parts.rights_loop.run)
        self._scheduler = start_ticking(self._parts.nightly)
        self._http = threading.Thread(target=self._parts.server.serve, name="http", daemon=True)
        self._http.start()

    def serves(self) -> bool:
        """Whether a register can be served: its port is listened to, and no sale hangs. `SALE_WAIT_S` at most."""
        listening = self._http is not None and self._http.is_alive()
        return listening and self._parts.checkout.answers_within(SALE_WAIT_S)

    def stop(self) -> None:
        """Answer what was asked, then end everything. What waits for paper or upload is in the journal."""
        self._parts.feed.close()
        self._parts.server.close()
        if self._http is not None:
            self._http.join(HTTP_STOP_WAIT_S)
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
        left_behind = self._supervisor.stop()
        self._parts.devices.stop()
        if left_behind:
            _log.warning("threads_left_behind", threads=left_behind)
        self._parts.close_storage()

    def _show_devices(self, stop: threading.Event) -> None:
        while not stop.wait(SCREEN_LOOK_S):
            self._parts.checkout.note_devices(self._parts.health.for_screen())

    def _show_link(self, link: LinkState) -> None:
        self._parts.checkout.note_offline(link.state != "on_line")
