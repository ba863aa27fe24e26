"""Two tills with everything on their counters, and every misfortune that can befall them.

The first till has five readers, a printer of its own and three registers; the second stands on the cable between a
register and its printer, and has the other slot of the PC/SC reader. Both use one private pcscd.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from firmware_sim.cards.slot import CardSlot
from firmware_sim.line.null_modem import NullModem
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from firmware_sim.readers.chip_reader import ChipReader
from firmware_sim.readers.serial_reader import SerialReader
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.rewards.coupon_later import CouponLater
from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.daemon import CARD, FRIDAY_BREAD, TAG, DaemonProcess, fill
from tests.support.programs import child_of, free_port

COLUMNS = 42
MEND = "plug", "fault none", "power on", "cover close", "cutter free", "paper new"
COUPON_TITLE = "Come again: 10 % off"
COUPON = Campaign(
    campaign_id="come-again",
    version=1,
    name="Come again",
    starts_on=date(2026, 1, 1),
    ends_on=date(2027, 12, 31),
    offers=(
        Offer(
            offer_id="come-again",
            name="Come again",
            condition=MinimumSpend(amount_minor=1000),
            reward=CouponLater(series_id="later-1", title=COUPON_TITLE),
        ),
    ),
)

Misfortune = Callable[[], object]


@dataclass
class Counter:
    """The first till: its readers, its printer, its lines to registers."""

    daemon: DaemonProcess
    tcp_port: int
    tag: SerialReader
    chip: ChipReader
    stripe: SerialReader
    scanner: SerialReader
    printer: SimulatedPrinter
    cable: NullModem

    @classmethod
    def built(cls, folder: Path, pcsc_reader: str, seed: int) -> Counter:
        """Devices and a till that is filled, not started."""
        sim, tcp_port = folder / "sim", free_port()
        readers = (("tag", "rdm6300"), ("chip", "pn532"), ("stripe", "magtek"), ("scanner", "scanner"))
        settings = _pcsc_settings(pcsc_reader) + "".join(
            f'[[reader]]\nname = "{name}"\naddress = "serial://{sim / name}?protocol={protocol}"\n'
            for name, protocol in readers
        )
        settings += (
            f'[[register_line]]\nname = "cable"\naddress = "nexo-serial://{sim / "cable-till"}"\n'
            f'[[register_line]]\nname = "tcp"\naddress = "nexo-tcp://127.0.0.1:{tcp_port}"\n'
            f'[printer]\naddress = "escpos-serial://{sim / "printer"}?width={COLUMNS}"\n'
        )
        daemon = DaemonProcess(folder, settings)
        fill(daemon.data)
        return cls(
            daemon,
            tcp_port,
            SerialReader("rdm6300", sim / "tag", seed),
            ChipReader("pn532", sim / "chip", seed),
            SerialReader("magtek", sim / "stripe", seed),
            SerialReader("scanner", sim / "scanner", seed),
            SimulatedPrinter(ReceiptFolder(folder / "receipts", COLUMNS, pictures=False), COLUMNS, sim / "printer"),
            NullModem(sim / "cable-till", sim / "cable-register"),
        )

    @property
    def addresses(self) -> tuple[str, ...]:
        """How its registers reach the running till."""
        cable = self.cable.right.address
        return f"http://127.0.0.1:{self.daemon.port}", f"tcp://127.0.0.1:{self.tcp_port}", f"serial://{cable}"

    @property
    def _readers(self) -> tuple[SerialReader | ChipReader, ...]:
        return self.tag, self.chip, self.stripe, self.scanner

    def misfortunes(self, chance: random.Random) -> list[Misfortune]:
        kind = chance.choice(["drop", "repeat", "delay", "corrupt", "half"])
        reader = chance.choice(self._readers)
        return [
            lambda: reader.order(["fault", kind, str(chance.randint(1, 3))]),
            lambda: reader.order(["raw", chance.randbytes(chance.randint(1, 30)).hex()]),
            reader.port.unplug,
            lambda: self.chip.order(["fault", "silent"]),
            lambda: self.chip.order(["restart"]),
            lambda: self.printer.order(["fault", kind, "2"]),
            lambda: self.printer.order(["cover", "open"]),
            lambda: self.printer.order(["paper", str(chance.randint(1, 30))]),
            lambda: self.printer.order(["power", "off"]),
            self.printer.port.unplug,
            lambda: setattr(self.cable, "lose", True),
            self.cable.left.unplug,
        ]

    def mend(self) -> None:
        """Everything is well again."""
        self.cable.left.plug()
        self.cable.lose = False
        for reader in self._readers:
            reader.order(["plug"])
            reader.order(["fault", "none"])
        _mend_printer(self.printer)

    def touch(self, chance: random.Random) -> None:
        """A customer holds something to a reader."""
        touches: list[Misfortune] = [
            lambda: self.tag.tap(TAG.partition(":")[2]),
            lambda: self.chip.insert(CARD.partition(":")[2]),
            lambda: self.chip.insert("08112233"),
            self.chip.insert,
            lambda: self.stripe.swipe("9280001234=1"),
            lambda: self.scanner.scan("4006381333931"),
        ]
        chance.choice(touches)()

    def close(self) -> None:
        """Take the devices away."""
        for device in (*self._readers, self.printer, self.cable):
            device.close()


@dataclass
class PassedThrough:
    """The second till, on the cable between a register and its printer."""

    daemon: DaemonProcess
    printer: SimulatedPrinter
    paper: ReceiptFolder
    cable: NullModem
    disturbed: int = 0
    """How often something happened to the paper on its way; a till that hangs is no such thing."""

    @classmethod
    def built(cls, folder: Path, pcsc_reader: str) -> PassedThrough:
        """Devices and a till that is filled, not started."""
        sim = folder / "sim"
        settings = (
            f'[pass_through]\nregister = "{sim / "register"}"\nnot_a_fiscal_printer = true\n'
            f'printer = "escpos-serial://{sim / "printer"}?baud=115200&width={COLUMNS}"\n'
        )
        daemon = DaemonProcess(folder, _pcsc_settings(pcsc_reader) + settings)
        fill(daemon.data, campaigns=(FRIDAY_BREAD, COUPON))
        paper = ReceiptFolder(folder / "receipts", COLUMNS, pictures=False)
        printer = SimulatedPrinter(paper, COLUMNS, sim / "printer")
        return cls(daemon, printer, paper, NullModem(sim / "register", sim / "register-end"))

    def misfortunes(self, chance: random.Random) -> list[Misfortune]:
        def on_the_way(*words: str) -> Misfortune:
            return lambda: self._disturb(lambda: self.printer.order(words))

        return [
            on_the_way("cover", "open"),
            on_the_way("paper", str(chance.randint(1, 30))),
            on_the_way("power", "off"),
            lambda: self._disturb(self.printer.port.unplug),
            lambda: self._disturb(self.cable.left.unplug),
            lambda: self._disturb(self._kill_the_cables_process),
            lambda: os.kill(self.daemon.pid, signal.SIGSTOP),
        ]

    def _disturb(self, happens: Misfortune) -> None:
        self.disturbed += 1
        happens()

    def _kill_the_cables_process(self) -> None:
        pid = child_of(self.daemon.pid)
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def mend(self) -> None:
        """Everything is well again."""
        os.kill(self.daemon.pid, signal.SIGCONT)
        self.cable.left.plug()
        _mend_printer(self.printer)

    def close(self) -> None:
        """Take the devices away."""
        self.cable.close()
        self.printer.close()


@dataclass
class CardReaders:
    """The PC/SC reader with its two slots, and the service behind it."""

    pcscd: PrivatePcscd
    slots: tuple[CardSlot, ...] = field(init=False)
    deaths: int = 0

    def __post_init__(self) -> None:
        """A slot for each till."""
        self.slots = tuple(CardSlot(port) for port in self.pcscd.ports)

    def misfortunes(self, chance: random.Random) -> list[Misfortune]:
        slot = chance.choice(self.slots)
        return [
            lambda: slot.order(["fault", "tear", "1"]),
            lambda: slot.order(["fault", "pull", str(chance.randint(1, 4)), chance.choice(["before", "after"])]),
            lambda: slot.order(["fault", "error", str(chance.randint(1, 4))]),
            lambda: slot.order(["fault", chance.choice(["corrupt", "repeat"]), str(chance.randint(1, 4))]),
            lambda: slot.order(["fault", "delay", "0.4"]),
            lambda: self._end(signal.SIGTERM),
            lambda: self._end(signal.SIGKILL),
        ]

    def _end(self, how: signal.Signals) -> None:
        if self.pcscd.running:
            self.deaths += 1
            self.pcscd.stop(how)

    def mend(self) -> None:
        """Everything is well again."""
        for slot in self.slots:
            slot.order(["fault", "none"])
        if not self.pcscd.running:
            self.pcscd.start()

    def close(self) -> None:
        """No card is left behind."""
        for slot in self.slots:
            slot.close()


def _pcsc_settings(reader: str) -> str:
    return f'[[reader]]\nname = "pcsc"\naddress = "pcsc://{reader.replace(" ", "%20")}"\n'


def _mend_printer(printer: SimulatedPrinter) -> None:
    for order in MEND:
        printer.order(order.split())
