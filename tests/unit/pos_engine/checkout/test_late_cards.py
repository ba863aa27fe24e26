"""Each receipt says when its member was known: after how many lines, how long before the end."""

from __future__ import annotations

from datetime import timedelta

from pos_engine.journal.outbox import receipt_id_of
from pos_engine.wire.card_came import CardCame
from pos_engine.wire.sync import ReceiptDocument
from tests.support.shop import ANNA_CARD, BEA_CARD, COFFEE, LOST_CARD, RYE, Shop, line

CUP, SLICE = line("1", COFFEE, 250), line("2", RYE, 400)


def receipt(shop: Shop, sale_ref: str) -> ReceiptDocument:
    quote = shop.till.status(sale_ref).quote
    assert quote is not None
    closed = shop.settle(sale_ref, quote.total_due_minor)
    found = shop.journal.receipt(closed.receipt_id)
    assert found is not None
    assert receipt_id_of(found) == closed.receipt_id
    return found


def came(shop: Shop, sale_ref: str) -> CardCame | None:
    return receipt(shop, sale_ref).card_came


def test_a_card_before_the_goods(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.clock.forward(timedelta(seconds=9))
    shop.ring("s1", CUP, SLICE)
    assert came(shop, "s1") == CardCame(after_lines=0, before_end_ms=9_000)


def test_a_card_among_the_goods_and_one_after_the_last(shop: Shop) -> None:
    shop.ring("s1", CUP)
    shop.tap(ANNA_CARD)
    shop.clock.forward(timedelta(seconds=3))
    shop.ring("s1", CUP, SLICE)
    assert came(shop, "s1") == CardCame(after_lines=1, before_end_ms=3_000)
    shop.ring("s2", CUP, SLICE)
    shop.tap(ANNA_CARD)
    shop.clock.forward(timedelta(milliseconds=1_500))
    shop.ring("s2", CUP, SLICE)
    assert came(shop, "s2") == CardCame(after_lines=2, before_end_ms=1_500)


def test_another_customer_at_the_end_counts_from_then_and_the_same_one_again_does_not(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP, SLICE)
    shop.clock.forward(timedelta(seconds=30))
    shop.tap(ANNA_CARD)
    shop.tap(LOST_CARD)
    shop.ring("s1", CUP, SLICE)
    shop.till.park("s1")
    shop.restart()
    shop.till.resume("s1")
    assert came(shop, "s1") == CardCame(after_lines=0, before_end_ms=30_000)
    shop.tap(ANNA_CARD)
    shop.ring("s2", CUP, SLICE)
    shop.clock.forward(timedelta(seconds=30))
    shop.tap(BEA_CARD)
    shop.ring("s2", CUP, SLICE)
    assert came(shop, "s2") == CardCame(after_lines=2, before_end_ms=0)


def test_a_clock_that_was_set_back_counts_as_the_last_moment(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("s1", CUP)
    shop.clock.forward(timedelta(hours=-3))
    assert came(shop, "s1") == CardCame(after_lines=0, before_end_ms=0)


def test_nobody_came_and_a_card_after_the_tender_earns_nothing_on_the_sale_before(shop: Shop) -> None:
    shop.ring("s1", CUP)
    closed = receipt(shop, "s1")
    shop.tap(ANNA_CARD)
    assert (closed.member_id, closed.card_came, closed.bookings) == ("", None, ())
    again = shop.journal.receipt(receipt_id_of(closed))
    assert again == closed
    shop.ring("s2", CUP)
    assert came(shop, "s2") == CardCame(after_lines=0, before_end_ms=0)
