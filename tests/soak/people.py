"""Who works and who shops while everything fails: cashiers at registers, a register that only prints, card holders."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import select
import threading
import time
from datetime import UTC, datetime

from typing_extensions import override

from firmware_sim.register.basket import RungBasket, RungLine
from firmware_sim.register.simulated_register import Sale, SimulatedRegister
from firmware_sim.register.transports import NoAnswerError
from tests.soak.counter import CardReaders, PassedThrough
from tests.support.daemon import CARD
from tests.support.waiting import wait_for

BASKETS = (
    RungBasket((RungLine("2001", 320),)),
    RungBasket((RungLine("2001", 320), RungLine("4001", 900))),
    RungBasket((RungLine("4001", 450), RungLine("9999", 1999), RungLine("2001", 320))),
)
CARDS = (
    ("ntag", CARD.partition(":")[2]),
    ("classic1k", "DEADBEEF"),
    ("desfire", "04112233445566"),
    ("phone", ""),
    ("two", ""),
    ("unreadable", ""),
    ("mute", ""),
)
SMALLEST_TOTAL_MINOR = 1000
STATUS_QUESTION, STATUS_GOOD = b"\x10\x04\x01", 0x12
STATUS_WAIT_S = 2.0
PAPER_WAIT_S = 5.0
QUIET_PAPER_WAIT_S = 60.0
"""Where nothing happened on the way the paper must come, however busy the machine is."""
LAST_PAPERS = 20
CUT = b"\x1dVB\x00"


class Cashier(threading.Thread):
    """Sells at one register until the end; what was not answered is finished when all is well."""

    def __init__(
        self, address: str, number: int, stop: threading.Event, paper_comes: threading.Event, seed: int
    ) -> None:
        super().__init__(name=f"cashier {number}", daemon=True)
        # All registers use the same numbers: each means its own sales (I6).
        self.register = SimulatedRegister(
            address,
            f"register-{number}",
            now=lambda: datetime(2026, 11, 20, 10, 15, tzinfo=UTC),
            first_number=1,
            patience=0.5,
        )
        self._stop_selling = stop
        self._paper_comes = paper_comes
        self._chance = random.Random(seed)
        self.closed: dict[str, int] = {}

    @override
    def run(self) -> None:
        while not self._stop_selling.wait(self._chance.random() * 0.4):
            if not self._paper_comes.wait(1.0):
                continue
            sale = self.register.new_sale(self._chance.choice(BASKETS))
            with contextlib.suppress(NoAnswerError):  # it goes on at the register's own prices (T2)
                self.register.quote(sale)
            try:
                self._commit(sale)
            except NoAnswerError:
                continue  # kept, and sent before the next commit (T4)

    def _commit(self, sale: Sale) -> None:
        if self.register.commit(sale).code == "amount_differs":
            self.register.commit(sale)
        if sale.receipt_id:
            self.closed[sale.receipt_id] = sale.to_pay_minor

    def finish(self) -> None:
        """What was kept is sent."""
        kept = [known.sale for known in self.register.kept]
        wait_for(f"the kept sales of {self.name}", self._all_sent, 60)
        for sale in kept:
            if sale.receipt_id:
                self.closed[sale.receipt_id] = sale.to_pay_minor
        self.register.close()

    def _all_sent(self) -> bool:
        self.register.send_kept()
        return not self.register.kept


class PrintingRegister(threading.Thread):
    """A register that knows nothing but its printer: asks how it is, prints, and waits for the paper.

    Each receipt has a total of its own. What was sent while nothing happened on the way must come out and be a sale.
    """

    def __init__(self, till: PassedThrough, stop: threading.Event, seed: int) -> None:
        super().__init__(name="printing register", daemon=True)
        self._till = till
        self._stop_selling = stop
        self._chance = random.Random(seed)
        self._numbers = itertools.count()
        self._line = os.open(till.cable.right.address, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._calm = -1
        self.sent: set[int] = set()
        self.undisturbed: set[int] = set()
        self.lost: set[int] = set()
        self.coupons = 0

    @override
    def run(self) -> None:
        while not self._stop_selling.wait(self._chance.random() * 0.6):
            self.print_one()

    def print_one(self) -> bool:
        """One receipt; whether its paper came out whole."""
        before = self._till.disturbed
        expected = self._calm == before  # a whole receipt came out since the last misfortune
        self._calm = -1
        if not self._printer_is_well():
            return False
        total_minor = SMALLEST_TOTAL_MINOR + next(self._numbers)
        self.sent.add(total_minor)
        out = self._send(receipt(total_minor)) and self._comes_out(total_minor, before if expected else -1)
        if self._till.disturbed != before:
            return out
        if expected:
            (self.undisturbed if out else self.lost).add(total_minor)
        self._calm = before if out else -1
        return out

    def _printer_is_well(self) -> bool:
        while select.select([self._line], [], [], 0)[0]:
            os.read(self._line, 4096)  # answers that came too late
        if not self._send(STATUS_QUESTION) or not select.select([self._line], [], [], STATUS_WAIT_S)[0]:
            return False
        return STATUS_GOOD in os.read(self._line, 4096)

    def _send(self, data: bytes) -> bool:
        view = memoryview(data)
        while view:
            if not select.select([], [self._line], [], STATUS_WAIT_S)[1]:
                return False
            view = view[os.write(self._line, view) :]
        return True

    def _comes_out(self, total_minor: int, calm: int) -> bool:
        """Whether the paper comes; waited for long as long as nothing happens on its way."""
        wanted = f"SUMME EUR {amount(total_minor)}"
        began_s = time.monotonic()
        papers = self._till.paper
        while True:
            printed = papers.printed()
            for paper in reversed(printed[-LAST_PAPERS:]):
                if wanted in " ".join(paper.text.split()):
                    self.coupons += "Come again" in paper.text
                    return True
            quiet = self._till.disturbed == calm
            if time.monotonic() - began_s > (QUIET_PAPER_WAIT_S if quiet else PAPER_WAIT_S):
                return False
            papers.wait_printed(len(printed) + 1, 0.2)

    def close(self) -> None:
        """Hang up."""
        os.close(self._line)


def amount(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02}"


def receipt(total_minor: int) -> bytes:
    """One line for each article, as the template `one_line` reads it."""
    coffee = total_minor - 900
    lines = (
        "Bäckerei Sommer",
        "=" * 42,
        f"2001 Cappuccino {amount(coffee):>24} A",
        f"2 x 4001 Brot {'9,00':>26} B",
        "-" * 42,
        f"SUMME EUR {amount(total_minor):>31}",
    )
    return b"\x1b@\x1bt\x13" + "".join(f"{line}\n" for line in lines).encode("cp858") + CUT


class CardHolders(threading.Thread):
    """Hold cards, phones and other things to the PC/SC reader's slots until the end."""

    def __init__(self, readers: CardReaders, stop: threading.Event, seed: int) -> None:
        super().__init__(name="card holders", daemon=True)
        self._readers = readers
        self._stop_shopping = stop
        self._chance = random.Random(seed)
        self.read = 0

    @override
    def run(self) -> None:
        while not self._stop_shopping.wait(self._chance.random()):
            slot = self._chance.choice(self._readers.slots)
            card = slot.insert_kind(*self._chance.choice(CARDS))
            self.read += card.wait_uid_read(self._chance.random() * 2)
            if self._chance.random() < 0.8:
                slot.remove()
