"""A new campaign set is taken over without stopping a sale."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from tests.support.shop import RYE, Shop, a_campaign, a_set, line

BREAD = line("1", RYE, 400)
HALF_PRICE = a_campaign(
    "half", Offer("half", "Bread at half price", AllOf(), Percent(5000), Selector(categories=("bread",)))
)
PATIENCE_S = 30


def test_sales_go_on_while_a_set_is_made_ready_and_keep_the_one_they_began_with(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, may_end = threading.Event(), threading.Event()

    def slowly(*args: object, **fields: object) -> Ruleset:
        began.set()
        assert may_end.wait(PATIENCE_S)
        return compile_ruleset(*args, **fields)  # type: ignore[arg-type] # whatever the till gives

    before = shop.ring("s1", BREAD).total_due_minor
    shop.publish(a_set(2, HALF_PRICE))
    monkeypatch.setattr("pos_engine.checkout.active_rules.compile_ruleset", slowly)
    with ThreadPoolExecutor(2) as others:
        taking_over = others.submit(shop.till.refresh)
        assert began.wait(PATIENCE_S)
        meanwhile = others.submit(lambda: shop.ring("s2", BREAD).total_due_minor)
        try:
            assert meanwhile.result(PATIENCE_S) == before
            assert not taking_over.done()
        finally:
            may_end.set()
        assert taking_over.result(PATIENCE_S)
    assert shop.ring("s2", BREAD).total_due_minor == before
    assert shop.ring("s3", BREAD).total_due_minor == 200
    assert shop.settle("s1", before).sequence_no == 1
