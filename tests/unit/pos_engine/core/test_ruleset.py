"""A set is swapped in beside the sales that run: each keeps the one it began with."""

from __future__ import annotations

import random
import threading
from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.evaluate import evaluate
from pos_engine.core.listing import ARTICLES_MAX
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from pos_engine.core.usage import Usage
from pos_engine.wire.documents import encode
from tests.support.pricing import ALWAYS, MOMENT, TARIFF, campaign_of, line

SEED = 4_711


def shop(percent_bp: int) -> tuple[Campaign, ...]:
    names = [f"p{n}" for n in range(50)]
    return tuple(
        campaign_of(
            Offer(f"o{n}", "o", ALWAYS, Percent(percent_bp + n), Selector((name,)), policy="priority"),
            campaign_id=f"c{n}",
        )
        for n, name in enumerate(names)
    )


def baskets(count: int) -> list[Basket]:
    chance = random.Random(SEED)
    return [
        Basket(tuple(line(str(n), f"p{chance.randrange(60)}", chance.randrange(1, 999)) for n in range(6)))
        for _ in range(count)
    ]


def priced(ruleset: Ruleset, basket: Basket) -> bytes:
    outcome = evaluate(ruleset, basket, None, Usage(), MOMENT, explain=False)
    return encode(replace(outcome, ruleset_version=0))


def test_two_sets_are_used_side_by_side_by_several_threads() -> None:
    print(f"seed {SEED}")  # noqa: T201 - says how to repeat it
    some = baskets(40)
    wanted = [[priced(compile_ruleset(shop(bp), TARIFF), basket) for basket in some] for bp in (500, 2500)]
    old = compile_ruleset(shop(500), TARIFF)
    found: dict[int, list[list[bytes]]] = {}

    def sell(number: int) -> None:
        new = compile_ruleset(shop(2500), TARIFF, version=number)
        found[number] = [[], []]
        for basket in some:
            found[number][0].append(priced(old, basket))
            found[number][1].append(
                priced(new, basket).replace(b'"ruleset_version":%d' % number, b'"ruleset_version":0')
            )

    threads = [threading.Thread(target=sell, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == dict.fromkeys(range(1, 5), wanted)


def test_what_is_remembered_of_articles_is_bounded_and_changes_nothing() -> None:
    ruleset = compile_ruleset(shop(500), TARIFF)
    basket = baskets(1)[0]
    before = priced(ruleset, basket)
    for start in range(0, 2 * ARTICLES_MAX, 1_000):
        lines = tuple(
            replace(line(str(n), f"p{n % 60}", 100), categories=(f"c{n}",)) for n in range(start, start + 1_000)
        )
        evaluate(ruleset, Basket(lines), None, Usage(), MOMENT, explain=False)
    assert ruleset.listing.remembered <= ARTICLES_MAX
    assert priced(ruleset, basket) == before


def test_an_offer_id_that_is_used_twice_is_refused() -> None:
    once, again = (campaign_of(Offer("o", "o", ALWAYS, Percent(1)), campaign_id=name) for name in "xy")
    with pytest.raises(ValueError, match="offer id o is used twice"):
        compile_ruleset((once, again), TARIFF)
