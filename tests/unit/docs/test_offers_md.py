"""docs/offers.md is complete and true: every word of an offer has its sentence, and each example gives what it says."""

from __future__ import annotations

import dataclasses
import json
import re
import typing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import PHASES, Policy
from pos_engine.core.evaluate import evaluate
from pos_engine.core.member import Member
from pos_engine.core.moment import moment_at
from pos_engine.core.offer_parts import Limits, Rounding, Selector
from pos_engine.core.outcome import Outcome
from pos_engine.core.registry import CONDITIONS, REWARDS
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.wire.campaigns import decode_campaigns_file
from pos_engine.wire.documents import decode_basket, decode_member, decode_usage

TEXT = Path(__file__).parents[3].joinpath("docs", "offers.md").read_text(encoding="utf-8")
EVALUATE = Path(__file__).parents[3].joinpath("docs", "evaluate.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"### `(\w+)`\n\*([^*]+)\*\n.*?```json\n(.*?)\n```\n```example\n(.*?)\n```", TEXT, re.DOTALL)
CATEGORIES = {
    "bread": ["food", "bread"],
    "cake": ["food", "cake"],
    "beer": ["drinks", "beer"],
    "juice": ["drinks", "juice"],
    "printer": ["office", "printer"],
    "ink": ["office", "ink"],
}
BRANDS = {"food": "Mill", "drinks": "Spring", "office": "Ohm"}
KINDS = {*CONDITIONS, *REWARDS}


def words_of(cls: type) -> set[str]:
    return {field.name for field in dataclasses.fields(cls)}


def choices(cls: type, field: str) -> set[str]:
    return set(typing.get_args(typing.get_type_hints(cls)[field]))


PARTS = {
    "Selectors": words_of(Selector),
    "Phases": set(PHASES),
    "Policies": set(typing.get_args(Policy)),
    "Rounding": choices(Rounding, "scope") | choices(Rounding, "mode"),
    "Limits": words_of(Limits),
}
"""Chapter → the words that must have a section there."""


def chapter(title: str) -> str:
    return TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_every_kind_has_its_section() -> None:
    assert len(SECTIONS) == TEXT.count("\n### `")
    assert set(re.findall(r"\n### `(\w+)`", chapter("Conditions"))) == {*CONDITIONS}
    assert set(re.findall(r"\n### `(\w+)`", chapter("Rewards"))) == {*REWARDS}


@pytest.mark.parametrize("title", PARTS)
def test_every_word_of_an_offer_has_its_section(title: str) -> None:
    assert set(re.findall(r"\n### `(\w+)`", chapter(title))) == PARTS[title]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_of_a_kind_is_on_one_of_the_pages(kind: str) -> None:
    cls: Any = {**CONDITIONS, **REWARDS}[kind]
    table = EVALUATE.split("## Outcome")[0]
    assert {name for name in words_of(cls) if f"`{name}`" not in TEXT + table} == set()


def example(body: str) -> dict[str, str]:
    rows = dict(row.split(": ", 1) for row in body.splitlines())
    results = {"gives", "lines", "not", "coupon", "points", "stamps", "message"}
    assert set(rows) <= {"basket", "member", "at", "coupons", "line", "sale", "usage"} | results
    assert results & set(rows), "an example shows a result"
    return rows


def basket_of(rows: dict[str, str]) -> Basket:
    lines = []
    for number, words in enumerate(rows["basket"].split(", ")):
        found = re.fullmatch(r"(?:(\d+) x )?(\w+) (\d+)", words)
        assert found is not None, words
        count, product, cost = found.groups()
        categories = CATEGORIES.get(product, [product])
        lines += [
            {
                "line_id": f"{number}-{unit}",
                "product_id": product,
                "unit_price_minor": int(cost),
                "categories": categories,
                "department": categories[0],
                "family": categories[-1],
                "brand": BRANDS.get(categories[0], ""),
                **json.loads(rows.get("line", "{}")),
            }
            for unit in range(int(count or 1))
        ]
    coupons = [{"coupon_id": f"k-{series}", "series_id": series} for series in rows.get("coupons", "").split()]
    document = {"lines": lines, "presented_coupons": coupons, **json.loads(rows.get("sale", "{}"))}
    return decode_basket(json.dumps(document).encode())


def priced(name: str, part: str, rows: dict[str, str]) -> Outcome:
    plain: dict[str, Any] = {"offer_id": "o", "name": name, "condition": {"kind": "all"}}
    plain["reward"] = {"kind": "percent", "percent_bp": 1000}
    said = json.loads(part)
    campaigns = [
        {"campaign_id": f"c{number}", "version": 1, "name": "c", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
        | {"offers": [plain | offer]}
        for number, offer in enumerate(said.get("offers", [said]))
    ]
    file = decode_campaigns_file(json.dumps({"campaigns": campaigns}).encode())
    usage = decode_usage(json.dumps({"offers": {"o": json.loads(rows.get("usage", "{}"))}}).encode())
    at = datetime.fromisoformat(rows.get("at", "2026-11-25 10:00")).replace(tzinfo=UTC)
    member: Member | None = decode_member(rows["member"].encode()) if "member" in rows else None
    return evaluate(compile_ruleset(file.campaigns, file.tariff), basket_of(rows), member, usage, moment_at(at, UTC))


@pytest.mark.parametrize(("kind", "sentence", "part", "body"), SECTIONS)
def test_each_example_gives_what_it_says(kind: str, sentence: str, part: str, body: str) -> None:
    rows = example(body)
    outcome = priced(kind, part, rows)
    assert len(sentence) > 5
    assert f'"{kind}"' in part + body
    assert outcome.certificate.optimal
    if "gives" in rows:
        assert outcome.total_discount_minor == int(rows["gives"])
    if "lines" in rows:
        assert [row.discount_minor for row in outcome.lines] == [int(cell) for cell in rows["lines"].split(", ")]
    if "coupon" in rows:
        assert [grant.series_id for grant in outcome.coupon_grants] == [rows["coupon"]]
    if "not" in rows:
        assert (outcome.total_discount_minor, outcome.reasons[0].code) == (0, rows["not"])
    if "points" in rows:
        assert sum(grant.points for grant in outcome.points) == int(rows["points"])
    if "stamps" in rows:
        assert sum(grant.stamps for grant in outcome.stamps) == int(rows["stamps"])
    if "message" in rows:
        assert [shown.message for shown in outcome.messages] == [rows["message"]]
