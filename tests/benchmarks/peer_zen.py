"""Asks zen-engine which deals hold on each basket: PYTHON peer_zen.py < job.json, in the peers' own environment.

The job: {sets: {size: [deal]}, baskets: [context], seconds, in_a_row}; each basket has its turns in a row, the fastest
counts. One decision table per set, one rule per deal, every deal that holds is collected. The answer: {version, sizes:
{size: {us: [...], held: [[deal id]]}}}; CPU µs of each basket.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from typing import Any

import zen

COLUMNS = ("day", "weekday", "hour", "goods", "groups", "campaign", "coupon", "spend")


def cells(deal: dict[str, Any]) -> dict[str, str]:
    """A deal's conditions as the cells of its rule; an empty one asks nothing."""
    goods = " or ".join(
        f"some({name}, # in {json.dumps(deal[name])})"
        for name in ("products", "categories", "departments")
        if deal[name]
    )
    return {
        "day": f"[{deal['first_day']}..{deal['last_day']}]",
        "weekday": f"$ in {json.dumps(deal['weekdays'])}" if deal["weekdays"] else "",
        "hour": f"[{deal['hours'][0]}..{deal['hours'][1]})" if deal["hours"] else "",
        "goods": goods,
        "groups": f"some(groups, # in {json.dumps(deal['groups'])})" if deal["groups"] else "",
        "campaign": f"some(campaigns, # == {deal['campaign']})" if deal["campaign"] and not deal["coupon"] else "",
        "coupon": f"some(coupons, # == {deal['coupon']})" if deal["coupon"] else "",
        "spend": f">= {deal['spend_minor']}" if deal["wide"] and deal["spend_minor"] else "",
    }


def graph(deals: list[dict[str, Any]]) -> dict[str, Any]:
    """A decision graph with one table."""
    fields = {"day": "day", "weekday": "weekday", "hour": "hour", "spend": "value"}
    inputs = [{"id": name, "name": name, **({"field": fields[name]} if name in fields else {})} for name in COLUMNS]
    rules = [{"_id": deal["id"], **cells(deal), "out": json.dumps(deal["id"])} for deal in deals]
    content = {
        "hitPolicy": "collect",
        "inputs": inputs,
        "outputs": [{"id": "out", "name": "deal", "field": "deal"}],
        "rules": rules,
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "deals", "type": "decisionTableNode", "content": content},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "a", "type": "edge", "sourceId": "in", "targetId": "table"},
        {"id": "b", "type": "edge", "sourceId": "table", "targetId": "out"},
    ]
    return {"nodes": nodes, "edges": edges}


def main() -> None:
    """Answer the job on standard input."""
    job = json.load(sys.stdin)
    sizes: dict[str, Any] = {}
    for size, deals in job["sets"].items():
        decision = zen.ZenEngine().create_decision(json.dumps(graph(deals)))
        decision.evaluate(job["baskets"][0])
        us: list[float] = []
        spent = 0.0
        held: list[list[str]] = []
        for basket in job["baskets"]:
            turns: list[float] = []
            found: list[dict[str, Any]] | None = None
            for _ in range(job["in_a_row"]):
                start = time.process_time_ns()
                found = decision.evaluate(basket)["result"]
                turns.append((time.process_time_ns() - start) / 1000)
            us.append(min(turns))
            spent += sum(turns)
            held.append([row["deal"] for row in found or []])
            if spent > job["seconds"] * 1e6:
                break
        sizes[size] = {"us": us, "held": held}
    json.dump({"version": version("zen-engine"), "sizes": sizes}, sys.stdout)


if __name__ == "__main__":
    main()
