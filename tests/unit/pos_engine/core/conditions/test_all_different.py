from __future__ import annotations

from dataclasses import replace

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.conditions.all_different import AllDifferent
from pos_engine.core.kinship import Likeness
from pos_engine.core.offer_parts import Selector
from tests.support.facts import facts_at
from tests.support.pricing import line

RED = replace(line("1", "a", 100, 2), brand="Mill", family="rye", department="bakery", attributes=("colour=red",))
BLUE = replace(line("2", "b", 90), brand="Mill", family="wheat", department="bakery", attributes=("colour=blue",))
BASKET = Basket((RED, BLUE, line("3", "c", 80, 3)))


@pytest.mark.parametrize(
    ("by", "values"), [("product", 3), ("brand", 1), ("family", 2), ("department", 1), ("attribute", 2)]
)
def test_so_many_of_which_no_two_are_alike(by: Likeness, values: int) -> None:
    condition = AllDifferent(values, by=by, attribute="colour")
    assert condition.answer(facts_at(basket=BASKET)).yes
    answer = replace(condition, count=values + 1).answer(facts_at(basket=BASKET))
    assert (answer.code, answer.params) == ("missing_different", {"missing": 1})


def test_only_what_the_selector_counts() -> None:
    assert not AllDifferent(3, Selector(categories=("food",))).answer(facts_at(basket=BASKET)).yes
