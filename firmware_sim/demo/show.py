"""The demo from the first port to the last receipt: all is started, a shop's work is shown, all is ended again."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from firmware_sim.demo import cards
from firmware_sim.demo.office import DemoOffice
from firmware_sim.demo.pcsc import open_pcsc
from firmware_sim.demo.programs import DemoError, Programs, require_free_ports
from firmware_sim.demo.till import DemoTill, TillPlan
from firmware_sim.printer.output import PrintedReceipt
from firmware_sim.register.basket import RungBasket
from firmware_sim.register.shift import Shift, Tally
from firmware_sim.register.sources.bakery import Bakery
from firmware_sim.register.sources.complete_journey import CompleteJourney, SourceMissingError

MARK = ".made-by-the-demo"
PRINT_WAIT_S = 30.0
SHOWN_SALES = 6
"""Sales per till before the summary."""
SLOW_PAUSE_S = 20.0
"""Between two sales while the demo goes on."""
BASKETS_MAX = 2000
SCREEN_LINES = 45

Say = Callable[[str], None]


GROCER = TillPlan("grocer", "Grocer, till one", 8081, 0, "USD", "id12")
BAKERY = TillPlan("bakery", "Bakery-café and garage, till two", 8082, 1, "EUR", "scanner", takes_value=True)


@dataclass(frozen=True)
class DemoPlan:
    """Where the demo lives, what it listens on, and who its tills are."""

    folder: Path
    office_port: int = 8080
    seed: int = 1
    zone: str = "Europe/Berlin"
    grocer: TillPlan = GROCER
    bakery: TillPlan = BAKERY


class Demo:
    """One run."""

    def __init__(self, plan: DemoPlan, say: Say, stopped: threading.Event) -> None:
        self._plan = plan
        self._say = say
        self._stopped = stopped
        self._sources: list[Bakery | CompleteJourney] = []

    def run(self, *, once: bool) -> None:
        """Show everything; `once` ends after the summary, otherwise it goes on slowly until stopped.

        DemoError says what is missing or went wrong, KeyboardInterrupt that it was stopped; everything is ended then.
        """
        plan = self._plan
        require_free_ports(
            {plan.office_port: "the back-office", plan.grocer.port: "till one", plan.bakery.port: "till two"}
        )
        _make_folder(plan.folder)
        # closed from the last to the first: programs before the devices they use, PC/SC at the very end
        with contextlib.ExitStack() as opened:
            pcsc = opened.enter_context(open_pcsc())
            self._say(f"{pcsc.words}.")
            tills = []
            for till_plan in (plan.grocer, plan.bakery):
                till = DemoTill(till_plan, plan.folder / till_plan.name, pcsc.ports, plan.seed, self._now)
                opened.callback(till.close)
                tills.append(till)
            programs = Programs(plan.folder / "log", pcsc.environment, self._stopped)
            opened.callback(programs.stop)
            office = self._start_office(programs)
            for till in tills:
                self._say(f"Starting {till.plan.title} …")
                code = office.enrolment_code(programs, till.plan.name, till.plan.title)
                till.enrol(programs, office.url, code, lambda fingerprint: office.let_in(programs, fingerprint))
                till.start(programs)
            self._show(tills, programs, office, once=once)

    def _start_office(self, programs: Programs) -> DemoOffice:
        office = DemoOffice(self._plan.folder / "backoffice", self._plan.office_port)
        self._say("Setting up the back-office with the demo's members, goods and campaigns …")
        for line in office.set_up(programs):
            self._say(f"    {line}")
        office.start(programs)
        return office

    def _show(self, tills: list[DemoTill], programs: Programs, office: DemoOffice, *, once: bool) -> None:
        streams = (self._grocer_baskets(), self._bakery_baskets())
        shifts = [Shift(till.register, till.tap if till.slot else None, self._say, self._stopped) for till in tills]
        for till, shift, stream in zip(tills, shifts, streams, strict=True):
            self._say(f"\n{till.plan.title}:")
            shift.work(itertools.islice(self._with_cards(till, stream), SHOWN_SALES), _no_pause)
        self._require_not_stopped()
        for till, shift in zip(tills, shifts, strict=True):
            self._wait_printed(till, shift.tally.sales)
            till.wait_settled(programs)
        for till in tills:
            self._say(f"\nFrom the printer of {till.plan.title}:\n{_worth_showing(till.printer.folder.printed())}")
        self._summary(tills, [shift.tally for shift in shifts], office)
        if not once:
            self._go_on(tills, shifts, streams, programs)

    def _go_on(
        self, tills: list[DemoTill], shifts: list[Shift], streams: tuple[Iterator[RungBasket], ...], programs: Programs
    ) -> None:
        self._say("\nThe shop goes on slowly; Ctrl-C stops everything.")
        turns = itertools.cycle(zip(tills, shifts, streams, strict=True))
        while not self._stopped.wait(SLOW_PAUSE_S):
            programs.require_running()
            till, shift, stream = next(turns)
            shift.work(itertools.islice(self._with_cards(till, stream), 1), _no_pause)

    def _require_not_stopped(self) -> None:
        if self._stopped.is_set():
            raise KeyboardInterrupt

    def _wait_printed(self, till: DemoTill, sales: int) -> None:
        if not till.printer.folder.wait_printed(sales, PRINT_WAIT_S):
            done = len(till.printer.folder.printed())
            raise DemoError(
                f"{till.plan.title} printed {done} of {sales} receipts; its printer: {till.printer.describe()}"
            )

    def _now(self) -> datetime:
        return datetime.now(UTC).astimezone(ZoneInfo(self._plan.zone))

    def _grocer_baskets(self) -> Iterator[RungBasket]:
        """Real baskets in which a campaign of the household has a chance, from now in the shifted year on."""
        now = self._now()
        journey = CompleteJourney(now.date(), self._plan.seed)
        self._sources.append(journey)
        try:
            for item in journey.baskets(now, BASKETS_MAX, promising=True):
                yield item.basket
        except SourceMissingError as problem:
            self._say(f"{problem}; the bakery's customers go there instead.")
            yield from Bakery(self._plan.seed + 1).baskets(BASKETS_MAX)

    def _bakery_baskets(self) -> Iterator[RungBasket]:
        bakery = Bakery(self._plan.seed)
        self._sources.append(bakery)
        return bakery.baskets(BASKETS_MAX)

    @staticmethod
    def _with_cards(till: DemoTill, baskets: Iterator[RungBasket]) -> Iterator[RungBasket]:
        """Without a PC/SC reader the register reads the card and names it in its messages."""
        for basket in baskets:
            if till.slot is None and basket.card_uid:
                yield replace(basket, register_card=f"iso14443a:{basket.card_uid}", card_moment="none")
            else:
                yield basket

    def _summary(self, tills: list[DemoTill], tallies: list[Tally], office: DemoOffice) -> None:
        self._say(f"\nBack-office: {office.url}\n    {office.sign_in}")
        for till in tills:
            self._say(f"Cashier screen of {till.plan.title}: {till.url}")
            self._say(f"    let its paper run out: {_program()} ctl {_short(till.folder)}/printer.ctl paper 5")
            if till.cards is not None:
                order = f"ctl {_short(till.folder)}/card.ctl insert {cards.UID} {cards.KIND}"
                self._say(f"    a card with 20.00 on it: {_program()} {order}")
                self._say("        press “Value on the card” then; take it away with remove instead of insert …")
        worth = " and ".join(
            f"{till.register.register.amount(tally.discount_minor)} {till.plan.currency} "
            f"of {till.register.register.amount(tally.value_minor)}"
            for till, tally in zip(tills, tallies, strict=True)
        )
        papers = [receipt for till in tills for receipt in till.printer.folder.printed()]
        coupons = sum(bool(_codes(receipt)) for receipt in papers)
        left_out = [source.left_out.words() for source in self._sources if source.left_out.counts]
        self._say(f"Left out or changed of the real receipts: {'; '.join(left_out) or 'nothing'}")
        self._say(
            f"\nSummary: {sum(till.cards_read for till in tills)} cards read, "
            f"{sum(tally.sales for tally in tallies)} sales, "
            f"{sum(tally.discounted for tally in tallies)} discounted by {worth}, {len(papers)} papers printed, "
            f"{coupons} of them coupons, "
            f"{sum(till.synced_receipts() for till in tills)} receipts synced to the back-office."
        )


def _no_pause(_basket: RungBasket) -> float:
    return 0.0


def _codes(receipt: PrintedReceipt) -> list[object]:
    """Bar codes, as coupons have; every receipt ends with a QR code of its number."""
    codes = json.loads(receipt.sidecar_path.read_text(encoding="utf-8"))["codes"]
    return [code for code in codes if code["symbology"] != "qr"]


def _worth_showing(printed: tuple[PrintedReceipt, ...]) -> str:
    """A receipt with a coupon or a discount that fits a screen, as text, and where its picture is."""

    def worth(receipt: PrintedReceipt) -> tuple[bool, int, int]:
        lines = receipt.text.count("\n")
        discounts = sum(line.rstrip()[-8:].strip().startswith("-") for line in receipt.text.splitlines())
        return lines <= SCREEN_LINES, len(_codes(receipt)), min(discounts, 3)

    best = max(printed, key=worth)
    return f"{_indented(best.text)}\nThe same as a picture: {_short(best.picture_path)}"


def _short(path: Path) -> str:
    """The path as seen from here, where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _program() -> str:
    """How this program is started from here: the one beside this Python, which need not be on the PATH."""
    beside = Path(sys.executable).parent / "firmware-sim"
    return _short(beside) if beside.exists() else "firmware-sim"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _make_folder(folder: Path) -> None:
    """An empty folder of our own; one that the demo did not make is never touched."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise DemoError(f"{folder} holds something that no demo made; move it away or give another --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
