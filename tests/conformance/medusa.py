"""Medusa: promotions work one after the other on what is left of a line; "buy X get Y" goes first.

An `each` discount is one per product, capped at the price of the units it may touch. A budget is all or nothing there:
the offer holds only while its whole discount fits into what is left, said as a ceiling on the spend. What was used of a
budget counted in uses goes into the usage document. Shipping methods are service lines.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
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
    ranked,
    selector,
    spend,
)

Case = dict[str, Any]

SELECTED_BY = {
    "product.id": "products",
    "shipping_option.id": "products",
    "product_category.id": "categories",
}


def translate(case: Case) -> Documents:
    """The case as our documents."""
    lines = [_line(line) for line in case["lines"]] + [_service(method) for method in case["shipping"]]
    first = [promotion for promotion in case["promotions"] if promotion["kind"] == "buy_x_get_y_free"]
    rest = [promotion for promotion in case["promotions"] if promotion["kind"] != "buy_x_get_y_free"]
    offers: list[Json] = []
    for promotion in first + rest:
        made = _offers(promotion, lines)
        offers += [offer | _frame(promotion, offer["offer_id"], alone=promotion in first) for offer in made]
    usage = {
        offer["offer_id"]: {"total_uses": budget["limit"] - budget["used"]}
        for offer in offers
        for promotion in case["promotions"]
        if (budget := promotion.get("campaign_budget")) and budget["type"] == "usage"
        if offer["name"] == promotion["code"]
    }
    member = {"member_id": "m1", "groups": list(case["customer"].values())} if case["customer"] else None
    return Documents(
        campaigns_file(ranked(offers)),
        basket_file(lines),
        None if member is None else json.dumps(member).encode(),
        json.dumps({"offers": usage}).encode(),
    )


def _line(line: Case) -> Json:
    unit_price = Fraction(minor(line["line_total"]), line["qty"])
    if unit_price.denominator != 1:
        raise CannotSayError("a line whose units do not cost whole cents")
    attributes = line["attributes"]
    return {
        "line_id": line["line"],
        "product_id": attributes["product.id"],
        "unit_price_minor": int(unit_price),
        "quantity": line["qty"],
        "categories": [attributes[name] for name in ("product_category.id",) if name in attributes],
    }


def _service(method: Case) -> Json:
    return {
        "line_id": method["method"],
        "product_id": method["attributes"]["shipping_option.id"],
        "unit_price_minor": minor(method["amount"]),
        "line_kind": "service",
    }


def _frame(promotion: Case, suffix: str, *, alone: bool) -> Json:
    """What every offer of a promotion has."""
    return {
        "offer_id": f"{promotion['code']}{suffix}",
        "name": promotion["code"],
        "policy": "priority" if alone else "stack",
        "phase": "line" if alone else "basket",
        "rounding": {"scope": "offer", "mode": "half_up"},
    }


def _customer(promotion: Case) -> list[Json]:
    return [
        {"kind": "group", "groups": rule["values"]}
        for rule in promotion["customer_rules"]
        if rule["attribute"] == "customer.customer_group.id"
    ]


def _selected(rules: Sequence[Case], *, service: bool = False) -> Json:
    """The goods that the rules name; each rule narrows, and one selector can say one list of each sort."""
    chosen = selector(line_kinds=["service" if service else "goods"])
    if len(rules) > 1:
        raise CannotSayError("goods that must be in two lists at once")
    for rule in rules:
        chosen[SELECTED_BY[rule["attribute"]]] = rule["values"]
    return chosen


def _offers(promotion: Case, lines: Sequence[Json]) -> list[Json]:
    target = _selected(promotion["target_rules"], service=promotion["applies_to"] == "shipping_methods")
    if promotion["kind"] == "buy_x_get_y_free":
        return [_buy_get(promotion, target)]
    if promotion["allocation"].startswith("spread"):
        condition = all_of(*_customer(promotion), *_affordable(promotion, target, promotion["value"]))
        return [{"offer_id": "", "condition": condition, "reward": _reward(promotion), "target": target}]
    return _each(promotion, target, lines)


def _reward(promotion: Case) -> Json:
    if promotion["kind"] == "amount_off":
        return {"kind": "amount", "amount_minor": minor(promotion["value"])}
    return {"kind": "percent", "percent_bp": basis_points(promotion["value"])}


def _affordable(promotion: Case, goods: Json, value: object) -> list[Json]:
    """While the whole discount fits into the rest of a money budget: the goods cost no more than that allows."""
    budget = promotion.get("campaign_budget")
    if not budget or budget["type"] != "spend":
        return []
    rest = minor(budget["limit"]) - minor(budget["used"])
    if promotion["kind"] == "amount_off":
        if minor(value) <= rest:
            return []
        most = rest
    else:
        most = rest * 10_000 // basis_points(value)
    return [{"kind": "not", "condition": spend(most + 1, goods)}]


def _each(promotion: Case, target: Json, lines: Sequence[Json]) -> list[Json]:
    """One discount for each product, on at most so many units of it."""
    matching = [line for line in lines if _names(target, line)]
    if max(Counter(line["product_id"] for line in matching).values(), default=0) > 1:
        raise CannotSayError("a discount once a line where one product stands on several lines")
    offers: list[Json] = []
    for line in matching:
        goods = selector([line["product_id"]], line_kinds=target["line_kinds"])
        units = min(line.get("quantity", 1), promotion["max_units_per_line"])
        reward, limits = _reward(promotion), {}
        if promotion["kind"] == "amount_off":
            limits = {"discount_max_minor": units * line["unit_price_minor"]}
        else:
            reward |= {"units_max": units}
        condition = all_of(*_customer(promotion), *_affordable(promotion, goods, promotion["value"]))
        offers.append(
            {
                "offer_id": f"-{line['line_id']}",
                "condition": condition,
                "reward": reward,
                "target": goods,
                "limits": limits,
            }
        )
    return offers


def _names(target: Json, line: Json) -> bool:
    if line.get("line_kind", "goods") not in target["line_kinds"]:
        return False
    everything = not target["products"] and not target["categories"]
    categories = set(line.get("categories", ()))
    return everything or line["product_id"] in target["products"] or not categories.isdisjoint(target["categories"])


def _buy_get(promotion: Case, target: Json) -> Json:
    """Once a receipt; of the same goods the dearer ones are bought."""
    bought = _selected(promotion["buy_rules"])
    reward = {
        "kind": "buy_get",
        "buy": bought,
        "get": target,
        "buy_quantity": promotion["buy_min_units"],
        "get_quantity": promotion["get_units"],
    }
    if bought == target:
        every = promotion["buy_min_units"] + promotion["get_units"]
        reward = {"kind": "multi_buy", "every": every, "count": promotion["get_units"], "grouping": "basket"}
    condition = all_of(*_customer(promotion), *_affordable_free(promotion))
    limits = {"uses_per_receipt": 1}
    return {
        "offer_id": "",
        "condition": condition,
        "reward": reward,
        "target": target if bought == target else selector(),
        "limits": limits,
    }


def _affordable_free(promotion: Case) -> list[Json]:
    """What goods for nothing are worth depends on which they are; a budget they could break cannot be said."""
    budget = promotion.get("campaign_budget")
    if budget and budget["used"]:
        raise CannotSayError("goods for nothing out of a budget of which some is used")
    return []


def differences(case: Case, outcome: Outcome) -> list[str]:
    """Where the outcome is not what was recorded; amounts of theirs are rounded to the cent."""
    expected = case["expected"]
    theirs: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for given in expected.get("adjustments", []):
        theirs[given["target"], given["promotion"]] += Fraction(str(given["discount"])) * 100
    names = {applied.offer_id: applied.name for applied in outcome.applied}
    ours: Counter[tuple[str, str]] = Counter()
    for share in outcome.shares:
        ours[share.line_id, names[share.offer_id]] += share.amount_minor
    found: list[str] = []
    total = Fraction(str(expected["discount_total"])) * 100
    if outcome.total_discount_minor != total:
        found.append(f"discount {outcome.total_discount_minor} instead of {float(total):.0f}")
    for key in sorted({*ours, *theirs}):
        exact = theirs[key]
        rounded = divide_half_up(exact.numerator, exact.denominator)
        if ours[key] != rounded:
            found.append(f"{key[1]} on {key[0]} {ours[key]} instead of {rounded}")
    return found
