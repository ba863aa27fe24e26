"""Cases that others have published, as a shopkeeper would read them. Each row names where it is documented."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.offer_parts import Limits, Rounding
from pos_engine.core.outcome import Outcome
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from tests.support.pricing import ALWAYS, campaign_of, line, price

DOWN = Rounding("unit", "down")


def priced(basket: Basket, *offers: Offer) -> Outcome:
    return price(tuple(campaign_of(offer, campaign_id=offer.offer_id) for offer in offers), basket)


def goods(*costs: int) -> Basket:
    return Basket(tuple(line(str(number), f"p{number}", cost) for number, cost in enumerate(costs)))


def test_overlapping_deals_are_combined_as_published() -> None:
    """Dynamics 365 Commerce, "optimal combination of overlapping discounts", example 2: 14.00, not 10.00 or 12.50."""
    half = Offer("half", "the cheaper of two at half price", ALWAYS, MultiBuy(2, 1, 5000), rounding=DOWN)
    fifth = Offer("fifth", "20 % off any two", ALWAYS, MultiBuy(2, 2, 2000), rounding=DOWN)
    outcome = priced(goods(2000, 2000, 1500, 500), half, fifth)
    assert (outcome.total_discount_minor, outcome.certificate.optimal) == (1400, True)


@pytest.mark.parametrize(("grouping", "off"), [("basket", [0, 0, 49]), ("customer", [0, 3000, 0])])
def test_half_off_the_cheapest_of_desk_chair_and_gum(grouping: str, off: list[int]) -> None:
    """Odoo: desk 950, chair 60, gum 0.99. Of the whole basket it is the gum, 0.49; for the customer it is the chair."""
    reward = MultiBuy(2, 1, 5000, grouping=grouping)  # type: ignore[arg-type]
    offer = Offer("o", "half", ALWAYS, reward, rounding=DOWN, limits=Limits(uses_per_receipt=1))
    assert [row.discount_minor for row in priced(goods(95000, 6000, 99), offer).lines] == off


def test_three_for_two_repeats() -> None:
    offer = Offer("o", "three for two", ALWAYS, MultiBuy(3))
    assert priced(Basket((line("1", "a", 1000, 6),)), offer).total_discount_minor == 2000


def test_ten_off_three_equal_lines_sums_to_ten() -> None:
    lines = tuple(
        replace(line(str(number), f"p{number}", 1000), vat_bp=vat) for number, vat in enumerate((700, 700, 1900))
    )
    outcome = priced(Basket(lines), Offer("o", "10 off", ALWAYS, Amount(1000)))
    assert [row.discount_minor for row in outcome.lines] == [334, 333, 333]
    assert sum(rate.discount_minor for rate in outcome.vat) == 1000


@pytest.mark.parametrize("reward", [Percent(1000), PercentOfShelf(1000), MultiBuy(1, 1, 1000)])
@pytest.mark.parametrize("scope", ["unit", "offer"])
def test_ten_percent_of_9_99_is_one_figure(reward: Percent, scope: str) -> None:
    """1.00 per unit and per line and in all, whichever way it is said; the whole chain is played in the scenarios."""
    offer = Offer("o", "10 %", ALWAYS, reward, rounding=Rounding(scope))  # type: ignore[arg-type]
    outcome = priced(goods(999), offer)
    figures = {
        outcome.total_discount_minor,
        outcome.lines[0].discount_minor,
        outcome.vat[0].discount_minor,
        outcome.shares[0].amount_minor,
        outcome.applied[0].discount_minor,
        outcome.reasons[0].params["discount_minor"],
        outcome.total_value_minor - outcome.total_due_minor,
    }
    assert figures == {100}
