"""Runs another engine on the same baskets and the same deals, as far as both can say them, and prints the ratio.

Medusa (npm) prices with its own `computeActions`, without its database: dates, weekdays, hours and paper coupons are
settled before, for nothing, and its promotions are handed over in memory. It stacks what we let compete, so the costs
are compared and not the totals.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pos_engine.core.money import Tariff
from pos_engine.core.ruleset import compile_ruleset
from tests.benchmarks.campaigns import campaigns_of, visits_of
from tests.benchmarks.evaluation import price, spread
from tests.benchmarks.timing import Times, figure, table, timed
from tests.benchmarks.workload import FOLDER, Deal, RealBasket, RealMember, Workload

MEDUSA = FOLDER / "medusa"
MEDUSA_VERSION = "2.21.2"
MEDUSA_PACKAGES = tuple(f"@medusajs/{name}@{MEDUSA_VERSION}" for name in ("promotion", "utils", "framework"))
INSTALL_SECONDS_MAX = 600
SHARED_KINDS = frozenset({"percent", "unit_off", "wide_amount"})
SIZES = (10, 100, 1_000)
BASKETS = 200
SCRIPT = Path(__file__).with_name("peer_medusa.mjs")


def report(workload: Workload, seconds_max: float) -> None:
    """Print Medusa's mean beside ours, or why there is none."""
    problem = _install()
    if problem:
        print(f"\npeers: Medusa is left out: {problem}")
        return
    step = max(1, len(workload.baskets) // BASKETS)
    numbers = range(0, len(workload.baskets), step)
    deals = {size: [deal for deal in workload.deals[size] if deal.kind in SHARED_KINDS] for size in SIZES}
    baskets = [workload.baskets[number] for number in numbers]
    job = {
        "seconds": seconds_max,
        "sets": {str(size): [_promotion(deal) for deal in some] for size, some in deals.items()},
        "baskets": [_basket(basket, workload.members[basket.member], deals) for basket in baskets],
    }
    command = ["node", str(SCRIPT), str(MEDUSA)]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"\npeers: Medusa is left out: {done.stderr.strip().splitlines()[-1]}")
        return
    answer = json.loads(done.stdout)
    visits = visits_of(workload)
    rows = []
    for size in SIZES:
        theirs = Times(tuple(answer["sizes"][str(size)]["us"]))
        row = [f"{size:,}", f"{len(deals[size]):,}", figure(theirs.p50), figure(theirs.mean)]
        for reading in ("priority", "best"):
            ruleset = compile_ruleset(campaigns_of(deals[size], reading), Tariff())
            timed((partial(price, ruleset, visit) for visit in spread(visits)[:50]), 1)
            ours = timed((partial(price, ruleset, visits[number]) for number in numbers[: len(theirs.us)]), seconds_max)
            row += [figure(ours.mean), figure(theirs.mean / ours.mean)]
        rows.append(row)
    head = ("deals", "of them shared", "Medusa p50", "Medusa mean", "priority mean", "ratio", "best mean", "ratio")
    table(f"Medusa {answer['version']} on the same baskets and deals (CPU µs)", head, rows)


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
    targets = (
        ("items.product_id", deal.goods.products),
        ("items.category", deal.goods.categories),
        ("items.department", deal.goods.departments),
    )
    percent = deal.kind == "percent"
    wide = deal.kind == "wide_amount"
    method = {
        "type": "percentage" if percent else "fixed",
        "value": deal.percent_bp / 100 if percent else deal.off_minor,
        "target_type": "order" if wide else "items",
        "allocation": "across" if wide else "each" if percent else "once",
        "max_quantity": None if wide else 9_999 if percent else 1,
        "target_rules": [_rule(attribute, "in", chosen) for attribute, chosen in targets if chosen],
    }
    return {
        "code": deal.deal_id,
        "type": "standard",
        "is_automatic": True,
        "is_tax_inclusive": False,
        "rules": rules,
        "application_method": method,
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
        "live": {str(size): [deal.deal_id for deal in some if _live(deal, basket)] for size, some in deals.items()},
    }


def _live(deal: Deal, basket: RealBasket) -> bool:
    day = basket.at.date()
    return (
        (deal.starts_on is None or deal.starts_on <= day)
        and (deal.ends_on is None or day <= deal.ends_on)
        and (not deal.weekdays or day.weekday() in deal.weekdays)
        and (deal.hours is None or deal.hours[0] <= basket.at.hour < deal.hours[1])
        and (not deal.coupon or deal.coupon in basket.coupons)
    )
