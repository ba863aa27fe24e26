"""Cards at the till do what the table allows: by what the last tap showed, by a second factor, by line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.service import CheckoutService
from pos_engine.checkout.tap_trust import CARDS_MAX, TapTrust
from pos_engine.core.card_trust import stricter
from pos_engine.core.programme import OfflineRule, Programme
from pos_engine.ports.devices import CardIdentity
from tests.support.shop import ANNA_CARD, ANNA_PROVED, MEMBERS, RYE, Shop, a_set, line
from tests.support.till import OrderedIds

CLASSIC = CardIdentity("iso14443a", ANNA_CARD.uid_hex, "mifare_classic_1k")
BOUNDED = Programme(version=1, step_minor=1, value_offline=OfflineRule("bounded", 5_000))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    shop.publish(a_set(2, MEMBERS, programme=BOUNDED))
    shop.till.refresh()
    shop.balance("anna", "value", 2_000)
    yield shop
    shop.close()


def settles(shop: Shop, sale_ref: str, card: CardIdentity) -> bool:
    shop.tap(card)
    due_minor = shop.ring(sale_ref, line("1", RYE, 1_000)).total_due_minor
    try:
        shop.settle(sale_ref, due_minor, value=due_minor)
    except CheckoutError as error:
        refused = error
    else:
        return True
    shop.till.void(sale_ref, "17")
    assert refused.code == "tender_refused"
    assert "may not be used to pay now" in refused.text
    return False


@pytest.mark.parametrize(
    ("card", "on_line", "off_line"),
    [(ANNA_PROVED, True, True), (ANNA_CARD, True, False), (CLASSIC, False, False)],
    ids=["desfire_key", "uid", "mifare_classic"],
)
def test_stored_value_is_spent_as_the_table_says(shop: Shop, card: CardIdentity, on_line: bool, off_line: bool) -> None:
    shop.till.note_offline(offline=True)
    assert settles(shop, "1", card) == off_line
    shop.till.note_offline(offline=False)
    assert settles(shop, "2", card) == on_line


def pays_with_value(shop: Shop, sale_ref: str, card_id: str = "") -> bool:
    due_minor = shop.ring(sale_ref, line("1", RYE, 1_000), card_id=card_id).total_due_minor
    try:
        shop.settle(sale_ref, due_minor, value=due_minor)
    except CheckoutError:
        shop.till.void(sale_ref, "17")
        return False
    return True


def test_a_second_factor_helps_for_one_sale(shop: Shop) -> None:
    shop.till.note_offline(offline=True)
    assert not settles(shop, "1", ANNA_CARD)
    shop.tap(ANNA_CARD)
    assert shop.till.screen().asks_factor
    assert shop.till.allow_spending() == "anna"
    assert not shop.till.screen().asks_factor
    assert pays_with_value(shop, "3")
    assert not pays_with_value(shop, "4", ANNA_CARD.card_id)
    assert not settles(shop, "2", ANNA_CARD)


def test_a_second_factor_ends_with_the_next_tap_and_with_a_void(shop: Shop) -> None:
    shop.till.note_offline(offline=True)
    shop.tap(ANNA_CARD)
    shop.till.allow_spending()
    assert not settles(shop, "1", ANNA_CARD)
    shop.ring("2", line("1", RYE, 1_000), card_id=ANNA_CARD.card_id)
    shop.till.allow_spending()
    shop.till.void("2", "17")
    assert not pays_with_value(shop, "3", ANNA_CARD.card_id)


def test_a_card_that_a_register_names_can_be_vouched_for(shop: Shop) -> None:
    shop.till.note_offline(offline=True)
    due_minor = shop.ring("1", line("1", RYE, 1_000), card_id=ANNA_CARD.card_id).total_due_minor
    shop.till.allow_spending()
    shop.settle("1", due_minor, value=due_minor)


def test_nobody_can_vouch_for_a_card_whose_cipher_is_broken(shop: Shop) -> None:
    shop.till.note_offline(offline=True)
    shop.tap(CLASSIC)
    assert not shop.till.screen().asks_factor
    with pytest.raises(CheckoutError, match="may not be used to pay"):
        shop.till.allow_spending()


def test_a_pin_is_asked_for_where_it_helps_only(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.till.note_offline(offline=False)
    assert not shop.till.screen().asks_factor, "on line the card alone is enough"
    shop.till.note_offline(offline=True)
    assert shop.till.screen().asks_factor
    shop.ring("1", line("1", RYE, 1_000))
    assert shop.till.screen().asks_factor
    shop.balance("anna", "value", 0)
    shop.ring("1", line("1", RYE, 1_000))
    assert not shop.till.screen().asks_factor, "there is nothing to spend"


def test_a_copy_at_the_next_tap_is_worth_what_a_copy_is_worth(shop: Shop) -> None:
    shop.till.note_offline(offline=True)
    assert settles(shop, "1", ANNA_PROVED)
    assert not settles(shop, "2", ANNA_CARD)


def test_a_shop_that_takes_no_copied_cards_does_not_take_them(shop: Shop) -> None:
    trust = TapTrust(stricter({"uid": {"identify": "no"}}))
    shop.till = CheckoutService(shop.journal, shop.replica, shop.clock, OrderedIds(seed=5), trust)
    shop.tap(ANNA_CARD)
    message = shop.till.screen().message
    assert message is not None
    assert message.text == "Cards of this kind are not accepted here"
    assert shop.ring("1", line("1", RYE, 1_000), card_id=ANNA_CARD.card_id).member is None
    shop.tap(ANNA_PROVED)
    assert shop.till.card_with_key() == ANNA_PROVED.card_id


def test_what_is_remembered_is_bounded_and_forgotten_means_not_proved() -> None:
    trust = TapTrust()
    trust.note(ANNA_PROVED)
    assert trust.class_of(ANNA_PROVED.card_id) == "desfire_key"
    for number in range(CARDS_MAX):
        trust.note(CardIdentity("iso14443a", f"04{number:012X}"))
    assert trust.class_of(ANNA_PROVED.card_id) == "uid"
    assert trust.class_of("barcode:17") == "number"
    assert trust.last_with_key == ""
