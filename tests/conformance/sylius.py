"""Sylius: unit discounts on the list price, basket discounts shared by value; promotions stack by falling priority.

Turns: an offer's phase is `line` until the first basket discount had its turn and `basket` from then on. A percentage
of units is one of the shelf price. Exclusive promotions become `priority` offers: the first takes all units, so nothing
else finds any.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pos_engine.core.outcome import Outcome
from tests.conformance.documents import (
    CannotSayError,
    Documents,
    Json,
    all_of,
    basis_points,
    basket_file,
    campaigns_file,
    quantity,
    ranked,
    selector,
    spend,
)

Case = dict[str, Any]


def translate(case: Case) -> Documents:
    """The case as our documents."""
    promotions = sorted(case["promotions"], key=lambda promotion: -promotion["priority"])
    exclusive = [promotion for promotion in promotions if promotion["exclusive"]]
    promotions = exclusive + [promotion for promotion in promotions if not promotion["exclusive"]]
    offers: list[Json] = []
    phase = "basket" if exclusive else "line"
    for number, promotion in enumerate(promotions):
        condition = all_of(*(_trigger(trigger, first=number == 0) for trigger in promotion.get("triggers", [])))
        if promotion["exclusive"] and [reward["on"] for reward in promotion["rewards"]] != ["basket"]:
            raise CannotSayError("an exclusive promotion that leaves some goods alone but stops all others")
        for place, reward in enumerate(promotion["rewards"]):
            if reward["on"] == "basket":
                phase = "basket"
            offers.append(
                _offer(reward)
                | {
                    "offer_id": f"p{number}-r{place}-{reward['on']}",
                    "name": promotion["name"],
                    "condition": condition,
                    "phase": phase,
                    "policy": "priority" if promotion["exclusive"] else "stack",
                }
            )
    return Documents(campaigns_file(ranked(offers)), basket_file([_line(line) for line in case["lines"]]))


def _line(line: Case) -> Json:
    return {
        "line_id": str(line["line"]),
        "product_id": line["product"],
        "unit_price_minor": line["unit_price"],
        "quantity": line["qty"],
        "categories": line["categories"],
        "unit_price_floor_minor": line["floor_unit_price"] or 0,
    }


def _trigger(trigger: Case, *, first: bool) -> Json:
    """Amounts are tested on what earlier promotions left; the first promotion tests list prices."""
    measured = "before" if first else "after"
    match str(trigger["kind"]):
        case "basket_value":
            return spend(trigger["min"], measured=measured)
        case "category_value":
            return spend(trigger["min"], selector(categories=[trigger["category"]]), measured)
        case "basket_units":
            return quantity(trigger["min"])
        case "contains_product":
            return quantity(1, selector([trigger["product"]]))
        case "contains_category":
            return quantity(1, selector(categories=trigger["any_of"]))
        case kind:
            raise CannotSayError(f"a trigger of kind {kind}")


def _offer(reward: Case) -> Json:
    target = selector(reward.get("products", []), reward.get("categories", []))
    for bound in ("unit_price_min", "unit_price_max"):
        if bound in reward:
            target[f"{bound}_minor"] = reward[bound]
    whole = reward["on"] == "basket"
    if "amount" in reward:
        given: Json = {"kind": "amount", "amount_minor": reward["amount"], "per": "offer" if whole else "unit"}
    else:
        kind = "percent" if whole else "percent_of_shelf"
        given = {"kind": kind, "percent_bp": basis_points(reward["percent"])}
    rounding = {"scope": "offer" if whole else "unit", "mode": "half_up"}
    return {"reward": given, "target": target, "rounding": rounding}


def differences(case: Case, outcome: Outcome) -> list[str]:
    """Where the outcome is not what was recorded.

    Where a promotion has unit and basket rewards, the recorded discount of a line is that of the unit rewards alone.
    """
    expected = case["expected"]
    found: list[str] = []

    def compare(what: str, ours: object, theirs: object) -> None:
        if ours != theirs:
            found.append(f"{what} {ours} instead of {theirs}")

    if "total_after" in expected:
        compare("total", outcome.total_due_minor, expected["total_after"])
    if "basket_discount" in expected:
        compare("discount", outcome.total_discount_minor, expected["basket_discount"])
    units_only = any(reward["on"] == "units" for promotion in case["promotions"] for reward in promotion["rewards"])
    given: dict[str, dict[tuple[str, int], int]] = defaultdict(lambda: defaultdict(int))
    product_of = {str(line["line"]): line["product"] for line in case["lines"]}
    for share in outcome.shares:
        if not (units_only and share.offer_id.endswith("-basket")):
            given[product_of[share.line_id]][share.line_id, share.unit_index] += share.amount_minor
    for product, theirs in expected.get("line_discount", {}).items():
        compare(f"discount of {product}", sum(given[product].values()), theirs)
    for product, theirs in expected.get("unit_discounts", {}).items():
        units = [
            given[product][str(line["line"]), index]
            for line in case["lines"]
            if line["product"] == product
            for index in range(line["qty"])
        ]
        compare(f"discounts of {product}", units, theirs)
    return found
