from __future__ import annotations

from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.conditions.all_same import AllSame
from pos_engine.core.kinship import Likeness
from pos_engine.core.offer_parts import Selector
from tests.support.facts import facts_at
from tests.support.pricing import line

RED = replace(line("1", "a", 100, 2), brand="Mill", family="rye", department="bakery", attributes=("colour=red",))
BLUE = replace(
    line("2", "b", 90), brand="Mill", family="wheat", department="bakery", attributes=("size=L", "colour=blue")
)
BASKET = Basket((RED, BLUE, line("3", "c", 80, 3)))


@pytest.mark.parametrize(
    ("by", "most"), [("product", 3), ("brand", 3), ("family", 2), ("department", 3), ("attribute", 2)]
)
def test_so_many_are_alike(by: Likeness, most: int) -> None:
    condition = AllSame(most, by=by, attribute="colour")
    assert condition.answer(facts_at(basket=BASKET)).yes
    answer = replace(condition, count=most + 2).answer(facts_at(basket=BASKET))
    assert (answer.code, answer.params) == ("missing_same", {"missing": 2})


def test_units_without_a_value_are_like_no_other() -> None:
    nameless = Basket((line("1", "a", 100, 5),))
    assert AllSame(2, by="brand").answer(facts_at(basket=nameless)).params == {"missing": 2}
    assert AllSame(2, by="attribute", attribute="").answer(facts_at(basket=BASKET)).params == {"missing": 2}


def test_only_what_the_selector_counts() -> None:
    assert not AllSame(3, Selector(categories=("food",))).answer(facts_at(basket=BASKET)).yes
    facts = facts_at(basket=BASKET)
    assert AllSame(3).answer(facts).yes
    gift = facts.counted(Selector(products=("c",)))[:1]
    assert not AllSame(3).answer(facts.not_counting(frozenset(gift))).yes
