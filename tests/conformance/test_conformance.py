"""Recorded cases of other engines come out as docs/conformance.md says, and no case that was right is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pos_engine.core.outcome import AppliedOffer, Outcome
from pos_engine.daemon.cli import main
from pos_engine.wire.documents import encode
from tests.conformance.disagreements import DISAGREEMENTS
from tests.conformance.documents import CannotSayError, Documents
from tests.conformance.judge import SOURCES, Verdict, cases, run, verdicts
from tests.conformance.page import PAGE, page
from tests.conformance.ratchet import reached, right

RIGHT_PERCENT_MIN = 85
"""Of each file; the ratchet asks for what was reached."""


@pytest.fixture(scope="module")
def found() -> dict[str, list[Verdict]]:
    return {name: verdicts(name) for name in SOURCES}


def right_documents(name: str, found: dict[str, list[Verdict]]) -> list[Documents]:
    """The documents of the cases that come out right."""
    states = {verdict.case_id: verdict.state for verdict in found[name]}
    return [SOURCES[name].translate(case) for case in cases(name) if states[case["id"]] == "right"]


def test_the_page_is_up_to_date(found: dict[str, list[Verdict]]) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(found), "run python -m tests.conformance"


@pytest.mark.parametrize("name", SOURCES)
def test_no_case_that_was_right_is_lost(name: str, found: dict[str, list[Verdict]]) -> None:
    wrong = [verdict for verdict in found[name] if verdict.state != "right"]
    assert right(found[name]) >= reached()[name], wrong


@pytest.mark.parametrize("name", SOURCES)
def test_most_cases_of_each_file_are_right_and_no_document_is_refused(
    name: str, found: dict[str, list[Verdict]]
) -> None:
    assert right(found[name]) * 100 >= RIGHT_PERCENT_MIN * len(found[name])
    assert [verdict for verdict in found[name] if verdict.state == "refused"] == []


@pytest.mark.parametrize("name", SOURCES)
def test_each_case_is_judged_once(name: str, found: dict[str, list[Verdict]]) -> None:
    ids = [verdict.case_id for verdict in found[name]]
    assert ids == [case["id"] for case in cases(name)]
    assert len(set(ids)) == len(ids) > 0


def test_each_case_that_differs_is_explained_and_nothing_right_is(found: dict[str, list[Verdict]]) -> None:
    states = {verdict.case_id: verdict.state for of_file in found.values() for verdict in of_file}
    differing = {case_id for case_id, state in states.items() if state == "differs"}
    assert differing <= set(DISAGREEMENTS)
    assert {case_id: states[case_id] for case_id in DISAGREEMENTS if states[case_id] == "right"} == {}


@pytest.mark.parametrize("name", SOURCES)
def test_the_command_gives_the_same_bytes(name: str, found: dict[str, list[Verdict]], tmp_path: Path) -> None:
    for documents in right_documents(name, found):
        arguments = ["evaluate", "--at", documents.at]
        for option in ("campaigns", "basket", "member", "usage"):
            raw: bytes | None = getattr(documents, option)
            if raw is not None:
                file = tmp_path / f"{option}.json"
                file.write_bytes(raw)
                arguments += [f"--{option}", str(file)]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        assert result.stdout_bytes.strip() == encode(run(documents))


def spoiled(outcome: Outcome) -> Outcome:
    """An outcome that is wrong by a cent everywhere, and applies nothing where something applied."""
    lines = tuple(
        replace(line, discount_minor=line.discount_minor + 1, due_minor=line.due_minor - 1) for line in outcome.lines
    )
    ghost = AppliedOffer("recorded", 1, "trigger", "trigger", 1, 1, ())
    return replace(
        outcome,
        total_due_minor=outcome.total_due_minor - 1,
        total_discount_minor=outcome.total_discount_minor + 1,
        lines=lines,
        shares=(),
        applied=() if outcome.applied else (ghost,),
    )


@pytest.mark.parametrize("name", SOURCES)
def test_a_wrong_cent_is_seen_in_every_case(name: str, found: dict[str, list[Verdict]]) -> None:
    states = {verdict.case_id: verdict.state for verdict in found[name]}
    source = SOURCES[name]
    blind = [
        case["id"]
        for case in cases(name)
        if states[case["id"]] == "right" and not source.differences(case, spoiled(run(source.translate(case))))
    ]
    assert blind == []


def split(basket: dict[str, Any]) -> dict[str, Any]:
    """The same goods, every unit on a line of its own, scanned in the other direction."""
    lines = [
        line | {"line_id": f"{line['line_id']}.{index}", "quantity": 1}
        for line in reversed(basket["lines"])
        for index in range(line.get("quantity", 1))
    ]
    return basket | {"lines": lines}


@pytest.mark.parametrize("name", SOURCES)
def test_splitting_and_turning_round_the_lines_changes_no_total(name: str, found: dict[str, list[Verdict]]) -> None:
    for documents in right_documents(name, found):
        basket = json.dumps(split(json.loads(documents.basket))).encode()
        other = Documents(documents.campaigns, basket, documents.member, documents.usage, documents.at)
        before, after = run(documents), run(other)
        assert after.total_due_minor == before.total_due_minor
        assert [(a.offer_id, a.discount_minor) for a in after.applied] == [
            (a.offer_id, a.discount_minor) for a in before.applied
        ]


def test_a_case_of_an_unknown_kind_is_not_guessed() -> None:
    case = next(cases("sylius")) | {"promotions": []}
    promotion = {"name": "?", "priority": 0, "exclusive": False, "rewards": [{"on": "basket", "amount": 1}]}
    case["promotions"] = [promotion | {"triggers": [{"kind": "full_moon"}]}]
    with pytest.raises(CannotSayError, match="full_moon"):
        SOURCES["sylius"].translate(case)
