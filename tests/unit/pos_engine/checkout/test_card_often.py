"""A card counts in so many sales a day at a till; beyond, the sale goes on without it, by the till's own journal."""

from __future__ import annotations

import msgspec
import pytest

from pos_engine.wire.cashiers import POLICY_NAME, CounterPolicy
from tests.support.shop import ANNA_CARD, BEA_CARD, COFFEE, Shop, line

CUP = line("1", COFFEE, 250)


def limited(shop: Shop, most: int) -> None:
    shop.put("counter_policy", POLICY_NAME, CounterPolicy(card_sales_max=most))


def members(shop: Shop, *sale_refs: str) -> list[str]:
    found = []
    for sale_ref in sale_refs:
        shop.tap(ANNA_CARD)
        found.append(shop.sell(sale_ref, CUP).member_id)
    return found


def test_beyond_it_the_sale_goes_on_without_the_card_and_says_so(shop: Shop) -> None:
    limited(shop, 2)
    assert members(shop, "s1", "s2") == ["anna", "anna"]
    shop.ring("s3", CUP)
    shop.tap(ANNA_CARD)
    assert shop.message_code() == "card_often"
    quote = shop.ring("s3", CUP)
    assert (quote.member, quote.total_due_minor) == (None, 250)
    closed = shop.settle("s3", 250)
    assert (closed.member_id, closed.balances, closed.issued_coupons) == ("", (), ())
    shop.tap(BEA_CARD)
    assert shop.sell("s4", CUP).member_id == "bea", "another card counts"


def test_a_card_that_the_register_names_is_counted_too(shop: Shop) -> None:
    limited(shop, 1)
    card = ANNA_CARD.card_id
    assert shop.ring("s1", CUP, card_id=card).member is not None
    quote = shop.ring("s2", CUP, card_id=card)
    assert quote.member is not None, "a sale that is open only does not count"
    shop.settle("s1", 200)
    quote = shop.ring("s3", CUP, card_id=card)
    assert quote.member is None
    assert [message.code for message in quote.messages] == ["card_often"]
    assert shop.settle("s2", 200).member_id == "anna", "the price that was told is kept"


def test_it_holds_over_a_restart_and_ends_with_the_day_and_a_void_gives_one_back(shop: Shop) -> None:
    limited(shop, 2)
    assert members(shop, "s1", "s2") == ["anna", "anna"]
    shop.restart()
    assert members(shop, "s3") == [""]
    shop.till.void("s2", "17")
    assert members(shop, "s4", "s5") == ["anna", ""]
    shop.days_later(1)
    assert members(shop, "s6") == ["anna"]


def test_without_a_limit_nothing_changes(shop: Shop) -> None:
    assert members(shop, *(f"s{each}" for each in range(8))) == ["anna"] * 8


@pytest.mark.parametrize("body", [b'{"card_sales_max":-1}', b'{"card_sales_max":1001}', b'{"card_sales_max":"2"}'])
def test_a_limit_that_is_none_is_not_taken(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=CounterPolicy)


def test_an_older_office_says_nothing_of_it() -> None:
    assert msgspec.json.decode(b'{"pins":true}', type=CounterPolicy).card_sales_max == 0
