"""docs/evaluate.md is true: its documents are valid, its commands print what it says, and it names everything."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.campaign import Offer
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.offer_parts import Limits, PeriodLimit
from pos_engine.core.reasons import REASON_PARAMS
from pos_engine.core.registry import CONDITIONS, REWARDS
from pos_engine.core.usage import OfferLeft
from pos_engine.daemon.cli import main
from pos_engine.daemon.commands.evaluate import command
from pos_engine.wire.schema import schema

TEXT = Path(__file__).parents[3].joinpath("docs", "evaluate.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```json\n(.*?)```", TEXT, re.DOTALL))
RUNS = re.findall(r"<!-- run(?:: (\d))? -->\n```\n\$ pos-engine (.*?)\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize(("code", "arguments", "printed"), RUNS)
def test_each_example_prints_what_the_page_shows(
    code: str, arguments: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, body in FILES.items():
        tmp_path.joinpath(name).write_text(body, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, shlex.split(arguments))
    assert result.exit_code == int(code or 0), result.output
    assert result.output.replace("\u00a0", " ") == printed


def test_there_are_examples() -> None:
    assert len(RUNS) == 8
    assert set(FILES) == {
        "campaigns.json",
        "basket.json",
        "member.json",
        "usage.json",
        "wrong.json",
        "original.json",
        "return.json",
        "paid.json",
        "sold.json",
        "pan.json",
    }


@pytest.mark.parametrize("name", ["campaigns", "basket", "member", "usage", "return", "sold"])
def test_the_example_documents_fit_their_schemas(name: str) -> None:
    jsonschema.Draft202012Validator(schema(name)).validate(json.loads(FILES[f"{name}.json"]))


def test_every_kind_reason_and_option_is_on_the_page() -> None:
    for name in (*CONDITIONS, *REWARDS, *REASON_PARAMS):
        assert f"`{name}`" in TEXT, name
    for option in command.params:
        assert option.opts[0] in TEXT, option.opts[0]


@pytest.mark.parametrize("kind", [Basket, BasketLine, Member, HeldCoupon, OfferLeft, Offer, Limits, PeriodLimit])
def test_the_page_names_every_field_of_its_documents(kind: type) -> None:
    assert [field.name for field in dataclasses.fields(kind) if f"`{field.name}`" not in TEXT] == []
