"""django-oscar: promotions in the listed order; a unit that one of them used is gone for the next, unless both share.

Exclusive promotions are `priority` offers, others `stack`. "The cheapest of n is free" is a multi-buy on the cheapest
units of the basket. Goods that may not be discounted do not count there either: they are deposits. A case that gives
only a trigger becomes an offer of one cent under that condition.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pos_engine.core.outcome import Outcome
from tests.conformance.documents import (
    CannotSayError,
    Documents,
    Json,
    basis_points,
    basket_file,
    campaigns_file,
    distinct,
    minor,
    quantity,
    ranked,
    selector,
    spend,
)

Case = dict[str, Any]

ONE_CENT: Json = {"kind": "amount", "amount_minor": 1}


def translate(case: Case) -> Documents:
    """The case as our documents."""
    basket = basket_file([_line(line) for line in case["lines"]])
    if "trigger" in case:
        offer = _offer("trigger", _trigger(case["trigger"]), ONE_CENT, selector(), exclusive=True)
        return Documents(campaigns_file([offer]), basket)
    order = sorted(case["promotions"], key=lambda promotion: -promotion.get("priority", 0))
    return Documents(campaigns_file(ranked([_promotion(promotion) for promotion in order])), basket)


def _line(line: Case) -> Json:
    if line["qty_already_consumed"]:
        raise CannotSayError("a threshold that does not count units which another offer of the phase used")
    return {
        "line_id": str(line["line"]),
        "product_id": line["product"],
        "unit_price_minor": minor(line["unit_price"]),
        "quantity": line["qty"],
        "categories": line["matches"],
        "line_kind": "goods" if line["discountable"] else "deposit",
    }


def _trigger(trigger: Case) -> Json:
    goods = selector(categories=[trigger["product_set"]])
    match str(trigger["kind"]):
        case "count":
            return quantity(int(Decimal(trigger["min"])), goods)
        case "value":
            return spend(minor(trigger["min"]), goods)
        case "distinct_products":
            return distinct(int(Decimal(trigger["min"])), goods)
        case kind:
            raise CannotSayError(f"a trigger of kind {kind}")


def _offer(offer_id: str, condition: Json, reward: Json, target: Json, *, exclusive: bool) -> Json:
    return {
        "offer_id": offer_id,
        "name": offer_id,
        "condition": condition,
        "reward": reward,
        "target": target,
        "policy": "priority" if exclusive else "stack",
        "rounding": {"scope": "offer", "mode": "down"},
    }


def _promotion(promotion: Case) -> Json:
    for limit in ("max_total_discount", "combinable_only_with"):
        if promotion.get(limit) is not None:
            raise CannotSayError(f"a promotion with {limit}")
    trigger, reward = promotion["trigger"], promotion["reward"]
    once = promotion["max_applications_per_basket"] == 1
    if reward["kind"] == "amount_off_total" and reward["max_units"] is not None and not once:
        raise CannotSayError("an amount that repeats with the spend, each time on other units")
    ours = _reward(trigger, reward)
    offer = _offer(
        promotion["id"],
        _trigger(trigger),
        ours,
        selector(categories=[reward["product_set"]]),
        exclusive=promotion.get("exclusive_per_unit", True),
    )
    repeats = ours["kind"] in ("multi_buy", "any_for_price")
    return offer | ({"limits": {"uses_per_receipt": 1}} if once and repeats else {})


def _reward(trigger: Case, reward: Case) -> Json:
    """The reward, on the cheapest units where their number is limited."""
    cheapest = {} if reward["max_units"] is None else {"units_max": int(reward["max_units"]), "order": "cheapest"}
    in_groups = trigger["kind"] == "count" and trigger["product_set"] == reward["product_set"]
    match str(reward["kind"]):
        case "percent_off":
            return {"kind": "percent", "percent_bp": basis_points(reward["value"]), **cheapest}
        case "amount_off_total":
            return {"kind": "amount", "amount_minor": minor(reward["value"]), **cheapest}
        case "amount_off_each_unit":
            return {"kind": "amount", "amount_minor": minor(reward["value"]), "per": "unit", **cheapest}
        case "cheapest_unit_free" if in_groups:
            return {"kind": "multi_buy", "every": int(Decimal(trigger["min"])), "grouping": "basket"}
        case "cheapest_unit_free":
            return {"kind": "percent", "percent_bp": 10_000, "units_max": 1}
        case "bundle_fixed_price" if in_groups:
            count = int(Decimal(trigger["min"]))
            return {"kind": "any_for_price", "count": count, "price_minor": minor(reward["value"])}
        case kind:
            raise CannotSayError(f"a reward of kind {kind} under this trigger")


def differences(case: Case, outcome: Outcome) -> list[str]:
    """Where the outcome is not what was recorded; an unrounded amount of a line is met by either cent beside it."""
    if "trigger" in case:
        met = bool(outcome.applied)
        return [] if met == case["expected_met"] else [f"the trigger is {met} instead of {case['expected_met']}"]
    expected = case["expected"]
    found: list[str] = []
    if outcome.total_discount_minor != minor(expected["discount_total"]):
        found.append(f"discount {outcome.total_discount_minor} instead of {minor(expected['discount_total'])}")
    ours = {total.line_id: total.discount_minor for total in outcome.lines}
    for line in expected.get("lines", []):
        exact = Decimal(line["discount"]) * 100
        amount = ours[str(line["line"])]
        if abs(amount - exact) >= 1:
            found.append(f"discount of line {line['line']} {amount} instead of {exact:f}")
    return found
