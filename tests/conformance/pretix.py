"""pretix: promotions in their order, a unit used by one (as reward or as trigger) is gone for the next.

All offers are `priority`, rounded per unit, half up. "Cheapest n per m" is a multi-buy on the cheapest of the basket;
with a trigger on other products it is buy-and-get. A promotion whose units must share a group (an event's date) is one
offer per group. The product id names product and group, so that groups count as different products.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
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
    distinct,
    minor,
    quantity,
    ranked,
    selector,
    spend,
)

Case = dict[str, Any]

ADD_ON = "add-on"
NOWHERE = "no group"
DIGITS = {"EUR": 2, "JPY": 0}
"""Decimal places of a currency's minor unit."""


def translate(case: Case) -> Documents:
    """The case as our documents; one that is about tax alone has no offer."""
    if "promotions" not in case:
        lines = [_taxed_line(line, DIGITS[case["currency"]]) for line in case["lines"]]
        return Documents(campaigns_file([], currency=case["currency"]), basket_file(lines))
    offers: list[Json] = []
    for promotion in sorted(case["promotions"], key=lambda promotion: (promotion["order"], promotion["id"])):
        if promotion["active"]:
            offers += _offers(promotion, case)
    basket = basket_file([_line(line) for line in case["lines"]], channel=case["sales_channel"])
    return Documents(campaigns_file(ranked(offers)), basket, at=case["now"])


def _line(line: Case) -> Json:
    kinds = [name for name in (line["product"], line["group"]) if name]
    return {
        "line_id": str(line["line"]),
        "product_id": "/".join(kinds),
        "unit_price_minor": minor(line["unit_price"]),
        "quantity": line["qty"],
        "categories": kinds + ([ADD_ON] if line["addon_of"] is not None else []),
        "already_reduced": minor(line["already_voucher_discounted_by"]) > 0,
        "line_kind": "deposit" if line["bundled_component"] else "goods",
    }


def _taxed_line(line: Case, digits: int) -> Json:
    return {
        "line_id": str(line["line"]),
        "product_id": str(line["line"]),
        "unit_price_minor": minor(line["gross_price"], digits),
        "quantity": line["qty"],
        "vat_bp": basis_points(line["tax_rate_percent"]),
    }


def _selected(side: Case, products: object, groups: Sequence[str] | None, lines: Sequence[Case]) -> Json:
    """The goods of a trigger or reward: every combination of the products and groups that the basket knows."""
    more: Json = {"skip_already_reduced": side["skip_already_voucher_discounted"]}
    if not side["include_addons"]:
        more["exclude_categories"] = [ADD_ON]
    if groups is None:
        return selector(categories=[] if products == "any" else list(products), **more)  # type: ignore[call-overload]
    inside = {
        "/".join(name for name in (line["product"], line["group"]) if name)
        for line in lines
        if line["group"] in groups and (products == "any" or line["product"] in products)  # type: ignore[operator]
    }
    return selector(sorted(inside) or [NOWHERE], **more)


def _offers(promotion: Case, case: Case) -> list[Json]:
    """The offers of one promotion: one, or one per group."""
    trigger, reward, lines = promotion["trigger"], promotion["reward"], case["lines"]
    groups = sorted({line["group"] for line in lines if line["group"]})
    allowed: list[str] | None = None
    if "group_date_until" in trigger:
        until = datetime.fromisoformat(trigger["group_date_until"])
        dates = {line["group"]: datetime.fromisoformat(line["group_date"]) for line in lines if line["group"]}
        allowed = [group for group in groups if dates[group] <= until]
    piles: list[list[str] | None] = [allowed]
    if trigger["grouping"] == "all_units_in_same_group":
        piles = [[group] for group in (groups if allowed is None else allowed)]
    offers: list[Json] = []
    for place, pile in enumerate(piles):
        wanted = _selected(trigger, trigger["products"], pile, lines)
        same = reward["products"] == "same_as_trigger"
        given = wanted if same else _selected(reward, reward["products"], pile, lines)
        offers.append(
            {
                "offer_id": f"{promotion['id']}-{place}",
                "name": promotion["id"],
                "condition": all_of(*_frame(promotion), *_conditions(trigger, wanted, lines)),
                "reward": _reward(promotion, wanted, given),
                "target": given if same or not reward["cheapest_n_per_application"] else selector(),
                "policy": "priority",
                "rounding": {"scope": "unit", "mode": "half_up"},
            }
        )
    if trigger["grouping"] == "all_units_in_different_groups" and reward["cheapest_n_per_application"]:
        _check_packs(trigger, lines)
    return offers


def _frame(promotion: Case) -> list[Json]:
    """Where and until when a promotion holds."""
    found: list[Json] = []
    if promotion["sales_channels"] != "any":
        found.append({"kind": "channel", "channels": promotion["sales_channels"]})
    if "available_until" in promotion:
        last = datetime.fromisoformat(promotion["available_until"]).date().isoformat()
        found.append({"kind": "date_range", "starts_on": "2026-01-01", "ends_on": last})
    return found


def _conditions(trigger: Case, wanted: Json, lines: Sequence[Case]) -> list[Json]:
    if trigger["kind"] == "value":
        return [spend(minor(trigger["min_value"]), wanted)]
    if trigger["grouping"] != "all_units_in_different_groups":
        return [quantity(trigger["min_count"], wanted)]
    products = {
        line["product"] for line in lines if trigger["products"] == "any" or line["product"] in trigger["products"]
    }
    if len(products) > 1:
        raise CannotSayError("several products of which those of one group count as one")
    return [distinct(trigger["min_count"], wanted)]


def _check_packs(trigger: Case, lines: Sequence[Case]) -> None:
    """Packs of units from different groups: the same as ours of any units while no group has more than one a pack."""
    sizes = Counter(line["group"] for line in lines)
    packs = sum(sizes.values()) // trigger["min_count"]
    if len(sizes) >= trigger["min_count"] and max(sizes.values()) > packs:
        raise CannotSayError("packs whose units must all be of different groups")


def _reward(promotion: Case, wanted: Json, given: Json) -> Json:
    trigger, reward = promotion["trigger"], promotion["reward"]
    percent_bp = basis_points(reward["percent"])
    count = reward["cheapest_n_per_application"]
    if count is None:
        return {"kind": "percent", "percent_bp": percent_bp}
    if trigger["kind"] != "count":
        raise CannotSayError("the cheapest of every so much spent")
    if wanted == given:
        every = trigger["min_count"]
        return {"kind": "multi_buy", "every": every, "count": count, "percent_bp": percent_bp, "grouping": "basket"}
    return {
        "kind": "buy_get",
        "buy": wanted,
        "get": given,
        "buy_quantity": trigger["min_count"],
        "get_quantity": count,
        "percent_bp": percent_bp,
    }


def differences(case: Case, outcome: Outcome) -> list[str]:
    """Where the outcome is not what was recorded. Which of equal units is reduced is nobody's business."""
    expected = case["expected"]
    if "promotions" not in case:
        return _tax_differences(expected, outcome, DIGITS[case["currency"]])
    found: list[str] = []
    if outcome.total_due_minor != minor(expected["total_after"]):
        found.append(f"total {outcome.total_due_minor} instead of {minor(expected['total_after'])}")
    ours: dict[str, list[int]] = defaultdict(list)
    theirs: dict[str, list[int]] = defaultdict(list)
    for line, total, price in zip(case["lines"], outcome.lines, expected["unit_prices"], strict=True):
        equal = str(_line(line) | {"line_id": ""})
        ours[equal].append(total.due_minor)
        theirs[equal].append(minor(price))
    if {key: sorted(prices) for key, prices in ours.items()} != {key: sorted(p) for key, p in theirs.items()}:
        found.append(f"prices {[total.due_minor for total in outcome.lines]} instead of {expected['unit_prices']}")
    return found


def _tax_differences(expected: Case, outcome: Outcome, digits: int) -> list[str]:
    """Sums per rate; the tax of a single line is no figure of ours."""
    found: list[str] = []
    if outcome.total_due_minor != minor(expected["gross_total"], digits):
        found.append(f"total {outcome.total_due_minor} instead of {minor(expected['gross_total'])}")
    rates = {rate.vat_bp: (rate.due_minor, rate.tax_minor) for rate in outcome.vat}
    for percent, sums in expected["by_rate"].items():
        ours = rates.get(basis_points(percent))
        theirs = (minor(sums["gross"], digits), minor(sums["tax"], digits))
        if ours != theirs:
            found.append(f"gross and tax at {percent} % {ours} instead of {theirs}")
    return found
