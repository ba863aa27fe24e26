"""Receipts go into columns and come out equal."""

from __future__ import annotations

import pickle
from dataclasses import replace

from hypothesis import given, settings

from pos_engine.replay.past import PastSale
from tests.support.past import SALES, past_of


def _without_words(sale: PastSale) -> PastSale:
    lines = tuple(replace(line, name="", measure="") for line in sale.basket.lines)
    return replace(sale, basket=replace(sale.basket, lines=lines))


@settings(max_examples=30)
@given(SALES)
def test_what_goes_in_comes_out(sales: list[PastSale]) -> None:
    past = past_of(sales)
    wanted = [_without_words(sale) for sale in sales]
    assert [past.sale(number) for number in range(len(past))] == wanted
    sent: object = pickle.loads(pickle.dumps(past))  # noqa: S301 - as multiprocessing does it
    assert isinstance(sent, type(past))
    assert [sent.sale(number) for number in range(len(sent))] == wanted


@settings(max_examples=30)
@given(SALES)
def test_the_value_of_a_receipt(sales: list[PastSale]) -> None:
    past = past_of(sales)
    for number, sale in enumerate(sales):
        assert past.value_minor(number) == sum(line.unit_price_minor * line.quantity for line in sale.basket.lines)


@settings(max_examples=30)
@given(SALES)
def test_in_order_of_time_however_they_came(sales: list[PastSale]) -> None:
    backwards = past_of(sales[::-1])
    assert [backwards.keys[number] for number in backwards.in_time_order()] == [sale.key for sale in sales]
