"""The lowest price of an article comes from the catalogue, and no offer at the till goes below it."""

from __future__ import annotations

from dataclasses import replace

from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.rewards.percent import Percent
from pos_engine.wire.sync import ProductBody
from tests.support.shop import COFFEE, RYE, Shop, a_campaign, a_set, line

HALF = a_campaign("half", Offer("half", "Everything at half price", AllOf(), Percent(5000)))


def half_price_shop(shop: Shop) -> Shop:
    shop.publish(a_set(2, HALF))
    shop.till.refresh()
    shop.put("product", RYE, ProductBody(product_id=RYE, name="Rye bread", vat_bp=1900, lowest_price_minor=300))
    return shop


def test_no_offer_goes_below_it(shop: Shop) -> None:
    quote = half_price_shop(shop).ring("s1", line("1", RYE, 400), line("2", COFFEE, 300))
    # Half of 7.00 is 3.50, but the rye bread gives 1.00 only and the coffee carries the rest.
    assert (quote.total_due_minor, quote.total_discount_minor) == (350, 350)
    assert [priced.discount_minor for priced in quote.lines] == [100, 250]


def test_a_weighed_piece_has_none(shop: Shop) -> None:
    weighed = replace(line("1", RYE, 400), measure="0.500 kg")
    assert half_price_shop(shop).ring("s1", weighed).total_discount_minor == 200
