"""A till with everything on its counter: card reader behind real PC/SC, scanner and printer, cash register, daemon."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from firmware_sim.cards.slot import CardSlot
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import PrintedReceipt, ReceiptFolder
from firmware_sim.readers.serial_reader import SerialReader
from firmware_sim.register.answers import Answer
from firmware_sim.register.simulated_register import Sale, SimulatedRegister
from tests.evidence import used
from tests.support.daemon import DaemonProcess, run_program
from tests.support.office_desk import Office
from tests.support.programs import fingerprint_in, free_port
from tests.support.shop_clock import ShopClock
from tests.support.shop_list import CARDS, basket_of
from tests.support.waiting import wait_for
from tests.support.web_forms import Page

WAIT_S = 30.0
COLUMNS = 42
SETTINGS = """
[[reader]]
name = "counter"
address = "pcsc://{reader}"

[[reader]]
name = "scanner"
address = "serial://{scanner}?baud=9600&protocol=scanner"

[printer]
address = "escpos-serial://{printer}?baud=38400&width={columns}&codepage=cp858"

[sync]
every_s = 1
reconcile_at = "03:30"
"""


@dataclass(frozen=True)
class Paid:
    """A closed sale: what the register was told, and its number in the books."""

    sale: Sale
    answer: Answer
    receipt_id: str


class TillCounter:
    """One till. Named as in the back-office."""

    def __init__(
        self, name: str, folder: Path, clock: ShopClock, reader: str, port: int, env: Mapping[str, str]
    ) -> None:
        """`reader`: name of the PC/SC reader; `port`: where its cards are put on; `env`: how its pcscd is found."""
        folder.mkdir(parents=True)
        self.name = name
        self.folder = folder
        self.clock = clock
        self.slot = CardSlot(port)
        self.scanner = SerialReader("scanner")
        self.paper = ReceiptFolder(folder / "receipts", COLUMNS)
        self.printer = SimulatedPrinter(self.paper, COLUMNS)
        settings = SETTINGS.format(
            reader=reader, scanner=self.scanner.port.address, printer=self.printer.port.address, columns=COLUMNS
        )
        self.daemon = DaemonProcess(
            folder, settings, clock_file=clock.path, wanted_port=free_port(), extra_environment=env
        )
        self.url = f"http://127.0.0.1:{self.daemon.wanted_port}"
        self.register = SimulatedRegister(
            self.url, f"register-{name.replace(' ', '-')}", now=lambda: clock.shown, first_number=1, patience=4.0
        )
        self.begun: list[Sale] = []
        self.read = 0
        """Pieces of paper that a scenario has read."""

    def enrol(self, office: Office) -> None:
        """Make it a till of the store."""
        self.daemon.configure()
        code = office.enrolment_code(self.name)
        config = ("--config", str(self.daemon.config))
        shown = run_program("enrol", *config, "--url", office.url, "--code", code, "--no-wait")
        assert shown.returncode == 0, shown.stderr
        office.confirm_till(fingerprint_in(shown.stdout))
        done = run_program("enrol", *config)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Switch it on; returns when all its devices are well."""
        self.daemon.start()
        wait_for(f"the devices of {self.name}", self.all_well, WAIT_S)
        used("pseudo-terminal", "scanner and printer of a shop")

    def all_well(self) -> bool:
        """Whether every device had its last exchange in order."""
        devices = self.daemon.status()["devices"]
        return len(devices) == len(("counter", "scanner", "printer")) and all(d["state"] == "ok" for d in devices)

    def close(self) -> None:
        """Switch it off for good."""
        self.daemon.stop()
        self.slot.close()
        self.scanner.close()
        self.printer.close()

    def tap(self, who: str, kind: str = "ntag") -> None:
        """Hold a member's card to the reader until the cashier screen greets the member."""
        assert self.slot.tap(kind, CARDS[who]), f"nobody read the card of {who}"
        wait_for(f"the cashier screen to greet {who}", lambda: who in self.banners(), WAIT_S)

    def send_away(self) -> None:
        """Tap “Not this customer” on the cashier screen."""
        own_page = {"Origin": self.url}
        answer = self.daemon.client.post("/screen/not-this-customer", headers=own_page)
        assert answer.status_code == httpx.codes.NO_CONTENT, answer.text

    def scan(self, code: str) -> None:
        """Hold a paper coupon to the scanner."""
        before = self.banners()
        assert self.scanner.scan(code, "code128")
        wait_for("the cashier screen to answer to the scanner", lambda: self.banners() not in {before, ""}, WAIT_S)

    def screen(self) -> str:
        """Everything the cashier screen says."""
        return Page(self.daemon.client.get("/").text).text

    def banners(self) -> str:
        """The big sentences on the cashier screen."""
        found = re.search(r'class="banners".*?</div>\s*<main', self.daemon.client.get("/").text, re.DOTALL)
        sentences = re.findall(r"<p>(.*?)</p>", found[0]) if found else []
        return " / ".join(html.unescape(sentence) for sentence in sentences)

    def ring_up(self, goods: str, coupons: tuple[str, ...] = ()) -> Sale:
        """Begin a sale and ask what it costs."""
        sale = self.register.new_sale(basket_of(goods, coupons))
        self.begun.append(sale)
        answer = self.register.quote(sale)
        assert answer.done, answer
        return sale

    def again(self, sale: Sale) -> Sale:
        """Press total again."""
        assert self.register.quote(sale).done
        return sale

    def pay(self, sale: Sale) -> Paid:
        """Close a sale, paid in cash to the cent."""
        answer = self.register.commit(sale, tenders={"cash": sale.to_pay_minor})
        assert answer.done, answer
        self.begun.remove(sale)
        return Paid(sale, answer, sale.receipt_id)

    def clear(self) -> str:
        """Give up what a scenario left on the counter, a card that waits too; the paper nobody expected."""
        self.slot.remove()
        # A card waits two real minutes for a sale, longer than until the next scenario: it goes with this one.
        self.ring_up("Espresso")
        for sale in self.begun:
            self.register.abort(sale)
        self.begun.clear()
        unread = [piece.text for piece in self.paper.printed()[self.read :]]
        self.read += len(unread)
        return "\n".join(unread)

    def next_paper(self) -> PrintedReceipt:
        """The next piece of paper that was not read yet."""
        assert self.paper.wait_printed(self.read + 1, WAIT_S), f"no paper; the printer: {self.printer.describe()}"
        piece = self.paper.printed()[self.read]
        self.read += 1
        return piece

    def wait_uploaded(self) -> None:
        """Until the back-office has acknowledged every receipt."""
        wait_for(f"{self.name} to be in step", lambda: self.daemon.status()["link"]["outbox_count"] == 0, 60.0)

    def sequence_numbers(self) -> dict[str, int]:
        """The number that stands on each of the last receipts, by receipt id."""
        return {row["receipt_id"]: int(row["sequence_no"]) for row in self.daemon.receipts()}

    def wait_shown(self, sentence: str) -> None:
        """Until the cashier screen says so; `-` waits for nothing."""
        if sentence != "-":
            shown = self.screen
            wait_for(lambda: f"“{sentence}” on the cashier screen, which says: {shown()}", lambda: sentence in shown())
