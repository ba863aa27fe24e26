"""T5: goods come back at another till, on another day, or without the card; each once, whatever the tills knew.

Two real tills (checkout, journal, sync) and the real back-office. Anna buys two loaves and a coffee at the front till
with her card; ten points for each full 1.00.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from typing_extensions import override

from backoffice.db import run_in_tx
from backoffice.loyalty import programme
from backoffice.loyalty.ledger import balances_of
from backoffice.loyalty.night import faults_of
from backoffice.sync_api.models import Quarantine, Receipt
from pos_engine.checkout.answers import ClosedReturn, ClosedSale
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import ReturnRequest
from pos_engine.core.programme import Programme
from pos_engine.core.returns import ReturnedLine
from pos_engine.daemon.originals import BackOfficeOriginals
from pos_engine.sync.http_client import HttpBackOffice
from tests.support.office import OfficeBench, SellingTill, card_of

ANNA = card_of(2)
LOAF, COFFEE = ("4002", 390, 2), ("2005", 260, 1)
OFFLINE_MAX = 2_000


class Line(httpx.BaseTransport):
    """The line between a till and the back-office, which can be cut."""

    def __init__(self, bench: OfficeBench) -> None:
        self._inner = httpx.WSGITransport(app=bench.app)
        self.cut = False

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut:
            raise httpx.ConnectError("cut")
        return self._inner.handle_request(request)


@dataclass
class Counter:
    """A till, and its own line for questions about receipts."""

    till: SellingTill
    line: Line
    returns: int = 0

    def take_back(self, sale: ClosedSale, *lines: tuple[str, int]) -> ClosedReturn:
        self.returns += 1
        wanted = tuple(ReturnedLine(line_id, count) for line_id, count in lines)
        return self.till.checkout.take_back(ReturnRequest(f"return-{self.returns}", sale.receipt_id, wanted, "17"))

    def refused(self, sale: ClosedSale, *lines: tuple[str, int]) -> str:
        with pytest.raises(CheckoutError) as refusal:
            self.take_back(sale, *lines)
        return refusal.value.code

    def sync(self) -> None:
        self.till.sync_until_quiet()
        self.till.sync_until_quiet()


@dataclass
class World:
    bench: OfficeBench
    front: Counter
    garden: Counter

    def points(self) -> int:
        with self.bench.office.database.read() as reader:
            member_id = self.sale.member_id
            assert faults_of(reader, self.bench.organisation_id) == []
            return balances_of(reader, self.bench.organisation_id, member_id).get("points", 0)

    def aside(self) -> list[tuple[str, str]]:
        with self.bench.office.database.read() as reader:
            return [(row.code, row.text) for row in reader.scalars(select(Quarantine))]

    def paid_in_all(self) -> int:
        with self.bench.office.database.read() as reader:
            return sum(reader.scalars(select(Receipt.total_due_minor)))

    def buy(self) -> ClosedSale:
        self.sale = self.front.till.sell(LOAF, COFFEE, card_id=ANNA)
        return self.sale


@pytest.fixture
def world(bench: OfficeBench, tmp_path: Path) -> Iterator[World]:
    values = Programme(points_step=10, step_minor=10, as_tender=True)
    run_in_tx(bench.office.database.write, lambda tx: programme.save(tx, bench.doing, values, programme.Earning(1, 10)))
    bench.publish()
    counters = []
    for name in ("front", "garden"):
        till = SellingTill(tmp_path / name, bench, name=name)
        line = Line(bench)
        asked = HttpBackOffice(bench.clock, line)
        till.checkout.use_originals(BackOfficeOriginals(asked, till.journal), OFFLINE_MAX)
        till.refresh()
        counters.append(Counter(till, line))
    yield World(bench, *counters)
    for counter in counters:
        counter.till.close()


def test_at_another_till_on_another_day_without_the_card(world: World) -> None:
    sale = world.buy()
    world.front.sync()
    assert world.points() > 0
    world.bench.clock.forward(timedelta(days=3))
    first = world.garden.take_back(sale, ("1", 1))
    rest = world.garden.take_back(sale)
    assert first.refund_minor + rest.refund_minor == sale.total_due_minor
    world.garden.sync()
    assert world.points() == 0, "her points are gone with the goods, though her card was at home"
    assert (world.paid_in_all(), world.aside()) == (0, [])


def test_partly_here_and_partly_there_in_any_order(world: World) -> None:
    sale = world.buy()
    world.front.sync()
    back = [world.garden.take_back(sale, ("2", 1))]
    world.garden.sync()
    back.append(world.front.take_back(sale, ("1", 1)))
    world.front.sync()
    back.append(world.garden.take_back(sale, ("1", 1)))
    world.garden.sync()
    assert sum(each.refund_minor for each in back) == sale.total_due_minor
    assert all(each.checked for each in back)
    assert world.front.refused(sale) == world.garden.refused(sale) == "return_refused"
    assert (world.points(), world.paid_in_all(), world.aside()) == (0, 0, [])


def test_two_tills_that_could_not_ask_take_the_same_loaf_back(world: World) -> None:
    """The front till is off line; the other one has asked. The first that arrives counts, the second is told of."""
    sale = world.buy()
    world.front.sync()
    earned = world.points()
    world.front.line.cut = True
    here = world.front.take_back(sale, ("1", 1))
    there = world.garden.take_back(sale, ("1", 1))
    assert (here.checked, there.checked) == (False, True)
    world.garden.sync()
    once = world.points()
    assert once < earned
    world.front.sync()
    assert world.points() == once, "undone exactly once"
    ((code, text),) = world.aside()
    assert code == "already_returned"
    assert there.receipt_id in text
    assert here.receipt_id in text
    assert "off line" in text
    assert world.paid_in_all() == sale.total_due_minor - there.refund_minor


def test_off_line_a_till_takes_back_its_own_receipts_only_and_within_a_bound(world: World) -> None:
    sale = world.buy()
    dear = world.front.till.sell(("2003", 1900, 1))
    world.front.sync()
    for counter in (world.front, world.garden):
        counter.line.cut = True
    assert world.garden.refused(sale) == "return_unreachable", "the garden till has never seen this receipt"
    assert world.front.take_back(sale).refund_minor <= OFFLINE_MAX
    assert world.front.refused(dear) == "return_unreachable"
    world.front.sync()
    world.front.line.cut = False
    assert world.front.take_back(dear).checked


def test_a_sale_that_was_cancelled_there_cannot_come_back_here(world: World) -> None:
    sale = world.buy()
    world.front.till.checkout.void(sale.sale_ref, "17")
    world.front.sync()
    assert world.garden.refused(sale) == "return_refused"


def test_a_void_of_what_came_back_elsewhere_is_told_of(world: World) -> None:
    sale = world.buy()
    world.front.sync()
    there = world.garden.take_back(sale, ("1", 2))
    world.garden.sync()
    left = world.points()
    world.front.till.checkout.void(sale.sale_ref, "17")
    world.front.sync()
    ((code, text),) = world.aside()
    assert (code, there.receipt_id in text) == ("already_returned", True)
    assert world.points() == left


def test_a_receipt_that_nobody_wrote_is_unknown(world: World) -> None:
    sale = world.buy()
    world.front.sync()
    stranger = replace(sale, receipt_id="elsewhere:1:1")
    assert world.garden.refused(stranger) == "receipt_unknown"
