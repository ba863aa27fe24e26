"""A member's points at two tills: a share for each, on line what nobody else holds, and nobody is charged later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.loyalty.feed import tell_balances
from backoffice.loyalty.ledger import NewEntry, Posted, balances_of, book
from backoffice.loyalty.night import faults_of
from backoffice.loyalty.overdrafts import overdrawn, overdrawn_in_all
from backoffice.loyalty.programme import Earning, save
from backoffice.sync_api.right_report import points_set_aside
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import CommitRequest
from pos_engine.core.offline import Offline
from pos_engine.core.programme import OfflineRule, Programme
from pos_engine.ports.devices import CardIdentity, CardPresented
from pos_engine.wire.sync import Tender
from tests.support.rights_bench import CARD, Counter, Shop
from tests.support.till import DAY

BALANCE = 1_000
PROVED = CardIdentity("iso14443a", CARD.partition(":")[2], "desfire", "key")
"""A card that may pay without a line."""


class PointShop(Shop):
    """Anna has 1,000 points; 100 of them pay 1.00; off line `floor` points beyond the share."""

    def __init__(self, folder: Path, floor: int, policy: Literal["strict", "bounded"] = "bounded") -> None:
        super().__init__(folder, Offline("open"), coupons=0)
        office = self.office
        programme = Programme(as_discount=False, as_tender=True, points_offline=OfflineRule(policy, floor))
        doing = Doing(office.organisation_id, "anna", office.clock, office.ids)
        now = office.clock.now()

        def write(tx: Session) -> None:
            save(tx, doing, programme, Earning(points=0))
            entry = NewEntry("given", "adjustment", "anna", DAY, now, (Posted("points", "adjustment", BALANCE),))
            tell_balances(tx, office.organisation_id, book(tx, office.organisation_id, [entry], now), now)

        run_in_tx(office.database.write, write)
        office.publish()

    def counter_on_line(self, name: str) -> Counter:
        counter = self.counter(name)
        counter.checkout.note_offline(offline=False)
        return counter

    def balance(self) -> int:
        with self.office.database.read() as session:
            assert not faults_of(session, self.office.organisation_id)
            return balances_of(session, self.office.organisation_id, "anna")["points"]

    def borne(self) -> int:
        with self.office.database.read() as session:
            return overdrawn_in_all(session, self.office.organisation_id).get("points", 0)

    def set_aside(self) -> int:
        with self.office.database.read() as session:
            return points_set_aside(session, self.office.organisation_id)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[PointShop]:
    shop = PointShop(tmp_path, floor=0)
    yield shop
    shop.close()


def see(*counters: Counter) -> None:
    """The member is seen at these tills, and they fetch their shares and the news of them."""
    for counter in counters:
        counter.till.sync_until_quiet()
        counter.ring("seen")
        counter.talk()
        counter.checkout.void("seen", "17")
    for counter in counters:
        counter.till.sync_until_quiet()


def go_off_line(*counters: Counter) -> None:
    for counter in counters:
        counter.till.line.down = True
        counter.checkout.note_offline(offline=True)


def come_back(*counters: Counter) -> None:
    for counter in counters:
        counter.till.line.down = False
        counter.checkout.note_offline(offline=False)
        counter.till.clock.forward(timedelta(seconds=30))
    for counter in (*counters, *counters):
        counter.till.sync_until_quiet()


def spend(counter: Counter, sale_ref: str, points: int) -> None:
    """Pay so many points towards a bread of 20.00, the rest in cash. CheckoutError: the till says no."""
    counter.ring(sale_ref)
    counter.checkout.reader_event("counter", CardPresented(PROVED))
    due = counter.ring(sale_ref).total_due_minor
    tenders = (Tender(kind="points", amount_minor=points), Tender(kind="cash", amount_minor=due - points))
    counter.checkout.commit(CommitRequest(sale_ref=sale_ref, tendered_minor=due, tenders=tenders))


def test_off_line_each_till_uses_its_share_and_no_more(shop: PointShop) -> None:
    one, two = shop.counter_on_line("One"), shop.counter_on_line("Two")
    see(one, two)
    assert shop.set_aside() == 750, "half of what there is, then half of what is left"
    go_off_line(one, two)
    one.ring("looked")
    one.checkout.reader_event("counter", CardPresented(PROVED))
    view = one.ring("looked").member
    assert view is not None
    assert (view.points, view.points_off_line) == (BALANCE, 500)
    with pytest.raises(CheckoutError, match="500"):
        spend(one, "a", 501)
    one.checkout.void("a", "17")
    spend(one, "b", 500)
    with pytest.raises(CheckoutError):
        spend(one, "c", 1)
    spend(two, "d", 250)
    come_back(one, two)
    assert (shop.balance(), shop.borne()) == (250, 0)
    assert shop.set_aside() == 0


def test_on_line_it_is_the_balance_without_what_others_hold(shop: PointShop) -> None:
    one, two = shop.counter_on_line("One"), shop.counter_on_line("Two")
    see(one)
    two.till.sync_until_quiet()
    with pytest.raises(CheckoutError, match="500"):
        spend(two, "a", 800)
    for counter in (two, one, one, two):
        counter.talk()
    with pytest.raises(CheckoutError):
        spend(two, "a", BALANCE + 1)
    one.talk()
    two.till.sync_until_quiet()
    go_off_line(one)
    spend(two, "a", 800)
    come_back(one, two)
    assert (shop.balance(), shop.borne()) == (200, 0), "what one held came over, because it was on line"


def test_where_points_are_used_on_line_only_no_till_holds_any_back(tmp_path: Path) -> None:
    shop = PointShop(tmp_path, floor=0, policy="strict")
    try:
        one, two = shop.counter_on_line("One"), shop.counter_on_line("Two")
        see(one, two)
        assert shop.set_aside() == 0
        spend(two, "a", 800)
        go_off_line(one)
        with pytest.raises(CheckoutError):
            spend(one, "b", 1)
        come_back(one, two)
        assert (shop.balance(), shop.borne()) == (200, 0)
    finally:
        shop.close()


def test_beyond_the_share_the_shop_bears_what_is_used_twice(tmp_path: Path) -> None:
    shop = PointShop(tmp_path, floor=400)
    try:
        one, two = shop.counter_on_line("One"), shop.counter_on_line("Two")
        see(one, two)
        go_off_line(one, two)
        spend(one, "a", 900)
        with pytest.raises(CheckoutError):
            spend(one, "b", 1)
        spend(two, "c", 650)
        come_back(one, two)
        assert (shop.balance(), shop.borne()) == (0, 550), "never below zero: nobody is charged later"
        with shop.office.database.read() as session:
            (case,) = overdrawn(session, shop.office.organisation_id)
        assert (case.member_id, case.unit, case.amount) == ("anna", "points", 550)
        assert len({receipt_id.split(":")[0] for receipt_id in case.receipt_ids}) == 2, "with both receipts"
        two.checkout.void("c", "17")
        two.till.sync_until_quiet()
        assert (shop.balance(), shop.borne()) == (100, 0), "what was cancelled is as if it had not been"
    finally:
        shop.close()


def test_a_cancelled_sale_gives_the_share_back(shop: PointShop) -> None:
    one = shop.counter_on_line("One")
    see(one)
    go_off_line(one)
    spend(one, "a", 500)
    one.checkout.void("a", "17")
    spend(one, "b", 300)
    with pytest.raises(CheckoutError, match="200"):
        spend(one, "c", 201)
    come_back(one)
    assert (shop.balance(), shop.borne(), shop.set_aside()) == (700, 0, 200)
