"""What the walk over integers finds out for the ways after it: nothing is asked twice, and nothing is told wrongly."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import given as given_by

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.direct import DirectWay
from pos_engine.core.flat_rows import FlatPrice
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.sale import Sale
from pos_engine.core.usage import OfferLeft, Usage
from tests.support.every_kind import usages
from tests.support.pricing import ALWAYS, MOMENT, TARIFF, baskets, campaign_of, campaigns, line

LAW = settings(max_examples=300, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])


def eased(campaign: Campaign) -> Campaign:
    """It holds on food, whatever else is asked."""
    offer = replace(campaign.offers[0], condition=ALWAYS, target=Selector(categories=("food",)))
    return replace(campaign, offers=(offer,))


def test_a_contested_sale_is_none_of_the_direct_way() -> None:
    ways: Counter[bool] = Counter()

    @LAW
    @given_by(campaigns(7, ("best", "best", "best", "priority"), ("line",), size_min=3), baskets(6), usages(2))
    def law(shop: tuple[Campaign, ...], basket: Basket, usage: Usage) -> None:
        ruleset = compile_ruleset([eased(one) if n % 2 else one for n, one in enumerate(shop)], TARIFF)
        walk = FlatPrice(ruleset, basket, None, usage, MOMENT)
        if walk.run():
            return
        told = walk.sale()
        fresh = Sale(ruleset, basket, None, usage, MOMENT)
        assert told.passing == fresh.passing
        ways[told.contested] += 1
        if told.contested:
            assert DirectWay(fresh).run() is None

    law()
    assert ways[True] > 5, ways


GOODS = Basket((line("l0", "a", 1000), line("l1", "b", 300)))
FIRST = Offer("o0", "first", ALWAYS, Percent(1000), Selector(products=("a",)))
SECOND = replace(FIRST, offer_id="o1", reward=Percent(2000))


def contested(second: Offer, usage: Usage) -> bool:
    ruleset = compile_ruleset((campaign_of(FIRST), campaign_of(second, campaign_id="second")), TARIFF)
    walk = FlatPrice(ruleset, GOODS, None, usage, MOMENT)
    assert not walk.run()
    return walk.contested


def test_two_offers_that_hold_contest_a_sale() -> None:
    nobody = Usage()
    assert contested(SECOND, nobody)
    assert not contested(replace(SECOND, condition=MinimumSpend(1200, Selector(products=("a",)))), nobody)
    assert not contested(replace(SECOND, limits=Limits(unit_price_floor_minor=1000)), nobody)
    assert not contested(SECOND, Usage({"o1": OfferLeft(total_uses=0)}))
