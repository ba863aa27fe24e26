"""django-oscar and zen-engine, in an environment of their own under `var/`, on the same baskets and deals."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from pos_engine.core.money import Tariff
from pos_engine.core.ruleset import compile_ruleset
from tests.benchmarks.campaigns import campaigns_of, visits_of
from tests.benchmarks.evaluation import price
from tests.benchmarks.peers import IN_A_ROW, SIZES, Theirs, compare, in_force, sample
from tests.benchmarks.timing import Times, fastest, figure, table
from tests.benchmarks.workload import FOLDER, Deal, Goods, RealBasket, RealMember, Workload

ENVIRONMENT = FOLDER / "python-peers"
PACKAGES = ("django-oscar==4.2.1", "zen-engine==2.1.3")
INSTALL_SECONDS_MAX = 600
RUN_SECONDS_MAX = 900
OSCAR_KINDS = frozenset({"percent", "unit_off", "wide_amount", "cheapest"})
"""Oscar's value condition uses up the goods that reach it, and it knows no steps: amounts and ladders on some goods,
and multi-buys with a number of times or a part off, say something else there."""


def report(workload: Workload, seconds_max: float) -> None:
    """Print both beside ours, or why one is left out."""
    problem = _install()
    if problem:
        print(f"\npeers: django-oscar and zen-engine are left out: {problem}")
        return
    _oscar(workload, seconds_max)
    _zen(workload, seconds_max)


def _install() -> str:
    """Bring both into `var/benchmarks/python-peers`; why not, or empty."""
    done_mark = ENVIRONMENT / "installed"
    if done_mark.is_file() and done_mark.read_text(encoding="utf-8") == " ".join(PACKAGES):
        return ""
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv is None:
        return "uv is not on this machine"
    python = str(ENVIRONMENT / "bin/python")
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT)],
        [uv, "pip", "install", "--quiet", "--python", python, *PACKAGES],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            return f"they could not be installed within {INSTALL_SECONDS_MAX} s"
        if done.returncode != 0:
            return f"they could not be installed: {(done.stderr.strip().splitlines() or ['?'])[-1][:200]}"
    done_mark.write_text(" ".join(PACKAGES), encoding="utf-8")
    return ""


def _run(script: str, job: dict[str, Any]) -> dict[str, Any] | str:
    """The answer of a peer's program, or why there is none."""
    command = [str(ENVIRONMENT / "bin/python"), "-W", "ignore", str(Path(__file__).with_name(script))]
    try:
        done = subprocess.run(
            command, input=json.dumps(job), capture_output=True, text=True, check=False, timeout=RUN_SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        return f"it did not answer within {RUN_SECONDS_MAX} s"
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _oscar(workload: Workload, seconds_max: float) -> None:
    """What oscar's applicator costs on the deals that hold; groups and dates are settled before, for nothing."""
    numbers = sample(workload)
    deals = {size: [deal for deal in workload.deals[size] if deal.kind in OSCAR_KINDS] for size in SIZES}
    baskets = [workload.baskets[number] for number in numbers]
    job = {
        "seconds": seconds_max,
        "in_a_row": IN_A_ROW,
        "sets": {str(size): [_oscar_deal(deal) for deal in some] for size, some in deals.items()},
        "baskets": [_oscar_basket(basket, workload.members[basket.member], deals) for basket in baskets],
    }
    answer = _run("peer_oscar.py", job)
    if isinstance(answer, str):
        print(f"\npeers: django-oscar is left out: {answer}")
        return
    found = {size: Theirs(answer["sizes"][str(size)]["us"], answer["sizes"][str(size)]["saved"]) for size in SIZES}
    name = f"django-oscar {answer['version']}, applicator, SQLite in memory"
    compare(name, workload, deals, numbers, found, seconds_max)


def _oscar_deal(deal: Deal) -> dict[str, Any]:
    goods = deal.goods
    return {
        "id": deal.deal_id,
        "kind": deal.kind,
        "rank": deal.rank,
        "wide": deal.kind.startswith("wide_"),
        "percent_bp": deal.percent_bp,
        "off_minor": deal.off_minor,
        "spend_minor": deal.spend_minor,
        "every": deal.every,
        "products": [str(number) for number in goods.products],
        "categories": [f"c{number}" for number in goods.categories],
        "departments": [f"d{number}" for number in goods.departments],
    }


def _oscar_basket(basket: RealBasket, member: RealMember, deals: dict[int, list[Deal]]) -> dict[str, Any]:
    lines = [
        {
            "product": str(line.product),
            "category": f"c{line.category}",
            "department": f"d{line.department}",
            "unit_price_minor": line.unit_price_minor,
            "quantity": line.quantity,
        }
        for line in basket.lines
    ]
    live = {
        str(size): [deal.deal_id for deal in some if in_force(deal, basket) and _for_member(deal, member)]
        for size, some in deals.items()
    }
    return {"lines": lines, "live": live}


def _for_member(deal: Deal, member: RealMember) -> bool:
    sent = bool(deal.coupon) or not deal.campaign or deal.campaign in member.campaigns
    return sent and (not deal.groups or bool(set(deal.groups) & set(member.groups)))


def _zen(workload: Workload, seconds_max: float) -> None:
    """What it costs zen-engine to find the deals that hold; it takes nothing off, ours finds the price meanwhile."""
    numbers = sample(workload)
    baskets = [workload.baskets[number] for number in numbers]
    job = {
        "seconds": seconds_max,
        "in_a_row": IN_A_ROW,
        "sets": {str(size): [_zen_deal(deal) for deal in workload.deals[size]] for size in SIZES},
        "baskets": [_zen_basket(basket, workload.members[basket.member]) for basket in baskets],
    }
    answer = _run("peer_zen.py", job)
    if isinstance(answer, str):
        print(f"\npeers: zen-engine is left out: {answer}")
        return
    visits = visits_of(workload)
    rows = []
    for size in SIZES:
        theirs = Times(tuple(answer["sizes"][str(size)]["us"]))
        asked = numbers[: len(theirs.us)]
        held = answer["sizes"][str(size)]["held"]
        same = sum(
            set(ids) == _holding(workload.deals[size], workload.baskets[number], workload)
            for number, ids in zip(asked, held, strict=True)
        )
        row = [f"{size:,}", str(len(asked)), figure(theirs.p50), figure(theirs.mean), f"{same} of {len(asked)}"]
        for reading in ("priority", "best"):
            ruleset = compile_ruleset(campaigns_of(workload.deals[size], reading), Tariff())
            ours = fastest((partial(price, ruleset, visits[number]) for number in asked), seconds_max, IN_A_ROW)
            row += [figure(ours.mean), figure(theirs.mean / ours.mean)]
        rows.append(row)
    head = ("deals", "baskets", "p50", "mean", "same deals hold", "priority mean", "ratio", "best mean", "ratio")
    table(f"zen-engine {answer['version']}, decision table of all deals' conditions (CPU µs)", head, rows)


def _zen_deal(deal: Deal) -> dict[str, Any]:
    first, last = deal.starts_on or date.min, deal.ends_on or date.max
    goods = deal.goods
    return {
        "id": deal.deal_id,
        "wide": goods == Goods(),
        "spend_minor": _spend_minor(deal),
        "products": goods.products,
        "categories": goods.categories,
        "departments": goods.departments,
        "groups": deal.groups,
        "campaign": deal.campaign,
        "coupon": deal.coupon,
        "weekdays": deal.weekdays,
        "hours": deal.hours,
        "first_day": first.toordinal(),
        "last_day": last.toordinal(),
    }


def _zen_basket(basket: RealBasket, member: RealMember) -> dict[str, Any]:
    return {
        "day": basket.at.date().toordinal(),
        "weekday": basket.at.weekday(),
        "hour": basket.at.hour,
        "products": [line.product for line in basket.lines],
        "categories": [line.category for line in basket.lines],
        "departments": [line.department for line in basket.lines],
        "groups": member.groups,
        "campaigns": member.campaigns,
        "coupons": basket.coupons,
        "value": _value_minor(basket),
    }


def _value_minor(basket: RealBasket) -> int:
    return sum(line.unit_price_minor * line.quantity for line in basket.lines)


def _spend_minor(deal: Deal) -> int:
    """What has to be spent in all; a spend on some goods is more than a condition of this table says."""
    return min((spend for spend, _ in deal.steps), default=deal.spend_minor)


def _holding(deals: Sequence[Deal], basket: RealBasket, workload: Workload) -> set[str]:
    """The deals whose conditions hold, said plainly: what the table must find."""
    member = workload.members[basket.member]
    value_minor = _value_minor(basket)

    def touches(goods: Goods) -> bool:
        return any(
            line.product in goods.products or line.category in goods.categories or line.department in goods.departments
            for line in basket.lines
        )

    return {
        deal.deal_id
        for deal in deals
        if in_force(deal, basket)
        and _for_member(deal, member)
        and (value_minor >= _spend_minor(deal) if deal.goods == Goods() else touches(deal.goods))
    }
