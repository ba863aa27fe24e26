"""Sylius: unit discounts on the list price, basket discounts shared by value; promotions stack by falling priority.

Turns: an offer's phase is `line` until the first basket discount had its turn and `basket` from then on. Exclusive
promotions become `priority` offers: the first takes all units, so nothing else finds any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
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
    floors = {line["product"]: line["floor_unit_price"] or 0 for line in case["lines"]}
    _check_list_prices(promotions, case["lines"])
    offers: list[Json] = []
    phase = "basket" if exclusive else "line"
    for number, promotion in enumerate(promotions):
        condition = all_of(*(_trigger(trigger, first=number == 0) for trigger in promotion.get("triggers", [])))
        if promotion["exclusive"] and [reward["on"] for reward in promotion["rewards"]] != ["basket"]:
            raise CannotSayError("an exclusive promotion that leaves some goods alone but stops all others")
        for place, reward in enumerate(promotion["rewards"]):
            if reward["on"] == "basket":
                phase = "basket"
            offers += [
                offer
                | {
                    "offer_id": f"p{number}-r{place}-{offer['offer_id']}",
                    "name": promotion["name"],
                    "condition": condition,
                    "phase": phase,
                    "policy": "priority" if promotion["exclusive"] else "stack",
                }
                for offer in _rewards(reward, floors)
            ]
    return Documents(campaigns_file(ranked(offers)), basket_file([_line(line) for line in case["lines"]]))


def _check_list_prices(promotions: Sequence[Case], lines: Sequence[Case]) -> None:
    """Theirs take a percentage of a unit's list price; ours of what is left, which is less after another discount."""
    rewards = [reward for promotion in promotions for reward in promotion["rewards"]]
    for line in lines:
        on_line = [reward for reward in rewards if reward["on"] == "basket" or _touches(reward, line)]
        if any(reward["on"] == "units" and "percent" in reward for reward in on_line[1:]):
            raise CannotSayError("a percentage of the list price of goods that already have another discount")


def _touches(reward: Case, line: Case) -> bool:
    if "products" in reward and line["product"] not in reward["products"]:
        return False
    if "categories" in reward and set(reward["categories"]).isdisjoint(line["categories"]):
        return False
    lowest, highest = reward.get("unit_price_min", 0), reward.get("unit_price_max", line["unit_price"])
    return bool(lowest <= line["unit_price"] <= highest)


def _line(line: Case) -> Json:
    return {
        "line_id": str(line["line"]),
        "product_id": line["product"],
        "unit_price_minor": line["unit_price"],
        "quantity": line["qty"],
        "categories": line["categories"],
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


def _rewards(reward: Case, floors: dict[str, int]) -> list[Json]:
    """The offers of one reward: unit rewards one per floor price, basket rewards one in all."""
    target = selector(reward.get("products", []), reward.get("categories", []))
    for bound in ("unit_price_min", "unit_price_max"):
        if bound in reward:
            target[f"{bound}_minor"] = reward[bound]
    if reward["on"] == "basket":
        if len(set(floors.values())) > 1:
            raise CannotSayError("one discount over goods of which each has a lowest price of its own")
        return [_offer("basket", _basket_reward(reward), target, max(floors.values(), default=0))]
    by_floor: dict[int, list[str]] = defaultdict(list)
    for product, floor in floors.items():
        by_floor[floor].append(product)
    if len(by_floor) == 1:
        return [_offer("units", _unit_reward(reward), target, *by_floor)]
    offers: list[Json] = []
    for floor, products in by_floor.items():
        inside = [product for product in products if not target["products"] or product in target["products"]]
        if target["categories"]:
            raise CannotSayError("a category of goods of which each has a lowest price of its own")
        if inside:
            offers.append(_offer(f"floor-{floor}", _unit_reward(reward), target | {"products": inside}, floor))
    return offers


def _offer(offer_id: str, reward: Json, target: Json, floor_minor: int) -> Json:
    return {
        "offer_id": offer_id,
        "reward": reward,
        "target": target,
        "rounding": {"scope": "offer" if offer_id == "basket" else "unit", "mode": "half_up"},
        "limits": {"unit_price_floor_minor": floor_minor},
    }


def _basket_reward(reward: Case) -> Json:
    if "amount" in reward:
        return {"kind": "amount", "amount_minor": reward["amount"]}
    return {"kind": "percent", "percent_bp": basis_points(reward["percent"])}


def _unit_reward(reward: Case) -> Json:
    if "amount" in reward:
        return {"kind": "amount", "amount_minor": reward["amount"], "per": "unit"}
    return {"kind": "percent", "percent_bp": basis_points(reward["percent"])}


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
