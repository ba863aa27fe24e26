"""Coupons that were printed in thousands: a till knows a real one with no line and no list, and takes it once."""

from __future__ import annotations

import pytest

from pos_engine.wire.coupon_runs import CouponRunBody, run_code
from pos_engine.wire.sync import CouponBody
from tests.support.shop import COFFEE, Shop, line

CUP = line("1", COFFEE, 1_000)
KEY, TAG = "c3" * 32, "7K2M"


def print_run(shop: Shop, *, void: bool = False) -> None:
    """A hundred leaflets, each worth 2 €; nothing else tells the till of them."""
    body = CouponRunBody(
        tag=TAG, series_id="next-visit-series", campaign_id="next-visit", key=KEY, count=100, void=void
    )
    shop.put("coupon_run", TAG, body)


def verdicts(shop: Shop, sale_ref: str, *codes: str) -> list[str]:
    return [each.reason for each in shop.ring(sale_ref, CUP, codes=codes).coupons]


def test_a_real_one_is_taken_once_off_line(shop: Shop) -> None:
    print_run(shop)
    code = run_code(KEY, TAG, 7)
    sold = shop.sell("s1", CUP, codes=(code.lower(),))
    assert sold.total_discount_minor == 200
    assert [each for applied in sold.outcome.applied for each in applied.redeemed_coupon_ids] == [code]
    assert verdicts(shop, "s2", code) == ["used"]
    assert verdicts(shop, "s3", run_code(KEY, TAG, 8)) == ["accepted"]


def test_it_is_scanned_like_any_coupon(shop: Shop) -> None:
    print_run(shop)
    shop.ring("s1", CUP)
    shop.scan(run_code(KEY, TAG, 9))
    assert shop.ring("s1", CUP).total_discount_minor == 200


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (run_code("c4" * 32, TAG, 7), "not_genuine"),
        (run_code(KEY, TAG, 100), "not_genuine"),
        (run_code(KEY, "7K2N", 7), "unknown"),
        (run_code(KEY, TAG, 7)[:-1] + "=", "unreadable"),
    ],
)
def test_an_invented_one_is_known_as_such(shop: Shop, code: str, verdict: str) -> None:
    print_run(shop)
    quote = shop.ring("s1", CUP, codes=(code,))
    assert [(each.reason, each.accepted) for each in quote.coupons] == [(verdict, False)]
    assert quote.total_discount_minor == 0
    assert code in quote.coupons[0].text or verdict == "unreadable"


def test_what_another_till_took_and_what_the_shop_takes_back_counts_no_more(shop: Shop) -> None:
    print_run(shop)
    used, single, other = (run_code(KEY, TAG, number) for number in (1, 2, 3))
    body = CouponBody(coupon_id=used, series_id="next-visit-series", campaign_id="next-visit", redeemed_by=("t:1:1",))
    shop.put("coupon", used, body)
    shop.put("coupon", single, CouponBody(coupon_id=single, series_id="x", campaign_id="x", uses_total=0))
    assert verdicts(shop, "s1", used, single, other) == ["used", "taken_back", "accepted"]
    print_run(shop, void=True)
    assert verdicts(shop, "s2", other) == ["taken_back"]


def test_a_public_code_is_typed_in_any_case(shop: Shop) -> None:
    body = CouponBody(coupon_id="SUMMER26", series_id="next-visit-series", campaign_id="next-visit", uses_total=2)
    shop.put("coupon", "SUMMER26", body)
    for sale_ref in ("s1", "s2"):
        assert shop.sell(sale_ref, CUP, codes=(" summer26",)).total_discount_minor == 200
    assert verdicts(shop, "s3", "Summer26") == ["used"]
