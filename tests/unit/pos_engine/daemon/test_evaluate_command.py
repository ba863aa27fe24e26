"""`pos-engine evaluate` and `schema` at their edges: standard input, zones, now, and every refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pos_engine.daemon.cli import COMMANDS, main

OFFER = {
    "offer_id": "night",
    "name": "Night",
    "condition": {"kind": "time_windows", "windows": [{"from_minute": 0, "until_minute": 60}]},
    "reward": {"kind": "percent", "percent_bp": 1000},
}
CAMPAIGN = {
    "campaign_id": "c",
    "version": 1,
    "name": "n",
    "starts_on": "2000-01-01",
    "ends_on": "2999-12-31",
    "offers": [OFFER],
}
BASKET = {"lines": [{"line_id": "1", "product_id": "p", "unit_price_minor": 1000}]}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    paths = {}
    for name, document in (("campaigns", {"campaigns": [CAMPAIGN]}), ("basket", BASKET)):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        paths[name] = str(path)
    return paths


def run(files: dict[str, str], *more: str, stdin: str | None = None) -> Result:
    arguments = ["evaluate", "--campaigns", files["campaigns"], "--basket", files["basket"], *more]
    return CliRunner().invoke(main, arguments, input=stdin)


@pytest.mark.parametrize(
    ("more", "discount"),
    [
        (("--at", "2026-11-22T23:30:00Z"), 0),
        (("--at", "2026-11-22T23:30:00Z", "--zone", "Europe/Zurich"), 100),
        (("--at", "2026-11-23T00:30:00+01:00"), 100),
        (("--at", "2026-11-23T00:30:00+01:00", "--zone", "UTC"), 0),
    ],
)
def test_hours_are_read_on_the_stores_wall_clock(files: dict[str, str], more: tuple[str, ...], discount: int) -> None:
    result = run(files, *more)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["total_discount_minor"] == discount


def test_without_an_instant_it_is_now(files: dict[str, str]) -> None:
    result = run(files)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["total_value_minor"] == 1000


def test_the_basket_from_standard_input(files: dict[str, str]) -> None:
    result = run({**files, "basket": "-"}, stdin=json.dumps(BASKET))
    assert json.loads(result.stdout)["total_value_minor"] == 1000


def test_explain_leaves_standard_output_to_the_json(files: dict[str, str]) -> None:
    result = run(files, "--at", "2026-11-23T00:30:00Z", "--explain")
    assert json.loads(result.stdout)["total_discount_minor"] == 100
    assert result.stderr == "Night: €1.00 off\n1[0] line night €1.00\n"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--at", "2026-11-23T10:00:00"), "has no offset; add Z for UTC"),
        (("--at", "yesterday"), "'yesterday' is not an ISO 8601 instant"),
        (("--at", "0001-01-01T00:00:00+14:00"), "outside the years 1 to 9999"),
        (("--at", "0001-01-01T00:00:00Z", "--zone", "America/New_York"), "outside the years 1 to 9999"),
        (("--zone", "Mars/Olympus"), "'Mars/Olympus' is not a time zone"),
        (("--member", "-", "--usage", "-"), "only one of the documents can come from standard input"),
        (("--member", "missing.json"), "missing.json: cannot be read: No such file or directory"),
    ],
)
def test_a_refusal_is_one_sentence_and_code_two(files: dict[str, str], more: tuple[str, ...], words: str) -> None:
    result = run(files, *more)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_unknown_kind_is_refused_with_its_place(files: dict[str, str]) -> None:
    strange = {**CAMPAIGN, "offers": [{**OFFER, "reward": {"kind": "moonshine"}}]}
    Path(files["campaigns"]).write_text(json.dumps({"campaigns": [strange]}), encoding="utf-8")
    result = run(files)
    assert result.exit_code == 2
    assert "$.campaigns[0].offers[0].reward: unknown reward kind 'moonshine'" in result.stderr


def test_schema_prints_json() -> None:
    result = CliRunner().invoke(main, ["schema", "basket"])
    assert json.loads(result.stdout)["title"] == "basket"


def test_help_names_every_command_without_loading_one() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert all(name in result.output for name in COMMANDS)
    assert CliRunner().invoke(main, ["no-such-command"]).exit_code == 2


@pytest.mark.parametrize(
    "arguments", [("--void",), ("--original", "o"), ("--return", "r"), ("--void", "--return", "r", "--original", "o")]
)
def test_half_a_return_is_refused(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, ["evaluate", *arguments])
    assert (result.exit_code, "a return needs both" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("quantity", "unit_index", "said"),
    [
        (10**9, 0, "$.lines: 1000000000 units in all"),
        (0, 0, "$.lines[0].value_minor: 100 is not the price of 0 equal units"),
        (1, 7, "$.shares[0]: unit 7 of line '1' is not among the lines"),
    ],
)
def test_an_original_that_contradicts_itself_is_refused(
    tmp_path: Path, quantity: int, unit_index: int, said: str
) -> None:
    share = {"line_id": "1", "unit_index": unit_index, "campaign_id": "c", "campaign_version": 1, "offer_id": "o"}
    row = {"line_id": "1", "value_minor": 100, "discount_minor": 10, "due_minor": 90, "quantity": quantity}
    original = {
        "total_value_minor": 100, "total_discount_minor": 10, "total_due_minor": 90, "lines": [row], "vat": [],
        "shares": [{**share, "role": "receives", "amount_minor": 10, "vat_bp": 0, "phase": "line"}], "applied": [],
        "reasons": [], "coupon_grants": [], "certificate": {"optimal": True, "gap_minor": 0, "effort_used": 0},
        "ruleset_version": 0,
    }  # fmt: skip
    path = tmp_path / "original.json"
    path.write_text(json.dumps(original), encoding="utf-8")
    result = CliRunner().invoke(main, ["evaluate", "--void", "--original", str(path)])
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_names_out_of_documents_do_not_steer_the_terminal(files: dict[str, str]) -> None:
    name = "Night\x1b[2J\n\u202eTotal 0.00"
    campaign = {**CAMPAIGN, "offers": [{**OFFER, "condition": {"kind": "all"}, "name": name}]}
    Path(files["campaigns"]).write_text(json.dumps({"campaigns": [campaign]}), encoding="utf-8")
    printed = run(files, "--at", "2026-11-23T12:00:00Z", "--pretty", "--explain").stdout
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert printed.count("Night [2J  Total 0.00") == 3
    assert not [row for row in printed.splitlines() if row.lstrip().startswith("Total 0.00")]
