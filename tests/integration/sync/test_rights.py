"""One coupon and several tills, with the production journal, checkout, client, routes and services."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backoffice.sync_api.doubles import doubles
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.offline import Offline
from pos_engine.core.reasons import COUPON_NOT_CONFIRMED
from pos_engine.core.rewards.amount import Amount
from pos_engine.daemon.hub import HubDesk
from pos_engine.sync.client import LinkDownError
from pos_engine.wire.rights import RightAnswer, RightAsk
from tests.support.rights_bench import FACE_MINOR, Shop
from tests.support.sync_bench import CAMPAIGN_DAYS

STRICT = Offline("strict")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path, STRICT)
    yield shop
    shop.close()


def test_strict_counts_only_what_is_held(shop: Shop) -> None:
    one, two = shop.counter("One"), shop.counter("Two")
    quote = one.ring("s1")
    assert quote.total_discount_minor == 0, "nothing is held yet"
    assert [note.code for note in quote.offers.lost] == [COUPON_NOT_CONFIRMED]
    assert one.talk() == "heard"
    assert one.ring("s1").total_discount_minor == FACE_MINOR, "the sale's wish was fetched"
    assert two.ring("s2").total_discount_minor == 0
    assert two.talk() == "heard"
    assert two.ring("s2").total_discount_minor == 0, "it is in the other till's hand"
    one.talk()
    two.talk()
    assert two.ring("s2").total_discount_minor == 0, "a promised price is drained first"
    one.pay("s1", 1_500)
    one.till.sync_until_quiet()
    two.till.sync_until_quiet()
    one.talk()
    two.talk()
    assert two.ring("s2").total_discount_minor == 0, "it is used up"
    [use] = shop.uses()
    [loan] = shop.loans()
    assert (use.right_id, use.units, use.root) == (f"coupon|{shop.coupons[0]}", 1, loan.life)
    assert (loan.granted, loan.returned, loan.spent) == (1, 0, 1)


def test_a_right_moves_to_the_till_where_the_customer_is(shop: Shop) -> None:
    one, two = shop.counter("One"), shop.counter("Two")
    one.ring("s1")
    one.talk()
    one.ring("s1")
    one.checkout.void("s1", "17")
    two.ring("s2")
    two.talk()
    one.talk()  # hears that it is recalled
    one.talk()  # gives back
    two.ring("s2")
    two.talk()
    assert two.sell("s2") == FACE_MINOR
    assert one.sell("s3") == 0


def test_a_till_without_a_line_sells_with_what_it_holds(shop: Shop) -> None:
    one = shop.counter("One")
    one.ring("s1")
    one.talk()
    one.till.line.down = True
    assert one.sell("s1") == FACE_MINOR
    assert one.talk() in {"off_line", "waiting", "idle"}


def test_after_a_proper_end_it_counts_again_once_the_lender_answered(shop: Shop) -> None:
    one = shop.counter("One")
    one.ring("s1")
    one.talk()
    one.restart(properly=True)
    assert one.ring("s1").total_discount_minor == 0, "its lender has not answered since the start"
    assert one.talk() == "heard"
    assert one.ring("s1").total_discount_minor == FACE_MINOR


def test_after_a_power_cut_it_stays_lent_and_counts_nowhere(shop: Shop) -> None:
    one, two = shop.counter("One"), shop.counter("Two")
    one.ring("s1")
    one.talk()
    one.restart(properly=False)
    for counter in (one, two, one):
        counter.ring("s1")
        counter.talk()
        assert counter.ring("s1").total_discount_minor == 0
    assert sum(loan.granted - loan.returned for loan in shop.loans()) == 1


def test_a_copy_of_a_switched_off_till_is_noticed(shop: Shop) -> None:
    one = shop.counter("One")
    one.ring("s1")
    one.talk()
    one.close()
    shutil.copytree(one.till.folder, shop.folder / "copy")
    one.till.open()
    one.open()
    one.talk()
    assert one.sell("s1") == FACE_MINOR
    one.close()
    shutil.rmtree(one.till.folder)
    shutil.copytree(shop.folder / "copy", one.till.folder)
    one.till.open()
    one.open()
    assert one.sell("s4") == 0
    one.ring("s5")
    one.talk()
    assert one.ring("s5").total_discount_minor == 0, "the back-office knows this disk to be older than what it said"


def test_bounded_accepts_so_many_purchases_without_a_right(tmp_path: Path) -> None:
    shop = Shop(tmp_path, Offline("bounded", 2), coupons=4)
    try:
        one = shop.counter("One")
        one.till.line.down = True
        assert [one.sell(f"s{n}") for n in range(4)] == [FACE_MINOR, FACE_MINOR, 0, 0]
        one.till.line.down = False
        one.till.clock.forward(timedelta(seconds=30))
        one.till.sync_until_quiet()
        assert [use.root for use in shop.uses()] == ["", ""]
        one.till.line.down = True
        assert one.sell("s9") == FACE_MINOR, "its receipts have arrived: the next outage begins"
    finally:
        shop.close()


def test_what_a_chip_card_decides_is_lent_to_nobody_while_the_card_is_only_named(tmp_path: Path) -> None:
    shop = Shop(tmp_path, Offline("card"))
    try:
        one = shop.counter("One")
        assert one.ring("s1").total_discount_minor == 0
        one.talk()
        assert one.sell("s1") == 0
        assert shop.loans() == []
    finally:
        shop.close()


def test_a_limit_used_beyond_its_worth_names_the_sales_beyond_it_and_no_void(tmp_path: Path) -> None:
    shop = Shop(tmp_path, Offline("open"), coupons=0)
    try:
        first = Offer("first-o", "The first", MemberKnown(), Amount(100), Selector(), limits=Limits(uses_total=1))
        shop.office.put_live(Campaign("first", 1, "The first", *CAMPAIGN_DAYS, (first,), offline=Offline("bounded", 1)))
        shop.office.publish()
        one, two, three = (shop.counter(name) for name in ("One", "Two", "Three"))
        for counter in (one, two, three):
            assert counter.sell("s1") == 100
        three.checkout.void("s1", "17")
        for counter in (one, two, three):
            counter.till.sync_until_quiet()
        with shop.office.database.read() as session:
            [double] = doubles(session, shop.office.organisation_id)
        assert (double.kind, double.subject_id, double.worth, double.used) == ("uses", "first-o", 1, 2)
        sold = {f"{counter.till.journal.identity().workstation_id}:1:1" for counter in (one, two)}  # type: ignore[union-attr]
        assert {use.receipt_id for use in double.uses} == sold
        assert (double.loss_minor, [use.beyond for use in double.uses]) == (100, [False, True])
    finally:
        shop.close()


def test_open_counts_nothing(tmp_path: Path) -> None:
    shop = Shop(tmp_path, Offline("open"), coupons=2)
    try:
        one = shop.counter("One")
        one.till.line.down = True
        assert [one.sell(f"s{n}") for n in range(3)] == [FACE_MINOR, FACE_MINOR, 0]
        assert one.talk() == "idle"
    finally:
        shop.close()


def test_a_void_gives_the_right_back(shop: Shop) -> None:
    one = shop.counter("One")
    one.ring("s1")
    one.talk()
    assert one.sell("s1") == FACE_MINOR
    one.checkout.void("s1", "17")
    assert one.sell("s2") == FACE_MINOR
    one.till.sync_until_quiet()
    assert sum(use.units for use in shop.uses()) == 1
    assert [loan.spent for loan in shop.loans()] == [1]


def test_a_hub_serves_its_store_without_the_line(shop: Shop) -> None:
    hub = shop.counter("Hub")
    desk = HubDesk(hub.till.journal, hub.wishes)

    def over_the_counter(ask: RightAsk) -> RightAnswer:
        told = desk.answer(ask)
        if told is None:
            raise LinkDownError("not ready")
        return told

    one, two = shop.counter("One", over_the_counter), shop.counter("Two", over_the_counter)
    one.ring("s1")
    assert one.talk() == "off_line", "the hub has not heard from the back-office yet"
    assert hub.talk() == "heard", "it fetches what its till wished for"
    for counter in (hub, one, two):
        counter.till.line.down = True
    one.ring("s1")
    assert one.talk() == "heard"
    one.ring("s1")
    one.checkout.void("s1", "17")
    two.ring("s2")
    for counter in (two, one, one):
        counter.talk()
    two.ring("s2")
    two.talk()
    assert two.sell("s2") == FACE_MINOR, "the right went from till to till with the line down"
    for counter in (hub, one, two):
        counter.till.line.down = False
    two.till.clock.forward(timedelta(seconds=30))
    two.till.sync_until_quiet()
    [loan] = shop.loans()
    assert (loan.workstation_id, loan.spent) == (hub.till.journal.identity().workstation_id, 1)  # type: ignore[union-attr]
