"""SaleItems → lines: pieces, weights, odd cents, kinds, tax, and everything that cannot be right."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_engine.checkout.requests import RegisterLine
from pos_engine.registers.nexo.faults import NexoError
from pos_engine.registers.nexo.lines import LINES_MAX, LineRules, basket_lines, item_id_of
from pos_engine.registers.nexo.messages import SaleItem

RULES = LineRules(tax_codes={"A": 1900, "5": 770}, scale_label_patterns=("22IIIIVPPPPPC",))
CATALOGUE = {"4006381333931", "1234", "2001"}


def lines_of(*items: dict[str, Any], currency: str = "EUR") -> tuple[RegisterLine, ...]:
    filled = [{"ItemID": index + 1, "ProductCode": "2001"} | item for index, item in enumerate(items)]
    decoded = msgspec.json.decode(msgspec.json.encode(filled), type=list[SaleItem])
    return basket_lines(decoded, currency, RULES, CATALOGUE.__contains__)


def test_three_pieces_for_two_euro_keep_every_cent() -> None:
    lines = lines_of({"Quantity": 3, "ItemAmount": 2.00})
    assert [(line.line_id, line.quantity, line.unit_price_minor) for line in lines] == [("1", 1, 66), ("1+", 2, 67)]
    assert {item_id_of(line.line_id) for line in lines} == {1}


@given(st.lists(st.tuples(st.integers(1, 999), st.integers(0, 100_000)), max_size=5))
def test_lines_always_sum_to_the_register_s_amounts(rung_up: list[tuple[int, int]]) -> None:
    lines = lines_of(*({"Quantity": count, "ItemAmount": f"{minor / 100:.2f}"} for count, minor in rung_up))
    assert sum(line.unit_price_minor * line.quantity for line in lines) == sum(minor for _, minor in rung_up)
    assert sum(line.quantity for line in lines) == sum(count for count, _ in rung_up)


@pytest.mark.parametrize(
    ("item", "measure", "price"),
    [
        ({"Quantity": 0.760, "UnitOfMeasure": "Kilogram", "UnitPrice": 4.5, "ItemAmount": 3.42}, "0.76 kg", 342),
        ({"Quantity": 41.38, "UnitOfMeasure": "Litre", "UnitPrice": 1.799, "ItemAmount": 74.44}, "41.38 l", 7444),
        ({"Quantity": 1500, "UnitOfMeasure": "Gram", "ItemAmount": 7}, "1500 g", 700),
        ({"Quantity": 2.5, "ItemAmount": 5}, "2.5", 500),
    ],
)
def test_what_is_weighed_is_one_unit_at_its_own_price(item: dict[str, Any], measure: str, price: int) -> None:
    (line,) = lines_of(item)
    assert (line.quantity, line.measure, line.unit_price_minor, line.already_reduced) == (1, measure, price, False)


def test_a_register_s_own_reduction_is_seen() -> None:
    (line,) = lines_of({"Quantity": 2, "UnitPrice": 3.20, "ItemAmount": 5.00})
    assert line.already_reduced


def test_a_scale_label_finds_its_article_and_is_one_unit() -> None:
    (line,) = lines_of({"ProductCode": "2212349003422", "Quantity": 1, "ItemAmount": 3.42})
    assert (line.product_id, line.quantity, line.unit_price_minor) == ("1234", 1, 342)


@pytest.mark.parametrize(
    ("item", "product_id"),
    [
        ({"ProductCode": "2001", "EanUpc": "4006381333931"}, "2001"),
        ({"ProductCode": "77", "EanUpc": "4006381333931"}, "4006381333931"),
        ({"ProductCode": "77", "EanUpc": 4006381333931}, "4006381333931"),
        ({"ProductCode": "77", "EanUpc": "5"}, "77"),
        ({"ProductCode": 77}, "77"),
    ],
)
def test_which_product_it_is(item: dict[str, Any], product_id: str) -> None:
    (line,) = lines_of(item | {"ItemAmount": 1})
    assert line.product_id == product_id


@pytest.mark.parametrize(
    ("tax_code", "vat_bp"),
    [
        ("19", 1900),
        ("8.1", 810),
        ("7 %", 700),
        ("A", 1900),
        ("5", 770),
        (19, 1900),
        ("B", None),
        ("-1", None),
        ("NaN", None),
        ("120", None),
        ("0", 0),
        ("1.234", None),
    ],
)
def test_tax_codes(tax_code: str | int, vat_bp: int | None) -> None:
    (line,) = lines_of({"ItemAmount": 1, "TaxCode": tax_code})
    assert line.vat_bp == vat_bp


@pytest.mark.parametrize("kind", ["goods", "service", "deposit", "price_fixed"])
def test_the_register_says_what_kind_a_line_is(kind: str) -> None:
    (line,) = lines_of({"ItemAmount": 1, "AdditionalProductInfo": f"Colour=red&Kind={kind}"})
    assert line.line_kind == kind


def test_without_a_word_the_catalogue_decides() -> None:
    (line,) = lines_of({"ItemAmount": 1, "AdditionalProductInfo": "free text of a supplier"})
    assert line.line_kind is None


@pytest.mark.parametrize(
    ("item", "code", "field"),
    [
        ({"ItemAmount": -3.20}, "price_negative", "ItemAmount"),
        ({"ItemAmount": 3.201}, "amount_decimals", "ItemAmount"),
        ({"ItemAmount": 1e9}, "amount_absurd", "ItemAmount"),
        ({"ItemAmount": 1, "Quantity": 0}, "quantity_invalid", "Quantity"),
        ({"ItemAmount": 1, "Quantity": -2}, "quantity_invalid", "Quantity"),
        ({"ItemAmount": 1, "Quantity": 4006381333931}, "quantity_invalid", "Quantity"),
        ({"ItemAmount": 1, "Quantity": 1000}, "quantity_invalid", "Quantity"),
        ({"ItemAmount": 1, "Quantity": "NaN"}, "quantity_invalid", "Quantity"),
        ({"ItemAmount": 7.00, "Quantity": 2, "UnitPrice": 3.20}, "amount_mismatch", "ItemAmount"),
        ({"ItemAmount": 1, "UnitPrice": -1}, "price_negative", "UnitPrice"),
        ({"ItemAmount": 1, "ProductCode": ""}, "message_invalid", "ProductCode"),
        ({"ItemAmount": 1, "ProductCode": "x" * 65}, "message_invalid", "ProductCode"),
        ({"ItemAmount": 1, "AdditionalProductInfo": "Kind=gift"}, "kind_unknown", "AdditionalProductInfo"),
        ({"ItemAmount": 1, "ItemID": 1}, "item_id_repeated", "ItemID"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_place(item: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(NexoError) as caught:
        lines_of({"ItemAmount": 1}, item)
    assert caught.value.condition == "MessageFormat"
    assert caught.value.code == code
    assert caught.value.text.startswith(f"LoyaltyRequest.LoyaltyTransaction.SaleItem[1].{field}: ")


def test_too_many_lines_or_pieces() -> None:
    with pytest.raises(NexoError, match="501 lines"):
        lines_of(*({"ItemAmount": 1} for _ in range(LINES_MAX + 1)))
    with pytest.raises(NexoError, match="5994 pieces"):
        lines_of(*({"ItemAmount": 999, "Quantity": 999} for _ in range(6)))
