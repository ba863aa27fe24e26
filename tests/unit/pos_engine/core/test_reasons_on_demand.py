"""Reasons may be asked for later: nothing else of the outcome depends on them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign
from pos_engine.core.evaluate import evaluate, reasons_for
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage
from pos_engine.wire.documents import encode
from tests.support.pricing import MOMENT, TARIFF, baskets, campaigns


@given(campaigns(5, policies=("best", "priority", "stack", "exclusive")), baskets(5))
def test_an_outcome_without_reasons_is_the_same_outcome(shop: tuple[Campaign, ...], basket: Basket) -> None:
    ruleset = compile_ruleset(shop, TARIFF)
    full = evaluate(ruleset, basket, None, Usage(), MOMENT)
    short = evaluate(ruleset, basket, None, Usage(), MOMENT, explain=False)
    assert short.reasons == ()
    assert len(full.reasons) == len(ruleset.offers)
    later = reasons_for(ruleset, basket, None, Usage(), MOMENT)
    assert encode(replace(short, reasons=later)) == encode(full)
