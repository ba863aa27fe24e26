"""What the core says adds up and is accepted; the same outcome with any one amount changed is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, PointsSpending
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.member import Member
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Outcome
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.wire.documents import decode_original, encode
from pos_engine.wire.errors import DocumentError
from tests.support.every_kind import MEMBERS, baskets, shops
from tests.support.pricing import ALWAYS, campaign_of, line, price

AMOUNTS = {
    "value_minor", "discount_minor", "due_minor", "tax_minor", "amount_minor", "points", "stamps", "quantity", "vat_bp",
    "total_value_minor", "total_discount_minor", "total_due_minor", "unit_index",
}  # fmt: skip

OFFERS = (
    Offer("o1", "a third off", ALWAYS, Percent(3333)),
    Offer("o2", "3 for 2", ALWAYS, MultiBuy(3), phase="basket"),
    Offer("o3", "points", ALWAYS, Points(1, 10), phase="points"),
    Offer("o4", "stamps", ALWAYS, Stamps("card", 1, "unit"), phase="points"),
)


def rich(*, prices_include_tax: bool) -> Outcome:
    """An outcome with discounts of two phases, points earned and spent, stamps, and two rates."""
    lines = (line("1", "a", 1000, 3), line("2", "c", 333), line("3", "b", 99, 2))
    basket = Basket(lines, points_spending=PointsSpending(50, 10, 7))
    tariff = Tariff("EUR", prices_include_tax=prices_include_tax, unknown_vat_bp=1900)
    return price((campaign_of(*OFFERS),), basket, Member("m"), tariff=tariff)


def changed(document: Any, at: str = "$") -> Iterator[tuple[str, Any]]:
    """Every copy of a document in which one amount is one more."""
    root = document

    def walk(node: Any, path: str) -> Iterator[tuple[str, Any]]:
        for key in node if isinstance(node, dict) else range(len(node)):
            value, place = node[key], f"{path}.{key}"
            if isinstance(value, dict | list):
                yield from walk(value, place)
            elif key in AMOUNTS and value is not None:
                node[key] = value + 1
                yield place, copy.deepcopy(root)
                node[key] = value

    yield from walk(document, at)


@pytest.mark.parametrize("prices_include_tax", [True, False])
def test_one_amount_changed_is_refused(prices_include_tax: bool) -> None:
    outcome = rich(prices_include_tax=prices_include_tax)
    assert decode_original(encode(outcome)) == outcome
    document = {**json.loads(encode(outcome)), "reasons": []}
    tried, accepted = 0, []
    for place, wrong in changed(document):
        tried += 1
        try:
            decode_original(json.dumps(wrong).encode())
        except DocumentError:
            continue
        accepted.append(place)
    # A unit among equal ones, moved as a whole with its points or rows, contradicts nothing.
    assert [place for place in accepted if not place.endswith("unit_index")] == []
    assert tried > 60


def test_a_row_larger_than_the_price_of_its_unit_is_refused_though_all_sums_agree() -> None:
    outcome = price((campaign_of(Offer("o", "half", ALWAYS, Percent(5000))),), Basket((line("1", "a", 100, 3),)))
    first, second, third = outcome.shares
    wrong = replace(
        outcome,
        shares=(replace(first, amount_minor=150), replace(second, amount_minor=0), replace(third, amount_minor=0)),
    )
    with pytest.raises(DocumentError, match="more is taken off unit 0 of line '1' than its price of 100"):
        decode_original(encode(wrong))


def test_a_larger_total_due_is_refused() -> None:
    outcome = replace(rich(prices_include_tax=True), total_due_minor=999_999)
    with pytest.raises(DocumentError, match=r"\$\.total_due_minor: 999999 should be"):
        decode_original(encode(outcome))


def test_rows_of_an_offer_that_did_not_apply_are_refused() -> None:
    outcome = replace(rich(prices_include_tax=True), applied=())
    with pytest.raises(DocumentError, match=r"has rows but is not in \$\.applied"):
        decode_original(encode(outcome))


@settings(max_examples=150, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(shops(4), baskets(5), MEMBERS, st.booleans())
def test_all_that_the_core_says_is_accepted(
    shop: tuple[Campaign, ...], basket: Basket, member: Member | None, prices_include_tax: bool
) -> None:
    tariff = Tariff("EUR", prices_include_tax=prices_include_tax, unknown_vat_bp=1900)
    outcome = price(shop, basket, member, tariff=tariff, effort=500)
    assert decode_original(encode(outcome)) == outcome
