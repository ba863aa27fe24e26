"""A shop's day at the till. Monday, 23 November 2026; bread 10 % off on Mondays, coffee 0.50 off for members."""

from __future__ import annotations

import threading

import pytest

from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import QuoteRequest
from pos_engine.core.evaluate import evaluate
from pos_engine.wire import documents
from tests.support.shop import (
    ANNA_CARD,
    BEA_CARD,
    BOOK,
    BOTTLE,
    COFFEE,
    LABOUR,
    RYE,
    Shop,
    line,
)

BREAD = line("1", RYE, 400)
CUP = line("2", COFFEE, 250)


def test_bread_on_monday_is_ten_percent_off_and_the_receipt_is_numbered(shop: Shop) -> None:
    quote = shop.ring("s1", BREAD, CUP)
    assert (quote.total_value_minor, quote.total_discount_minor, quote.total_due_minor) == (650, 40, 610)
    assert [(note.name, note.saving_minor) for note in quote.offers.applied] == [("Monday bread 10 %", 40)]
    assert [(d.name, d.amount_minor) for d in quote.lines[0].discounts] == [("Monday bread 10 %", 40)]
    closed = shop.settle("s1", 610)
    assert (closed.receipt_id, closed.sequence_no, closed.total_due_minor) == ("till-1:1:1", 1, 610)
    assert shop.journal.outbox_count() == 1


@pytest.mark.parametrize("order", ["card, goods", "goods, card, goods again"])
def test_card_first_or_goods_first_makes_no_difference(shop: Shop, order: str) -> None:
    if order == "card, goods":
        shop.tap(ANNA_CARD)
        quote = shop.ring("s1", BREAD, CUP)
    else:
        shop.ring("s1", BREAD, CUP)
        shop.tap(ANNA_CARD)
        quote = shop.ring("s1", BREAD, CUP)
    assert quote.total_due_minor == 560
    assert quote.member is not None
    assert (quote.member.display_name, quote.member.points) == ("Anna", 120)
    assert shop.settle("s1", 560).member_id == "anna"


def test_goods_no_offer_may_touch_and_service_lines(shop: Shop) -> None:
    quote = shop.ring("s1", line("1", BOOK, 1000), line("2", LABOUR, 5000), line("3", BOTTLE, 25))
    assert quote.total_discount_minor == 0


def test_the_registers_price_quantity_and_vat_win_and_an_unknown_product_has_the_stated_rate(shop: Shop) -> None:
    quote = shop.ring("s1", line("1", RYE, 123, 3), line("2", "no such thing", 100))
    assert [(x.value_minor, x.vat_bp) for x in quote.lines] == [(369, 700), (100, 1900)]
    assert quote.lines[0].name == "Rye bread"


def test_a_sale_is_parked_and_another_customer_goes_first(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", BREAD, CUP)
    shop.till.park("s1")
    assert [(p.label, p.total_due_minor) for p in shop.till.screen().parked] == [("Anna", 560)]
    shop.tap(BEA_CARD)
    other = shop.sell("s2", CUP)
    assert other.member_id == "bea"
    assert shop.till.status("s1").state == "parked"
    again = shop.till.resume("s1")
    assert (again.total_due_minor, again.member.display_name if again.member else "") == (560, "Anna")
    assert shop.settle("s1", 560).member_id == "anna"
    assert shop.till.screen().parked == ()


def test_several_sales_are_open_at_once_and_the_one_quoted_last_has_the_card(shop: Shop) -> None:
    shop.ring("s1", CUP)
    shop.ring("s2", CUP)
    shop.ring("s1", CUP, BREAD)
    shop.tap(ANNA_CARD)
    assert shop.ring("s2", CUP).member is None
    assert shop.ring("s1", CUP, BREAD).member is not None


def test_a_commit_is_done_once_and_told_again(shop: Shop) -> None:
    first = shop.sell("s1", BREAD)
    again = shop.settle("s1", first.total_due_minor)
    assert (again.receipt_id, again.repeated, first.repeated) == (first.receipt_id, True, False)
    assert shop.journal.max_seq() == 1


REFUSED = [
    ("commit of a sale nobody quoted", lambda s: s.settle("never", 1), "sale_unknown"),
    ("another total than quoted", lambda s: (s.ring("s1", BREAD), s.settle("s1", 400)), "total_differs"),
    ("a quote for a closed sale", lambda s: (s.sell("s1", BREAD), s.ring("s1", BREAD)), "sale_closed"),
    ("a closed sale settled with another sum", lambda s: (s.sell("s1", BREAD), s.settle("s1", 1)), "sale_closed"),
    (
        "a quote for a voided sale",
        lambda s: (s.ring("s1", BREAD), s.till.void("s1", "17"), s.ring("s1", BREAD)),
        "sale_voided",
    ),
    (
        "commit of a voided sale",
        lambda s: (s.ring("s1", BREAD), s.till.void("s1", "17"), s.settle("s1", 360)),
        "sale_voided",
    ),
    ("parking nothing", lambda s: s.till.park("never"), "sale_unknown"),
    ("voiding nothing", lambda s: s.till.void("never", "17"), "sale_unknown"),
    ("an offer that does not exist", lambda s: (s.ring("s1", BREAD), s.till.decline("s1", "x")), "offer_unknown"),
    ("a negative price", lambda s: s.ring("s1", line("1", RYE, -1)), "basket_bad"),
    ("no pieces at all", lambda s: s.ring("s1", line("1", RYE, 1, 0)), "basket_bad"),
    ("an absurd quantity", lambda s: s.ring("s1", line("1", RYE, 1, 10_000)), "basket_bad"),
    ("an absurd price", lambda s: s.ring("s1", line("1", RYE, 10**9)), "basket_bad"),
    ("a line id twice", lambda s: s.ring("s1", BREAD, BREAD), "basket_bad"),
    ("too many lines", lambda s: s.ring("s1", *(line(str(n), RYE, 1) for n in range(2_001))), "basket_bad"),
    ("a copy of nothing", lambda s: s.till.reprint("till-1:1:99", "17"), "receipt_unknown"),
]


@pytest.mark.parametrize(("step", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_the_till_refuses(shop: Shop, step: object, code: str) -> None:
    with pytest.raises(CheckoutError) as refused:
        step(shop)  # type: ignore[operator]
    assert refused.value.code == code
    assert refused.value.text.endswith(".")


def test_a_refused_total_leaves_the_sale_open(shop: Shop) -> None:
    shop.ring("s1", BREAD)
    with pytest.raises(CheckoutError):
        shop.settle("s1", 400)
    assert shop.till.status("s1").state == "open"
    assert shop.settle("s1", 360).total_due_minor == 360


def test_the_cashier_takes_an_offer_off_and_puts_it_back(shop: Shop) -> None:
    shop.ring("s1", BREAD)
    without = shop.till.decline("s1", "bread-10")
    assert without.total_due_minor == 400
    assert [note.offer_id for note in without.offers.declined] == ["bread-10"]
    assert shop.message_code() == "quote_again"
    told = shop.till.status("s1").quote
    assert told is not None
    assert told.total_due_minor == 360, "what the register was told holds until it asks again"
    assert shop.till.accept("s1", "bread-10").total_due_minor == 360
    shop.till.decline("s1", "bread-10")
    assert shop.sell("s1", BREAD).total_due_minor == 400


def test_a_card_tapped_after_the_last_quote_waits_for_the_next_one(shop: Shop) -> None:
    shop.ring("s1", CUP)
    shop.tap(ANNA_CARD)
    screen = shop.till.screen()
    assert (screen.message.code if screen.message else "", screen.sale.total_due_minor if screen.sale else 0) == (
        "card_read_quote_again",
        200,
    )
    closed = shop.settle("s1", 250)
    assert (closed.total_due_minor, closed.member_id) == (250, "")


def test_an_open_sale_given_up_leaves_no_receipt(shop: Shop) -> None:
    shop.ring("s1", BREAD)
    shop.till.void("s1", "17")
    shop.till.void("s1", "17")
    assert shop.till.status("s1").state == "voided"
    assert shop.journal.max_seq() == 0


def test_a_closed_sale_is_undone_by_its_mirror(shop: Shop) -> None:
    closed = shop.sell("s1", BREAD, CUP)
    before = shop.journal.day_totals(closed.business_day)
    shop.till.void("s1", "17")
    shop.till.void("s1", "17")
    after = shop.journal.day_totals(closed.business_day)
    assert (before.due_minor, before.redemptions) == (610, 1)
    assert (after.due_minor, after.redemptions, after.receipts) == (0, 0, 2)
    kinds = [(r.kind, r.total_due_minor) for r in shop.till.recent_receipts()]
    assert kinds == [("void", -610), ("sale", 610)]
    assert shop.till.status("s1").state == "voided"


def test_the_receipt_carries_all_that_is_needed_to_price_it_again(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    closed = shop.sell("s1", BREAD, CUP)
    receipt = shop.journal.receipt(closed.receipt_id)
    assert receipt is not None
    rules = shop.till._need().rules.pinned(receipt.set_version)
    assert rules is not None
    outcome = evaluate(
        rules.ruleset,
        documents.decode_basket(bytes(receipt.basket)),
        documents.decode_member(bytes(receipt.member)),
        documents.decode_usage(bytes(receipt.usage)),
        documents.decode_moment(bytes(receipt.moment)),
        explain=False,
    )
    assert documents.encode(outcome) == bytes(receipt.outcome)
    assert set(receipt.campaign_hashes) == {"bread-day", "members"}


def test_a_sale_made_while_nobody_answered_is_recorded_as_it_was_paid(shop: Shop) -> None:
    quote = shop.till.quote(QuoteRequest("earlier", (BREAD, CUP), card_id=BEA_CARD.card_id, at_register_price=True))
    assert (quote.total_due_minor, quote.total_discount_minor) == (650, 0)
    assert {note.code for note in quote.offers.lost} == {"register_price"}
    shop.restart()  # between the two steps
    closed = shop.settle("earlier", 650)
    assert (closed.member_id, closed.issued_coupons) == ("bea", ())
    receipt = shop.journal.receipt(closed.receipt_id)
    assert receipt is not None
    again = evaluate(
        shop.till._need().rules.current().ruleset,
        documents.decode_basket(bytes(receipt.basket)),
        documents.decode_member(bytes(receipt.member)),
        documents.decode_usage(bytes(receipt.usage)),
        documents.decode_moment(bytes(receipt.moment)),
        explain=False,
    )
    assert documents.encode(again) == bytes(receipt.outcome)


def test_a_card_that_waits_belongs_to_the_customer_who_stands_there(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    message = shop.message_code()
    shop.till.quote(QuoteRequest("earlier", (BREAD,), at_register_price=True))
    assert shop.settle("earlier", 400).member_id == ""
    assert shop.message_code() == message
    assert shop.ring("now", BREAD, CUP).total_due_minor == 560
    assert shop.till.screen().sale is not None


def test_a_sale_that_is_stuck_is_seen_from_outside(shop: Shop) -> None:
    """What the watchdog rests on: a till whose sale at hand never ends does not say that it lives."""
    stuck, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with shop.till._lock:
            stuck.set()
            go_on.wait(30)

    holder = threading.Thread(target=hold, daemon=True)
    assert shop.till.answers_within(30)
    holder.start()
    try:
        assert stuck.wait(30)
        assert not shop.till.answers_within(0.01)
    finally:
        go_on.set()
    holder.join(30)
    assert shop.till.answers_within(30)
