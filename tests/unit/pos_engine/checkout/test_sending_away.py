"""Not this customer: who left before the goods were rung up, or was read by mistake, earns and spends nothing."""

from __future__ import annotations

import pytest

from pos_engine.checkout.errors import CheckoutError
from pos_engine.core.programme import OfflineRule, Programme
from tests.support.shop import ANNA_CARD, BEA_CARD, COFFEE, MEMBERS, ROLL, STRANGE_CARD, Shop, a_set, line

CUP = line("1", COFFEE, 250)
ROLL_ONLY = line("1", ROLL, 60)


def refused(shop: Shop) -> str:
    with pytest.raises(CheckoutError) as error:
        shop.till.send_customer_away()
    return error.value.code


def test_a_card_that_waits_goes_and_the_next_customer_is_nobody(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    assert shop.till.screen().can_send_away
    shop.till.send_customer_away()
    shown = shop.till.screen()
    assert (shown.mode, shown.member, shown.can_send_away) == ("idle", None, False)
    assert shop.message_code() == "card_sent_away"
    assert shop.sell("s1", CUP).member_id == ""


def test_coupons_go_with_the_customer_who_laid_them_down(shop: Shop) -> None:
    shop.hold_coupon("k1", "")
    shop.scan("k1")
    shop.till.send_customer_away()
    assert shop.message_code() == "coupon_sent_away"
    assert shop.ring("s1", CUP).coupons == ()
    shop.scan("k1")
    assert shop.ring("s1", CUP).coupons != (), "the same coupon counts when it is laid down again"


def test_the_customer_is_taken_off_an_open_sale_and_the_register_is_told(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    assert shop.ring("s1", CUP).total_due_minor == 200
    shop.till.send_customer_away()
    shown = shop.till.screen()
    assert (shown.mode, shown.member, shown.can_send_away) == ("sale", None, False)
    assert shown.sale is not None
    assert shown.sale.total_due_minor == 250
    assert shop.message_code() == "card_off_sale"
    with pytest.raises(CheckoutError) as differs:
        shop.settle("s1", 200)
    assert differs.value.code == "total_differs", "a price that somebody else's membership made is never taken"
    quote = shop.ring("s1", CUP)
    assert (quote.total_due_minor, quote.member) == (250, None)
    assert shop.settle("s1", 250).member_id == ""


def test_no_points_for_who_left_where_the_price_is_the_same(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    due_minor = shop.ring("s1", ROLL_ONLY).total_due_minor
    shop.till.send_customer_away()
    assert shop.settle("s1", due_minor).member_id == "", "the register did not ask the price again"


def test_the_next_card_counts_for_the_same_sale(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.till.send_customer_away()
    shop.tap(BEA_CARD)
    assert shop.sell("s1", CUP).member_id == "bea"


def test_what_the_price_rested_on_is_free_at_once(shop: Shop) -> None:
    def promised() -> int:
        count = "SELECT count(*) FROM rights_promises WHERE sale_ref = 's1'"
        return int(shop.journal.read(lambda connection: connection.execute(count).fetchone()[0]))

    shop.hold_coupon("k1", "anna")
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    assert promised()
    shop.till.send_customer_away()
    assert not promised()


def test_points_that_were_asked_for_are_not_asked_of_the_next_customer(shop: Shop) -> None:
    shop.publish(a_set(2, MEMBERS, programme=Programme(version=1, points_step=10, step_minor=10)))
    shop.till.refresh()
    for member in ("anna", "bea"):
        shop.balance(member, "points", 100)
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    assert shop.till.use_points("s1", 50).total_due_minor == 150
    shop.till.send_customer_away()
    shop.tap(BEA_CARD)
    assert shop.ring("s1", CUP).total_due_minor == 200


def test_a_card_that_the_register_named_is_taken_off_there(shop: Shop) -> None:
    shop.ring("s1", CUP, card_id=ANNA_CARD.card_id)
    assert not shop.till.screen().can_send_away
    assert refused(shop) == "card_of_register"
    shop.tap(ANNA_CARD)
    assert not shop.till.screen().can_send_away, "the same customer would stay"
    assert refused(shop) == "card_of_register"
    assert shop.ring("s1", CUP, card_id=ANNA_CARD.card_id).total_due_minor == 200


def test_the_registers_own_customer_counts_again(shop: Shop) -> None:
    shop.ring("s1", CUP, card_id=ANNA_CARD.card_id)
    shop.tap(BEA_CARD)
    shop.till.send_customer_away()
    message = shop.till.screen().message
    assert message is not None
    assert (message.code, "Now Anna's card" in message.text) == ("card_changed", True)
    assert shop.settle("s1", 200).member_id == "anna"


def test_nobody_there_is_said(shop: Shop) -> None:
    assert refused(shop) == "member_unknown"
    shop.ring("s1", CUP)
    assert refused(shop) == "member_unknown"
    shop.tap(STRANGE_CARD)
    assert refused(shop) == "member_unknown"


def test_a_card_that_waits_behind_a_sale_goes_with_its_customer(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.till.park("s1")
    shop.tap(BEA_CARD)
    shop.till.resume("s1")
    shop.till.send_customer_away()
    assert shop.sell("s1", CUP).member_id == "", "nobody saw that Bea's card waited"


def test_a_second_factor_has_to_be_given_anew(shop: Shop) -> None:
    shop.publish(a_set(2, MEMBERS, programme=Programme(version=1, value_offline=OfflineRule("bounded", 5_000))))
    shop.till.refresh()
    shop.balance("anna", "value", 2_000)
    shop.till.note_offline(offline=True)
    shop.tap(ANNA_CARD)
    shop.till.allow_spending()
    shop.till.send_customer_away()
    assert shop.till.screen().member is None
    shop.ring("s1", CUP, card_id=ANNA_CARD.card_id)
    assert shop.till.screen().asks_factor


def test_who_waited_behind_the_sale_has_to_give_it_anew_too(shop: Shop) -> None:
    shop.publish(a_set(2, MEMBERS, programme=Programme(version=1, value_offline=OfflineRule("bounded", 5_000))))
    shop.till.refresh()
    shop.balance("bea", "value", 2_000)
    shop.till.note_offline(offline=True)
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.till.park("s1")
    shop.tap(BEA_CARD)
    shop.till.allow_spending()
    shop.till.resume("s1")
    shop.till.send_customer_away()
    shop.ring("s1", CUP, card_id=BEA_CARD.card_id)
    assert shop.till.screen().asks_factor


def test_of_coupons_scanned_for_the_sale_those_of_the_customer_go_and_the_others_stay(shop: Shop) -> None:
    for coupon_id, member_id in (("hers", "anna"), ("anybodys", ""), ("beas", "bea")):
        shop.hold_coupon(coupon_id, member_id)
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    for code in ("hers", "anybodys", "beas", "nobody-knows-this"):
        shop.scan(code)
    told = {each.code: each.reason for each in shop.ring("s1", CUP).coupons}
    assert told["hers"] == told["anybodys"] == "accepted"
    shop.till.send_customer_away()
    told = {each.code: each.reason for each in shop.ring("s1", CUP).coupons}
    assert "hers" not in told, "nobody is told of a coupon of somebody who left"
    assert told["anybodys"] == "accepted", "laid down by whoever stands there"
    shop.restart()
    assert {each.code for each in shop.ring("s1", CUP).coupons} == set(told), "as it is on the disk"


def test_a_coupon_that_went_counts_again_when_its_customer_comes_back(shop: Shop) -> None:
    shop.hold_coupon("hers", "anna")
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.scan("hers")
    shop.till.send_customer_away()
    shop.tap(ANNA_CARD)
    shop.scan("hers")
    assert [(each.code, each.accepted) for each in shop.ring("s1", CUP).coupons] == [("hers", True)]


def test_what_the_register_handed_over_stays_with_the_register(shop: Shop) -> None:
    shop.hold_coupon("hers", "anna")
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP, codes=("hers",))
    shop.till.send_customer_away()
    quote = shop.ring("s1", CUP, codes=("hers",))
    assert [each.reason for each in quote.coupons] == ["other_member"], "and it is not given to anybody else"


def test_it_is_on_the_disk(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.till.send_customer_away()
    shop.restart()
    shown = shop.till.screen()
    assert (shown.mode, shown.member) == ("sale", None)
    assert shop.settle("s1", 250).member_id == ""
