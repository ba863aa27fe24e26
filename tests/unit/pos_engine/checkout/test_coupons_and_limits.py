"""Coupons on cards (V2), on paper (V10), and offers that end: each is honoured once, and a refusal says why."""

from __future__ import annotations

from datetime import date

import pytest

from pos_engine.checkout.errors import CheckoutError
from pos_engine.ports.document import Barcode, QrCode
from pos_engine.wire.sync import CouponBody
from tests.support.shop import ANNA_CARD, BEA_CARD, COFFEE, RYE, Shop, line

CUP = line("1", COFFEE, 1_000)
BIG = line("1", RYE, 3_000)
GOOD_CODE = "C04HMASW9NF6YH"


def earn(shop: Shop, sale_ref: str = "earn") -> str:
    closed = shop.sell(sale_ref, BIG)
    (coupon,) = closed.issued_coupons
    return coupon.coupon_id


def test_reading_the_card_is_enough_to_redeem_the_coupon_it_holds_once(shop: Shop) -> None:
    shop.hold_coupon("k1", "anna")
    shop.tap(ANNA_CARD)
    first = shop.sell("s1", CUP)
    assert first.total_discount_minor == 550
    assert [c for a in first.outcome.applied for c in a.redeemed_coupon_ids] == ["k1"]
    shop.tap(ANNA_CARD)
    assert shop.sell("s2", CUP).total_discount_minor == 50


def test_news_on_its_way_counts_once(shop: Shop) -> None:
    shop.hold_coupon("k1", "anna", uses_total=2)
    shop.tap(ANNA_CARD)
    first = shop.sell("s1", CUP)
    shop.hold_coupon("k1", "anna", uses_total=2, redeemed_by=(first.receipt_id,))
    shop.tap(ANNA_CARD)
    assert shop.sell("s2", CUP).total_discount_minor == 550
    shop.tap(ANNA_CARD)
    assert shop.sell("s3", CUP).total_discount_minor == 50


def test_the_receipt_gives_a_coupon_and_it_is_honoured_a_week_later_and_once(shop: Shop) -> None:
    code = earn(shop)
    shop.days_later(8)
    quote = shop.ring("s2", CUP, codes=(code.lower(),))
    assert [(c.code, c.reason) for c in quote.coupons] == [(code, "accepted")]
    assert quote.total_discount_minor == 200
    shop.settle("s2", 800)
    again = shop.ring("s3", CUP, codes=(code,))
    assert [c.reason for c in again.coupons] == ["used"]
    assert (again.total_discount_minor, [m.code for m in again.messages]) == (0, ["coupon_used"])


def test_a_coupon_may_be_scanned_before_during_or_by_the_register(shop: Shop) -> None:
    codes = [earn(shop, f"earn-{n}") for n in range(3)]
    shop.days_later(1)
    shop.scan(codes[0])
    assert shop.message_code() == "coupon_waiting"
    assert shop.sell("before", CUP).total_discount_minor == 200
    shop.ring("during", CUP)
    shop.scan(codes[1])
    assert shop.message_code() == "coupon_accepted"
    assert shop.sell("during", CUP).total_discount_minor == 200
    assert shop.sell("register", CUP, codes=(codes[2],)).total_discount_minor == 200


JUDGED = [
    ("the day it was given", 0, lambda code: code, "not_yet"),
    ("its last day", 14, lambda code: code, "accepted"),
    ("the day after", 15, lambda code: code, "expired"),
    ("never given out", 1, lambda _: GOOD_CODE, "unknown"),
    ("misread", 1, lambda code: code[:-1] + ("1" if code[-1] != "1" else "2"), "unreadable"),
]


@pytest.mark.parametrize(("days", "shown", "verdict"), [row[1:] for row in JUDGED], ids=[row[0] for row in JUDGED])
def test_each_code_has_a_plain_answer_and_the_sale_goes_on(shop: Shop, days: int, shown: object, verdict: str) -> None:
    code = earn(shop)
    shop.days_later(days)
    quote = shop.ring("s2", CUP, codes=(shown(code),))  # type: ignore[operator]
    assert [c.reason for c in quote.coupons] == [verdict]
    assert all(c.text and "{" not in c.text for c in quote.coupons)
    shop.settle("s2", quote.total_due_minor)


def test_a_coupon_of_another_customers_card_is_refused(shop: Shop) -> None:
    body = CouponBody(
        coupon_id=GOOD_CODE,
        series_id="next-visit-series",
        campaign_id="next-visit",
        member_id="anna",
        valid_until=date(2030, 1, 1),
    )
    shop.put("coupon", GOOD_CODE, body)
    shop.tap(BEA_CARD)
    assert [c.reason for c in shop.ring("s1", CUP, codes=(GOOD_CODE,)).coupons] == ["other_member"]


def test_the_coupon_of_a_voided_receipt_is_dead_and_its_paper_is_not_printed(shop: Shop) -> None:
    code = earn(shop)
    shop.till.void("earn", "17")
    shop.days_later(1)
    assert [c.reason for c in shop.ring("s2", CUP, codes=(code,)).coupons] == ["cancelled"]
    kinds = []
    while (job := shop.journal.next_print_job()) is not None:
        shop.journal.print_begun(job.job_no)
        shop.journal.print_done(job.job_no)
        kinds.append((job.kind, job.coupon_id, any("CANCELLATION" in str(b) for b in job.document.blocks)))
    assert kinds == [("receipt", "", True)]


def test_a_voided_redemption_gives_the_coupon_back(shop: Shop) -> None:
    code = earn(shop)
    shop.days_later(1)
    shop.sell("s2", CUP, codes=(code,))
    shop.till.void("s2", "17")
    assert shop.sell("s3", CUP, codes=(code,)).total_discount_minor == 200


def test_two_parked_sales_cannot_both_redeem_one_coupon(shop: Shop) -> None:
    code = earn(shop)
    shop.days_later(1)
    shop.ring("s2", CUP, codes=(code,))
    shop.ring("s3", CUP, codes=(code,))
    assert shop.settle("s2", 800).total_discount_minor == 200
    with pytest.raises(CheckoutError) as refused:
        shop.settle("s3", 800)
    assert refused.value.code == "total_differs"
    assert shop.message_code() == "price_changed"
    assert shop.settle("s3", 1_000).total_discount_minor == 0


def test_an_offer_for_the_first_two_ends_after_two_here_and_elsewhere(shop: Shop) -> None:
    roll = line("1", "4002", 60)
    assert [shop.sell(f"s{n}", roll).total_discount_minor for n in range(3)] == [60, 60, 0]
    reasons = {note.offer_id: note.code for note in shop.ring("s9", roll).offers.lost}
    assert reasons["free-roll"] == "limit_total"


def test_uses_of_other_tills_count(shop: Shop) -> None:
    roll = line("1", "4002", 60)
    shop.used_elsewhere("free-roll", 1)
    assert [shop.sell(f"s{n}", roll).total_discount_minor for n in range(2)] == [60, 0]


def test_the_last_use_goes_to_the_sale_that_closes_first(shop: Shop) -> None:
    roll = line("1", "4002", 60)
    shop.used_elsewhere("free-roll", 1)
    shop.ring("slow", roll)
    shop.ring("fast", roll)
    shop.settle("fast", 0)
    with pytest.raises(CheckoutError):
        shop.settle("slow", 0)
    assert shop.settle("slow", 60).total_due_minor == 60


def test_paper_is_owed_in_order_and_a_copy_carries_no_code(shop: Shop) -> None:
    code = earn(shop)
    shop.till.reprint("till-1:1:1", "17")
    jobs = []
    while (job := shop.journal.next_print_job()) is not None:
        assert shop.journal.print_begun(job.job_no)
        shop.journal.print_done(job.job_no)
        assert not shop.journal.print_begun(job.job_no)
        jobs.append(job)
    assert [(j.kind, j.coupon_id) for j in jobs] == [("receipt", ""), ("coupon", code), ("copy", ""), ("copy", code)]
    readable = [[type(b).__name__ for b in j.document.blocks if isinstance(b, Barcode | QrCode)] for j in jobs]
    assert readable == [["QrCode"], ["Barcode", "QrCode"], [], []]
    assert all("COPY" in str(j.document) for j in jobs[2:])
    assert not any(code in str(j.document) for j in jobs[2:])


def test_what_is_worth_a_word_is_ordered_by_what_it_would_save(shop: Shop) -> None:
    quote = shop.ring("s1", line("1", COFFEE, 250, 2), line("2", RYE, 1_000))
    assert [(note.offer_id, note.saving_minor, note.code) for note in quote.offers.available] == [
        ("member-coffee", 50, "no_member"),
        ("earn-coupon", 0, "missing_spend"),
        ("free-roll", 0, "free_product_not_in_basket"),
    ]
    assert quote.offers.available[2].text.endswith("Roll"), "people know products by name"
