"""How rules are read, and what the starter's take lines for: 321 lines that a person labelled, in six languages."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from backoffice.workshop.line_rules import NOTHING, Classifier, Rule
from backoffice.workshop.operations import OPERATIONS, Family, family_of
from backoffice.workshop.starter import starter_rules

LABELLED = Path(__file__).parents[3] / "vectors" / "work_order_lines.csv"


def labelled() -> list[dict[str, str]]:
    with LABELLED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def operation(rules: list[Rule], text: str, code: str = "", kind: str = "labour") -> str:
    return Classifier(rules).take(kind, code, text).operation


@pytest.mark.parametrize("language", ["de", "fr", "it", "cs", "en", "zh"])
def test_the_starter_rules_take_labelled_lines_for_what_they_are(language: str) -> None:
    rules = Classifier(starter_rules())
    lines = [line for line in labelled() if line["language"] == language]
    assert len(lines) >= 40
    wrong = {
        line["text"]: (taken.operation, line["operation"])
        for line in lines
        if (taken := rules.take(line["kind"], "", line["text"])).operation != line["operation"]
    }
    assert not wrong
    families = {family_of(line["operation"]) for line in lines}
    assert families >= set(Family), "every family is tried in every language"


def test_every_operation_of_a_family_has_a_rule_and_a_labelled_line() -> None:
    seen = Counter(line["operation"] for line in labelled())
    ruled = {rule.operation for rule in starter_rules()}
    assert ruled <= set(OPERATIONS)
    assert {name for name, meaning in OPERATIONS.items() if meaning.family} <= ruled & set(seen)


def test_a_code_goes_before_words_and_the_first_rule_before_the_next() -> None:
    rules = [Rule("oil_change", words=("filter",)), Rule("brake_pads", codes=("1K0 698",)), Rule("filters", ("F",))]
    assert operation(rules, "Filter", "1k0.698.151") == "brake_pads"
    assert operation(rules, "Filter", "F1") == "filters"
    assert operation(rules, "Filter", "X1") == "oil_change"


@pytest.mark.parametrize(
    ("phrase", "fits", "misses"),
    [
        ("hu", "Gebühr HU/AU", "Huile moteur"),
        ("brems", "Bremsbelag", "Trommelbremse"),
        ("*bremse", "Trommelbremse", "Bremsung"),
        ("remplacement clim", "Climatisation : remplacement", "Climatisation"),
        ("olio_cambio", "Olio cambio ATF", "Cambio olio"),
        ("### ##r##", "Tyre 205/55R16", "Tyre 205/55 Rxx"),
        ("机油", "更换机油机滤", "更换轮胎"),
        ("Prüf", "ZAHNRIEMEN PRUEFEN / PRÜFUNG", "Zahnriemen"),
    ],
)
def test_how_a_phrase_is_read(phrase: str, fits: str, misses: str) -> None:
    rules = [Rule("service", words=(phrase,))]
    assert operation(rules, fits) == "service"
    assert operation(rules, misses) == ""


def test_what_a_rule_leaves_out() -> None:
    rules = [Rule("dampers", words=("damper",), without=("tailgate",), kinds=("part",))]
    assert operation(rules, "Damper", kind="part") == "dampers"
    assert operation(rules, "Damper", kind="labour") == ""
    assert operation(rules, "Damper, tailgate", kind="part") == ""
    assert Classifier([Rule("service", words=("*", " ", "#"))]).take("part", "", "") == NOTHING
