"""Medusa (npm) on the same baskets and the same deals, as far as both can say them.

It prices with its own `computeActions`, without its database: dates, weekdays, hours and paper coupons are settled
before, for nothing, and its promotions are handed over in memory. It stacks what we let compete, so the totals seldom
agree; how often is printed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.peers import IN_A_ROW, SIZES, Theirs, compare, in_force, sample
from tests.benchmarks.workload import FOLDER, Deal, Goods, RealBasket, RealMember, Workload

MEDUSA = FOLDER / "medusa"
MEDUSA_VERSION = "2.21.2"
MEDUSA_PACKAGES = tuple(f"@medusajs/{name}@{MEDUSA_VERSION}" for name in ("promotion", "utils", "framework"))
INSTALL_SECONDS_MAX = 600
SHARED_KINDS = frozenset({"percent", "unit_off", "wide_amount", "bxgy", "cheapest"})
"""What is left out: amounts and ladders from a spend on some goods, which Medusa counts over the whole cart."""

BUYGET_KINDS = frozenset({"bxgy", "cheapest"})
SCRIPT = Path(__file__).with_name("peer_medusa.mjs")


def report(workload: Workload, seconds_max: float) -> None:
    """Print Medusa's mean beside ours, or why there is none."""
    problem = _install()
    if problem:
        print(f"\npeers: Medusa is left out: {problem}")
        return
    numbers = sample(workload)
    deals = {size: [deal for deal in workload.deals[size] if deal.kind in SHARED_KINDS] for size in SIZES}
    baskets = [workload.baskets[number] for number in numbers]
    job = {
        "seconds": seconds_max,
        "in_a_row": IN_A_ROW,
        "sets": {str(size): [_promotion(deal) for deal in some] for size, some in deals.items()},
        "baskets": [_basket(basket, workload.members[basket.member], deals) for basket in baskets],
    }
    command = ["node", str(SCRIPT), str(MEDUSA)]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"\npeers: Medusa is left out: {done.stderr.strip().splitlines()[-1]}")
        return
    answer = json.loads(done.stdout)
    found = {size: Theirs(answer["sizes"][str(size)]["us"], answer["sizes"][str(size)]["saved"]) for size in SIZES}
    compare(f"Medusa {answer['version']}", workload, deals, numbers, found, seconds_max)


def _install() -> str:
    """Bring Medusa's code into `var/benchmarks/medusa`; why not, or empty."""
    if (MEDUSA / "node_modules/@medusajs/framework/package.json").is_file():
        return "" if shutil.which("node") else "node is not on this machine"
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not on this machine"
    MEDUSA.mkdir(parents=True, exist_ok=True)
    (MEDUSA / "package.json").write_text('{"private": true}', encoding="utf-8")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps", *MEDUSA_PACKAGES]
    try:
        done = subprocess.run(
            command, cwd=MEDUSA, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        return f"npm did not finish within {INSTALL_SECONDS_MAX} s"
    return "" if done.returncode == 0 else f"npm could not install it: {done.stderr.strip()[:200]}"


def _rule(attribute: str, operator: str, values: Sequence[object]) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "values": [{"value": str(value)} for value in values]}


def _promotion(deal: Deal) -> dict[str, Any]:
    """A deal as Medusa stores it."""
    rules = []
    if deal.groups:
        rules.append(_rule("customer.groups.id", "in", [f"g{number}" for number in deal.groups]))
    if deal.campaign and not deal.coupon:
        rules.append(_rule("customer.groups.id", "in", [f"sent{deal.campaign}"]))
    if deal.spend_minor:
        rules.append(_rule("subtotal", "gte", [deal.spend_minor]))
    promotion = {
        "code": deal.deal_id,
        "type": "buyget" if deal.kind in BUYGET_KINDS else "standard",
        "is_automatic": True,
        "is_tax_inclusive": False,
        "rules": rules,
    }
    return promotion | {"application_method": _method(deal)}


def _targets(goods: Goods) -> list[dict[str, Any]]:
    targets = (
        ("items.product_id", goods.products),
        ("items.category", goods.categories),
        ("items.department", goods.departments),
    )
    return [_rule(attribute, "in", chosen) for attribute, chosen in targets if chosen]


def _method(deal: Deal) -> dict[str, Any]:
    """What it takes off, and of which goods."""
    if deal.kind in BUYGET_KINDS:
        bought = deal.buy or deal.every - 1
        return {
            "type": "percentage",
            "value": (deal.percent_bp or 10_000) / 100,
            "target_type": "items",
            "allocation": "each",
            "max_quantity": deal.times_max or 9_999,
            "buy_rules_min_quantity": bought,
            "apply_to_quantity": 1,
            "buy_rules": _targets(deal.goods),
            "target_rules": _targets(deal.goods if deal.other == Goods() else deal.other),
        }
    percent, wide = deal.kind == "percent", deal.kind == "wide_amount"
    return {
        "type": "percentage" if percent else "fixed",
        "value": deal.percent_bp / 100 if percent else deal.off_minor,
        "target_type": "order" if wide else "items",
        "allocation": "across" if wide else "each" if percent else "once",
        "max_quantity": None if wide else 9_999 if percent else 1,
        "target_rules": _targets(deal.goods),
    }


def _basket(basket: RealBasket, member: RealMember, deals: dict[int, list[Deal]]) -> dict[str, Any]:
    """A basket as Medusa's context, and what of each set its query would have found."""
    items = [
        {
            "id": str(number),
            "product_id": str(line.product),
            "category": str(line.category),
            "department": str(line.department),
            "quantity": line.quantity,
            "subtotal": line.unit_price_minor * line.quantity,
            "original_total": line.unit_price_minor * line.quantity,
            "is_discountable": True,
        }
        for number, line in enumerate(basket.lines)
    ]
    groups = [{"id": f"g{number}"} for number in member.groups] + [{"id": f"sent{n}"} for n in member.campaigns]
    value = sum(line.unit_price_minor * line.quantity for line in basket.lines)
    return {
        "context": {"currency_code": "usd", "customer": {"groups": groups}, "subtotal": value, "items": items},
        "live": {str(size): [deal.deal_id for deal in some if in_force(deal, basket)] for size, some in deals.items()},
    }
