"""What a cashier is told about cards (T11), and that nothing is lost whatever is held to the reader."""

from __future__ import annotations

import pytest

from pos_engine.checkout.screen import ScreenState
from pos_engine.ports.devices import CardIdentity, CardRefused, CardRemoved, CardTrouble
from pos_engine.wire.sync import CardBody
from tests.support.shop import ANNA_CARD, BEA_CARD, COFFEE, LOST_CARD, OLD_CARD, STRANGE_CARD, Shop, line
from tests.support.till import HandClock

CUP = line("1", COFFEE, 250)


@pytest.mark.parametrize(
    ("card", "code"),
    [(STRANGE_CARD, "card_unknown"), (LOST_CARD, "card_blocked"), (OLD_CARD, "card_replaced")],
    ids=["unknown", "blocked", "replaced"],
)
def test_a_card_that_does_not_count_is_said_and_the_sale_goes_on(shop: Shop, card: CardIdentity, code: str) -> None:
    shop.ring("s1", CUP)
    shop.tap(card)
    assert shop.message_code() == code
    quote = shop.ring("s1", CUP)
    assert (quote.total_due_minor, quote.member) == (250, None)
    assert [m.code for m in quote.messages][:1] == [code], "the register is told with its next quote"
    assert shop.settle("s1", 250).member_id == ""


@pytest.mark.parametrize("trouble", list(CardTrouble), ids=lambda t: t.value)
def test_a_phone_two_cards_a_foreign_or_unreadable_one(shop: Shop, trouble: CardTrouble) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.till.reader_event("counter", CardRefused(trouble))
    assert shop.message_code() == trouble.value
    quote = shop.ring("s1", CUP)
    assert quote.member is not None, "the card read before still counts"
    assert [m.code for m in quote.messages] == [trouble.value]
    assert shop.ring("s1", CUP).messages == (), "it is told once"


def test_a_bad_card_does_not_push_a_good_one_out(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.tap(LOST_CARD)
    assert shop.ring("s1", CUP).total_due_minor == 200


def test_the_card_may_be_taken_away(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.till.reader_event("counter", CardRemoved())
    assert shop.ring("s1", CUP).total_due_minor == 200
    shop.till.reader_event("counter", CardRemoved())
    assert shop.settle("s1", 200).member_id == "anna"


def test_of_two_cards_the_later_one_counts_and_the_first_can_be_tapped_again(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.tap(BEA_CARD)
    message = shop.till.screen().message
    assert message is not None
    assert (message.code, message.severity) == ("card_changed", "warning")
    assert "Bea" in message.text
    assert "Anna" in message.text
    quote = shop.ring("s1", CUP)
    assert quote.member is not None
    assert quote.member.member_id == "bea"
    shop.tap(ANNA_CARD)
    assert shop.sell("s1", CUP).member_id == "anna"


def test_two_cards_before_the_goods(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.tap(BEA_CARD)
    assert shop.message_code() == "card_changed"
    assert shop.sell("s1", CUP).member_id == "bea"


def test_a_card_tapped_after_the_sale_is_closed_belongs_to_the_next(shop: Shop) -> None:
    shop.sell("s1", CUP)
    shop.tap(ANNA_CARD)
    assert (shop.message_code(), shop.till.screen().mode) == ("card_waiting", "card_waiting")
    assert shop.journal.recent_receipts(1)[0].member_id == ""
    assert shop.sell("s2", CUP).member_id == "anna"
    assert shop.sell("s3", CUP).member_id == "", "a tap counts for one sale"


@pytest.mark.parametrize(("seconds", "member"), [(119, "anna"), (121, "")])
def test_a_waiting_card_is_forgotten_after_two_minutes(shop: Shop, seconds: int, member: str) -> None:
    shop.tap(ANNA_CARD)
    shop.clock.sleep(seconds)
    assert shop.sell("s1", CUP).member_id == member


def test_a_clock_that_jumps_does_not_forget_the_card(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.clock.shown = HandClock().shown.replace(year=2031)
    assert shop.ring("s1", CUP).member is not None


def test_a_second_waiting_customer_does_not_get_into_the_first_ones_sale(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.till.park("s1")
    shop.tap(BEA_CARD)
    assert shop.ring("s1", CUP).member is not None
    assert shop.settle("s1", 200).member_id == "anna"
    assert shop.sell("s2", CUP).member_id == "bea"


def test_the_registers_own_card_counts_and_a_later_tap_goes_before_it(shop: Shop) -> None:
    quote = shop.ring("s1", CUP, card_id=BEA_CARD.card_id)
    assert quote.member is not None
    assert quote.member.member_id == "bea"
    shop.tap(ANNA_CARD)
    quote = shop.ring("s1", CUP, card_id=BEA_CARD.card_id)
    assert quote.member is not None
    assert quote.member.member_id == "anna"
    quote = shop.ring("s1", CUP, card_id=STRANGE_CARD.card_id)
    assert quote.member is not None, "an unknown card of the register leaves the tapped one"
    assert [m.code for m in quote.messages] == []


def test_a_card_number_under_the_scanner(shop: Shop) -> None:
    shop.put("card", "barcode:2600001", CardBody(card_id="barcode:2600001", member_id="anna"))
    shop.scan("2600001")
    assert shop.message_code() == "card_waiting"
    shop.ring("s1", CUP)
    shop.scan("4001234567890")
    assert shop.message_code() == "code_unknown"
    assert shop.settle("s1", 200).member_id == "anna"


def test_listeners_get_complete_pictures_in_order_until_they_leave(shop: Shop) -> None:
    seen: list[ScreenState] = []
    leave = shop.till.subscribe(lambda: seen.append(shop.till.screen()))
    shop.tap(ANNA_CARD)
    shop.sell("s1", CUP)
    assert [s.mode for s in seen] == ["card_waiting", "sale", "closed"]
    assert [s.version for s in seen] == sorted({s.version for s in seen})
    assert seen[-1].sale is not None
    assert seen[-1].sale.receipt_id == "till-1:1:1"
    assert seen[-1].outbox_count == 1
    leave()
    leave()
    shop.tap(BEA_CARD)
    assert len(seen) == 3
