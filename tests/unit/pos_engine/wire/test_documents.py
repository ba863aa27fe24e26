"""Documents around a sale: canonical bytes, and refusals that name the place."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, BasketLine, PresentedCoupon
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.moment import Moment
from pos_engine.core.money import Tariff
from pos_engine.core.usage import OfferLeft, Usage
from pos_engine.wire.documents import (
    decode_basket,
    decode_member,
    decode_moment,
    decode_tariff,
    decode_usage,
    encode,
)
from pos_engine.wire.errors import DocumentError


def row(**changes: object) -> dict[str, object]:
    return {"line_id": "1", "product_id": "p", "unit_price_minor": 100, **changes}


def test_round_trips() -> None:
    basket = Basket(
        (BasketLine("1", "p", 199, 3, "Brötchen", "", 700, ("food", "bread"), "goods", already_reduced=True),),
        "s1",
        "w1",
        "till",
        (PresentedCoupon("k", "s"),),
        ("o",),
        {"z": "p", "a": "q"},
    )
    raw = encode(basket)
    assert decode_basket(raw) == basket
    assert b'"chosen_products":{"a":"q","z":"p"}' in raw
    assert raw.endswith(b'"at_register_price":false,"tender":"","points_spending":null}')
    member = Member("m", ("vip",), "gold", (HeldCoupon("k", "s", date(2026, 1, 1), None, 2),), "em4100")
    assert decode_member(encode(member)) == member
    assert decode_member(encode(None)) is None
    usage = Usage({"o": OfferLeft(1, None, 500)})
    assert decode_usage(encode(usage)) == usage
    moment = Moment(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), date(2026, 11, 23), 600)
    assert decode_moment(encode(moment)) == moment
    tariff = Tariff("CHF", 5, prices_include_tax=False, unknown_vat_bp=810)
    assert decode_tariff(encode(tariff)) == tariff


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        ({"lines": [row(unit_price_minor=-1)]}, "$.lines[0].unit_price_minor", "-1 is not plausible"),
        ({"lines": [row(quantity=0)]}, "$.lines[0].quantity", "from 1 to 9999"),
        ({"lines": [row(quantity=10_000)]}, "$.lines[0].quantity", "from 1 to 9999"),
        ({"lines": [row(quantity=1.5)]}, "$.lines[0].quantity", "expected `int`, got `float`"),
        ({"lines": [row(), row(line_id="2"), row()]}, "$.lines[2].line_id", "'1' is already the id of $.lines[0]"),
        ({"lines": [row(line_id="")]}, "$.lines[0].line_id", "must not be empty"),
        ({"lines": [row(colour="red")]}, "$.lines[0].colour", "unknown field"),
        ({"lines": [{"line_id": "1"}]}, "$.lines[0]", "missing field `product_id`"),
        ({"lines": [row(line_kind="gift")]}, "$.lines[0].line_kind", "Invalid enum value 'gift'"),
        ({"lines": "none"}, "$.lines", "expected `array`, got `str`"),
        ([], "$", "expected `object`, got `array`"),
        ({"lines": [row(line_id=str(n)) for n in range(10_001)]}, "$.lines", "10001 lines; at most 10000"),
        ({"lines": [row(line_id=str(n), quantity=9_999) for n in range(11)]}, "$.lines", "at most 100000"),
        ({"presented_coupons": [{"coupon_id": "k"}]}, "$.presented_coupons[0]", "missing field `series_id`"),
    ],
)
def test_what_is_wrong_in_a_basket_is_said_with_its_place(document: object, path: str, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        decode_basket(json.dumps(document).encode())
    assert caught.value.path == path
    assert words in caught.value.text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not JSON"),
        (b'{"lines":\n  [,]}', "line 2, column 4"),
        (b'{"lines": [', "not JSON"),
        (b'{"store_id": "\xff"}', "not"),
        (b"\xef\xbb\xbf[", "not JSON"),
    ],
)
def test_what_is_not_json(raw: bytes, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        decode_basket(raw)


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert decode_basket(b'\xef\xbb\xbf{"lines": []}') == Basket()


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789.-elinstrufa', max_size=60).map(str.encode))
def test_noise_is_refused_or_read_never_a_crash(raw: bytes) -> None:
    for decode in (decode_basket, decode_member, decode_usage, decode_moment, decode_tariff):
        with contextlib.suppress(DocumentError):
            decode(raw)
