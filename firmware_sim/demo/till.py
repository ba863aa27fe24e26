"""One till of the demo: its devices, its configuration, its daemon, its register."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from firmware_sim.cards.slot import CardSlot
from firmware_sim.demo import cards
from firmware_sim.demo.cards import DemoCards
from firmware_sim.demo.programs import DemoError, Programs, fetch
from firmware_sim.line.orders import OrderSocket, Simulator
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from firmware_sim.readers.serial_reader import SerialReader
from firmware_sim.register.simulated_register import SimulatedRegister

CARDS = '[cards]\nkey_files = ["{keys}"]\n'
COLUMNS = 42
READY_WAIT_S = 60.0
SETTLE_WAIT_S = 60.0
ENROL_WAIT_S = 300.0
FINGERPRINT = re.compile(r"\b[A-Z2-7]{4}(-[A-Z2-7]{4}){4}\b")
CONFIG = """# Written by the demo; it is written anew at each start.
[till]
data = "data"

[register]
host = "127.0.0.1"
port = {port}

{readers}
[printer]
address = "escpos-serial://{printer}?baud=38400&width={columns}&codepage=cp858"

[sync]
every_s = 2

[log]
level = "info"
format = "text"
"""
READER = '[[reader]]\nname = "{name}"\naddress = "{address}"\n'


@dataclass(frozen=True)
class TillPlan:
    """What distinguishes one till from another. `slot`: which slot of the virtual PC/SC reader is its own."""

    name: str
    title: str
    port: int
    slot: int
    currency: str
    serial_protocol: str
    takes_value: bool = False
    """Whether it has card keys, where there is a PC/SC reader."""


class DemoTill:
    """Devices first, then the daemon, which finds them by their addresses."""

    def __init__(
        self, plan: TillPlan, folder: Path, pcsc_ports: tuple[int, ...], seed: int, now: Callable[[], datetime]
    ) -> None:
        self.plan = plan
        self.folder = folder
        folder.mkdir(parents=True)
        self.printer = SimulatedPrinter(ReceiptFolder(folder / "receipts", COLUMNS), COLUMNS, folder / "printer")
        self.reader = SerialReader(plan.serial_protocol, folder / "reader", seed)
        self.slot = CardSlot(pcsc_ports[plan.slot], seed=seed) if pcsc_ports else None
        self.register = SimulatedRegister(self.url, f"{plan.name}-register", plan.currency, now=now)
        self.config_path = folder / "till.toml"
        self.cards = DemoCards(folder / "cards") if plan.takes_value and self.slot is not None else None
        self.cards_read = 0
        devices: dict[str, Simulator] = {"printer": self.printer, "reader": self.reader}
        if self.slot is not None:
            devices["card"] = self.slot
        self._orders = [OrderSocket(device, folder / f"{name}.ctl") for name, device in devices.items()]
        self._write_config()

    @property
    def url(self) -> str:
        """The till's address: cashier screen, local API and register API."""
        return f"http://127.0.0.1:{self.plan.port}"

    @property
    def _pcsc(self) -> str:
        return f"pcsc://Virtual PCD 00 0{self.plan.slot}"

    def _write_config(self) -> None:
        readers = READER.format(
            name="serial", address=f"serial://{self.reader.port.address.absolute()}?protocol={self.reader.protocol}"
        )
        if self.slot is not None:
            readers += READER.format(name="counter", address=self._pcsc)
        keys = "" if self.cards is None else CARDS.format(keys=self.cards.till_keys.absolute())
        self.config_path.write_text(
            CONFIG.format(
                port=self.plan.port,
                readers=readers,
                printer=Path(self.printer.port.address).absolute(),
                columns=COLUMNS,
            )
            + keys,
            encoding="utf-8",
        )

    def enrol(self, programs: Programs, office_url: str, code: str, let_in: Callable[[str], None]) -> None:
        """Make it a till of its store: it shows a fingerprint, which is let in, and fetches its data."""
        arguments = ["pos_engine", "enrol", "--config", str(self.config_path)]
        known = ["--url", office_url, "--code", code, "--no-wait"]
        shown = programs.run(f"{self.plan.name}-enrol", [*arguments, *known], wait_s=ENROL_WAIT_S)
        found = FINGERPRINT.search(shown)
        if found is None:
            raise DemoError(f"pos-engine enrol showed no fingerprint but {shown.strip()!r}")
        let_in(found.group())
        programs.run(f"{self.plan.name}-first-data", arguments, wait_s=ENROL_WAIT_S)

    def start(self, programs: Programs) -> None:
        """Start the daemon and wait until its readers and printer are well; its card with value is made, and filled."""
        if self.cards is not None and self.slot is not None:
            self.cards.make(programs, self.slot, self._pcsc, self.plan.currency)
        programs.start(self.plan.name, ["pos_engine", "run", "--config", str(self.config_path)])
        programs.wait_until(
            lambda: programs.has_said(self.plan.name, "ready") and self._is_ready(),
            f"the till {self.plan.title} being ready",
            READY_WAIT_S,
        )
        if self.cards is not None and self.slot is not None:
            self.cards.top_up(programs, self.slot, self.url)

    def status(self) -> dict[str, Any]:
        """What the till says of itself; empty while it does not answer."""
        return _object(fetch(f"{self.url}/api/status"))

    def _is_ready(self) -> bool:
        status = self.status()
        devices = status.get("devices", [])
        return bool(status.get("enrolled")) and bool(devices) and all(device["state"] == "ok" for device in devices)

    def wait_settled(self, programs: Programs) -> None:
        """Wait until everything is printed and the back-office has acknowledged every receipt."""
        programs.wait_until(self._is_settled, f"the till {self.plan.title} having printed and synced", SETTLE_WAIT_S)
        self.printer.folder.wait_all_written(SETTLE_WAIT_S)

    def _is_settled(self) -> bool:
        status = self.status()
        return status.get("prints_waiting") == 0 and status.get("link", {}).get("outbox_count") == 0

    def synced_receipts(self) -> int:
        """How many of its last receipts the back-office has acknowledged."""
        rows = _object(fetch(f"{self.url}/api/receipts")).get("receipts", [])
        return sum(1 for row in rows if row["uploaded"])

    def tap(self, uid: str) -> bool:
        """Hold a card to this till's PC/SC reader."""
        kind = cards.KIND if self.cards is not None and uid == cards.UID else "ntag"
        read = self.slot is not None and self.slot.tap(kind, uid)
        self.cards_read += read
        return read

    def close(self) -> None:
        """Take the devices away."""
        for orders in self._orders:
            orders.close()
        if self.slot is not None:
            self.slot.close()
        self.reader.close()
        self.printer.close()


def _object(raw: bytes | None) -> dict[str, Any]:
    try:
        value = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
