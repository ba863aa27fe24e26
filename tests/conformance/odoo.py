"""Odoo: promotions in the listed order, each on what the former left; amounts include tax.

Prices are written with their tax inside, or, where every tax is added on top and a threshold is on prices without it,
without. A line whose unit does not cost whole cents then is one unit with its own price, like a weighed one. A free
unit that Odoo adds to the order is one that the customer takes and the cashier rings up. A code is a paper coupon.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from pos_engine.core.money import divide_half_up
from pos_engine.core.outcome import Outcome
from tests.conformance.documents import (
    CannotSayError,
    Documents,
    Json,
    all_of,
    basis_points,
    basket_file,
    campaigns_file,
    minor,
    quantity,
    ranked,
    selector,
    spend,
)

Case = dict[str, Any]


def translate(case: Case) -> Documents:
    """The case as our documents."""
    promotions = _narrow_first(case["promotions"])
    net = any(promotion.get("min_value_is") == "tax_excluded" for promotion in promotions)
    if net and any("amount" in promotion["kind"] for promotion in promotions):
        raise CannotSayError("a threshold without tax beside an amount with tax")
    lines = list(case["lines"]) + [extra for promotion in promotions for extra in _rung_up(promotion, case["lines"])]
    basket = [row for place, line in enumerate(lines) for row in _rows(place, line, net=net)]
    offers = [_offer(promotion, place) for place, promotion in enumerate(promotions)]
    coupons = [
        {"coupon_id": f"code-{place}", "series_id": f"code-{place}"}
        for place, promotion in enumerate(promotions)
        if promotion.get("code")
    ]
    return Documents(
        campaigns_file(ranked(offers), prices_include_tax=not net), basket_file(basket, presented_coupons=coupons)
    )


def _narrow_first(promotions: Sequence[Case]) -> list[Case]:
    """Of amounts that follow each other, those on fewer products in front.

    Odoo lets an amount fall on goods first that no other amount names. For goods of which one set is inside the other
    the same total comes when the narrower amount has its turn first.
    """
    found: list[Case] = []
    for promotion in promotions:
        place = len(found)
        while place and {found[place - 1]["kind"], promotion["kind"]} == {"amount_off_products"}:
            before, mine = set(found[place - 1]["products"]), set(promotion["products"])
            if before & mine and not (mine <= before or before <= mine):
                raise CannotSayError("two amounts on goods that overlap in part")
            if not mine < before:
                break
            place -= 1
        found.insert(place, promotion)
    return found


def _rung_up(promotion: Case, lines: Sequence[Case]) -> list[Case]:
    """The units that the promotion lets the customer take beside those of the order."""
    bought = sum(line["qty"] for line in lines if line["product"] == promotion.get("product"))
    if promotion["kind"] == "buy_n_get_extra_unit_free":
        taken = bought // promotion["buy"] * promotion["get"]
    elif promotion["kind"] == "buy_n_get_other_free_once_per_basket":
        taken = promotion["get"] if bought >= promotion["buy"] else 0
    else:
        return []
    product = promotion.get("get_product", promotion["product"])
    like = next(line for line in lines if line["product"] == product)
    return [like | {"qty": taken}] if taken else []


def _rows(place: int, line: Case, *, net: bool) -> list[Json]:
    """The basket lines of an order line: the goods, and a deposit for a tax of a fixed amount."""
    taxes = line["tax"]
    inside = sum(Fraction(str(tax["percent"])) for tax in taxes if tax.get("included_in_price") and "percent" in tax)
    on_top = sum(
        Fraction(str(tax["percent"])) for tax in taxes if not tax.get("included_in_price") and "percent" in tax
    )
    if net and inside:
        raise CannotSayError("prices with and without tax in one basket, and a threshold without tax")
    if line["unit_price"] < 0:
        raise CannotSayError("a line below zero that pays for the rest; ours never counts towards a discount")
    unit = Fraction(str(line["unit_price"])) * 100
    if not net:
        unit = unit * (100 + inside + on_top) / (100 + inside)
    row = {
        "line_id": str(place),
        "product_id": line["product"],
        "unit_price_minor": int(unit),
        "quantity": line["qty"],
        "vat_bp": int((inside + on_top) * 100),
    }
    if unit.denominator != 1:
        whole = unit * line["qty"]
        row |= {"unit_price_minor": divide_half_up(whole.numerator, whole.denominator), "quantity": 1}
    rows = [row]
    for number, tax in enumerate(taxes):
        if "fixed_amount" in tax:
            if tax["discountable"]:
                raise CannotSayError("a tax of a fixed amount that a discount makes smaller")
            deposit = {"unit_price_minor": minor(tax["fixed_amount"]), "line_kind": "deposit", "vat_bp": 0}
            rows.append(row | deposit | {"line_id": f"{place}-tax-{number}", "product_id": f"tax-{number}"})
    return rows


def _offer(promotion: Case, place: int) -> Json:
    target, reward, limits = _reward(promotion)
    conditions: list[Json] = []
    if promotion.get("code"):
        conditions.append({"kind": "coupon_presented", "series_id": f"code-{place}"})
    if "min_basket_value" in promotion:
        conditions.append(spend(minor(promotion["min_basket_value"])))
    if "requires_product" in promotion:
        conditions.append(quantity(1, selector([promotion["requires_product"]])))
    if promotion["kind"] == "buy_n_get_other_free_once_per_basket":
        conditions.append(quantity(promotion["buy"], selector([promotion["product"]])))
    return {
        "offer_id": f"o{place}",
        "name": promotion["kind"],
        "condition": all_of(*conditions),
        "reward": reward,
        "target": target,
        "phase": "basket",
        "policy": "stack",
        "rounding": {"scope": "offer", "mode": "half_up"},
        "limits": limits,
    }


def _reward(promotion: Case) -> tuple[Json, Json, Json]:
    """Target, reward and limits."""
    limits = {"discount_max_minor": minor(promotion["max_discount"])} if "max_discount" in promotion else {}
    target = selector(promotion.get("products", []))
    match str(promotion["kind"]):
        case "percent_off_basket" | "percent_off_products":
            return target, {"kind": "percent", "percent_bp": basis_points(promotion["percent"])}, limits
        case "amount_off_basket" | "amount_off_products":
            return target, {"kind": "amount", "amount_minor": minor(promotion["amount"])}, limits
        case "buy_n_get_extra_unit_free":
            every = promotion["buy"] + promotion["get"]
            goods = selector([promotion["product"]])
            return goods, {"kind": "multi_buy", "every": every, "count": promotion["get"]}, limits
        case "buy_n_get_other_free_once_per_basket":
            free = {"product_ids": [promotion["get_product"]], "quantity": promotion["get"]}
            return selector(), {"kind": "free_product", **free}, limits
        case "spend_ladder_percent":
            steps = [{"from_minor": minor(at), "percent_bp": basis_points(off)} for at, off in promotion["steps"]]
            return selector(), {"kind": "spend_ladder", "steps": steps}, limits
        case kind:
            raise CannotSayError(f"a promotion of kind {kind}")


def differences(case: Case, outcome: Outcome) -> list[str]:
    """Where the outcome is not what was recorded, under the tolerance that the case itself states."""
    expected = case["expected"]
    tax = sum(rate.tax_minor for rate in outcome.vat)
    ours = {
        "total": outcome.total_due_minor,
        "net": outcome.total_due_minor - tax,
        "tax": tax,
        "discount": outcome.total_discount_minor,
    }
    found: list[str] = []
    for name, amount in ours.items():
        if name in expected and amount != minor(expected[name]):
            found.append(f"{name} {amount} instead of {minor(expected[name])}")
    for product, units in expected.get("free_extra_units", {}).items():
        free = _free_units(case, product, outcome)
        if free != units:
            found.append(f"{free} units of {product} for nothing instead of {units}")
    return found


def _free_units(case: Case, product: str, outcome: Outcome) -> int:
    """Units of a product that an offer gave for nothing."""
    givers = {"buy_n_get_extra_unit_free", "buy_n_get_other_free_once_per_basket"}
    offers = {applied.offer_id for applied in outcome.applied if applied.name in givers}
    rung = list(case["lines"]) + [e for promotion in case["promotions"] for e in _rung_up(promotion, case["lines"])]
    names = {str(place): line["product"] for place, line in enumerate(rung)}
    return sum(
        1
        for share in outcome.shares
        if share.offer_id in offers and share.amount_minor and names.get(share.line_id) == product
    )
