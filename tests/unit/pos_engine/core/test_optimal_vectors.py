"""Proven optima of overlapping multi-buys, through the program's own entry: every one is met, with its proof."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pos_engine.core.evaluate import evaluate
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage
from pos_engine.wire.campaigns import decode_campaigns_file
from pos_engine.wire.documents import decode_basket
from tests.support.pricing import MOMENT

VECTORS = Path(__file__).parents[3] / "vectors" / "engine_cases" / "optimal.json"
CASES = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]


def reward(deal: dict[str, Any]) -> dict[str, Any]:
    if deal["kind"] == "any_n_units_for_fixed_price":
        return {"kind": "any_for_price", "count": deal["n"], "price_minor": deal["price_cents"]}
    assert deal["kind"] == "any_n_units_k_cheapest_percent_off"
    assert deal["rounding"] == "percent of unit price, rounded down per unit"
    return {"kind": "multi_buy", "every": deal["n"], "count": deal["k"], "percent_bp": deal["percent"] * 100}


def campaigns(case: dict[str, Any]) -> dict[str, Any]:
    offers = [
        {
            "offer_id": f"deal{number}",
            "name": f"deal {number}",
            "condition": {"kind": "all"},
            "target": {"categories": [deal["set"]]},
            "rounding": {"scope": "unit", "mode": "down"},
            "reward": reward(deal),
        }
        for number, deal in enumerate(case["deals"])
    ]
    campaign = {"campaign_id": "c", "version": 1, "name": "c", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    return {"campaigns": [{**campaign, "offers": offers}]}


def basket(case: dict[str, Any]) -> dict[str, Any]:
    lines = [
        {
            "line_id": str(unit["unit"]),
            "product_id": f"p{unit['unit']}",
            "unit_price_minor": unit["price_cents"],
            "categories": unit["sets"],
        }
        for unit in case["units"]
    ]
    return {"lines": lines}


def test_there_are_all_of_them() -> None:
    assert len(CASES) == 55


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_proven_optimum_is_met_and_proven(case: dict[str, Any]) -> None:
    file = decode_campaigns_file(json.dumps(campaigns(case)).encode())
    goods = decode_basket(json.dumps(basket(case)).encode())
    outcome = evaluate(compile_ruleset(file.campaigns, file.tariff), goods, None, Usage(), MOMENT)
    assert outcome.total_discount_minor == case["expected"]["best_total_saving_cents"]
    assert outcome.certificate.optimal
