"""A shop on its first day: an empty database, a till in its box. A person sets it up in a browser, page by page."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import expect

from firmware_sim.register.basket import RungBasket, RungLine
from firmware_sim.register.simulated_register import Sale
from tests.evidence import used
from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.daemon import run_program
from tests.support.keystrokes import Effort, Hand
from tests.support.office_desk import Office
from tests.support.programs import fingerprint_in
from tests.support.shop_clock import ZONE, ShopClock
from tests.support.shop_list import CARDS
from tests.support.till_counter import TillCounter
from tests.support.waiting import wait_for
from tests.support.whole_shop import FIRST_DAY

ADDRESS, PASSWORD = "eva@mill.example", "bread at dawn"
MEMBER = "Anna"
ARTICLES = """number;name;category;price;vat
4001;Farmhouse bread;Bread;4.50;7
4101;Croissant;Pastry;1.80;7
5001;Lasagne;Main dishes;9.80;19
2001;Espresso;Coffee;2.30;19
"""
"""The list of articles as a cash register hands it out."""
PRICES = {"4001": 450, "4101": 180, "5001": 980, "2001": 230}
PAGE_WAIT_MS = 60_000


class NewShop:
    """`open` switches on what the installer has plugged in; `set_up` is what the owner then does."""

    def __init__(self, folder: Path, pcscd: PrivatePcscd) -> None:
        self.clock = ShopClock(folder / "clock.json", FIRST_DAY)
        self.office = Office(folder / "office", self.clock.path)
        self.till = TillCounter(
            "Till 1", folder / "till", self.clock, pcscd.reader_names[0], pcscd.ports[0], pcscd.environment
        )
        self.articles = folder / "articles.csv"
        self.articles.write_text(ARTICLES)
        self.set_up_effort = Effort()
        self.receipt = ""
        """What the printer's own reader makes of the last receipt."""

    def open(self) -> None:
        """The back-office runs; nobody has ever used it."""
        self.office.start()

    def close(self) -> None:
        """Switch everything off."""
        try:
            self.till.close()
        finally:
            self.office.close()

    def set_up(self, hand: Hand) -> None:
        """From the link that the program prints to a till that sells to a member."""
        self._first_owner(hand)
        self._articles(hand)
        self._till(hand)
        self._member(hand)
        self.set_up_effort = hand.effort

    def _first_owner(self, hand: Hand) -> None:
        page, log = hand.page, self.office.program.log
        wait_for("the link of the first owner", lambda: "/set-up/" in log.read_text())
        found = re.search(r"http://\S+/set-up/\S+", log.read_text())
        assert found
        page.goto(found[0])
        hand.write(page.get_by_label("Name of the shop"), "Bakery at the Mill")
        hand.write(page.get_by_label("Your e-mail address"), ADDRESS)
        hand.next(PASSWORD)
        hand.next(PASSWORD)
        hand.look("set-up")
        hand.enter()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        hand.look("first-overview")
        used("http", "the first owner's pages")

    def _articles(self, hand: Hand) -> None:
        """The register's own list of articles, with its groups of goods."""
        page = hand.page
        hand.press(page.get_by_role("link", name=re.compile("Products and categories")))
        hand.look("no-products")
        hand.press(page.get_by_role("link", name="Import a file"))
        hand.bring(page.get_by_label("CSV or XLSX file"), str(self.articles))
        hand.look("import")
        hand.press(page.get_by_role("button", name="Upload"))
        hand.look("import-columns")
        hand.press(page.get_by_role("button", name="Check the rows"))
        take_over = page.get_by_role("button", name="Take it over")
        expect(take_over).to_be_visible(timeout=PAGE_WAIT_MS)
        hand.look("import-checked")
        hand.press(take_over)
        expect(page.get_by_text("Taken over.")).to_be_visible(timeout=PAGE_WAIT_MS)
        hand.look("import-done")

    def _till(self, hand: Hand) -> None:
        page, till = hand.page, self.till
        hand.press(page.get_by_role("link", name="Tills", exact=True))
        hand.write(page.get_by_label("Name of the till"), till.name)
        hand.enter()
        code = page.locator("strong.code").first.inner_text()
        hand.look("till-code")
        till.daemon.configure()
        config = ("--config", str(till.daemon.config))
        hand.elsewhere(code)
        shown = run_program("enrol", *config, "--url", self.office.url, "--code", code, "--no-wait")
        assert shown.returncode == 0, shown.stderr
        expect(page.get_by_text(fingerprint_in(shown.stdout))).to_be_visible(timeout=PAGE_WAIT_MS)
        hand.look("till-fingerprint")
        hand.press(page.get_by_role("button", name="The till shows the same: let it in"))
        done = run_program("enrol", *config)
        assert done.returncode == 0, done.stderr
        till.start()

    def _member(self, hand: Hand) -> None:
        """Anna, whose birthday is in two days, with the card that lies on the counter."""
        page = hand.page
        hand.press(page.get_by_role("link", name="Members", exact=True))
        hand.look("no-members")
        hand.press(page.get_by_role("link", name="Add a member").first)
        hand.write(page.get_by_label("First name"), MEMBER)
        hand.next("Becker")
        hand.write(page.get_by_label("First card"), CARDS[MEMBER])
        hand.write(page.get_by_label("Birthday"), "1990-01-06")
        hand.look("member")
        hand.enter()
        expect(page.get_by_role("heading", name="Anna Becker")).to_be_visible()

    def sell(self, *goods: str, card: bool = False, times: int = 1, coupons: tuple[str, ...] = ()) -> Sale:
        """At the till: the card on the reader, the goods rung up, each so many times, paid in cash."""
        sale = self.ring_up(*goods, card=card, times=times, coupons=coupons)
        self.pay(sale)
        return sale

    def ring_up(self, *goods: str, card: bool = False, times: int = 1, coupons: tuple[str, ...] = ()) -> Sale:
        """The till says what it costs."""
        if card:
            self.till.tap(MEMBER)
        lines = tuple(
            RungLine(code, PRICES[code] * times, code, Decimal(times), unit_price_minor=PRICES[code]) for code in goods
        )
        sale = self.till.register.new_sale(RungBasket(lines, coupons=coupons))
        self.till.begun.append(sale)
        assert self.till.register.quote(sale).done
        return sale

    def pay(self, sale: Sale) -> None:
        """In cash; the receipt is read."""
        self.till.pay(sale)
        self.receipt = self.till.next_paper().text

    def go_to(self, day: str, at: str = "10:00") -> None:
        """Later; the till has nothing left to hand over."""
        self.till.wait_uploaded()
        self.clock.show(self.clock.moment(day, at).astimezone(ZONE))
