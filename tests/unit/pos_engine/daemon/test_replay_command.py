"""`pos-engine replay` as somebody types it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pos_engine.daemon.cli import main

CAMPAIGNS = {
    "campaigns": [
        {
            "campaign_id": "bread",
            "version": 1,
            "name": "a tenth off bread",
            "starts_on": "2026-01-01",
            "ends_on": "2026-12-31",
            "offers": [
                {
                    "offer_id": "bread-1",
                    "name": "a tenth off bread",
                    "condition": {"kind": "all", "conditions": []},
                    "reward": {"kind": "percent", "percent_bp": 1000},
                    "target": {"products": ["bread"]},
                }
            ],
        }
    ]
}
HEAD = "receipt,at,store,member,product,quantity,unit_price_minor\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Five weeks: a member buys bread each Monday, somebody milk each Tuesday."""
    rows = [
        f"m{week},2026-03-{2 + 7 * week:02}T10:00:00,s1,m1,bread,2,500\n"
        f"t{week},2026-03-{3 + 7 * week:02}T10:00:00,s1,,milk,1,90\n"
        for week in range(4)
    ]
    (tmp_path / "past.csv").write_text(HEAD + "".join(rows) + "end,2026-03-30T10:00:00,s1,,milk,1,90\n")
    (tmp_path / "campaigns.json").write_text(json.dumps(CAMPAIGNS))
    return tmp_path


def _run(shop: Path, *more: str) -> Result:
    names = ("--receipts", str(shop / "past.csv"), "--campaigns", str(shop / "campaigns.json"), "--workers", "1")
    return CliRunner().invoke(main, ["replay", *names, *more])


def test_everything_as_json(shop: Path) -> None:
    done = _run(shop, "--forecast", "2026-12-07:2026-12-20")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    result = report["result"]
    assert (result["receipts"], result["receipts_touched"], result["discount_minor"]) == (9, 4, 400)
    assert result["partial"] is False
    assert list(result["days"]) == ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]
    assert result["members"] == {"m1": [4, 400, 400]}
    assert report["forecast"]["expected_minor"] == 200
    assert "9 receipts" in done.stderr or "receipts" in done.stderr


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("campaign", [["bread", "1", "4", "4", "40.00", "4", "4.00", "0", "0"]]),
        ("store", [["s1", "4", "4.00", "4.00"]]),
        ("member", [["m1", "4", "4.00", "4.00"]]),
        ("receipt", [[f"m{week}", "10.00", "1.00", "1.00"] for week in range(4)]),
        ("conflict", []),
    ],
)
def test_one_table_as_csv(shop: Path, by: str, rows: list[list[str]]) -> None:
    done = _run(shop, "--csv", "-", "--by", by)
    assert done.exit_code == 0, done.output
    assert list(csv.reader(io.StringIO(done.stdout)))[1:] == rows


def test_the_same_input_is_the_same_bytes(shop: Path) -> None:
    first = _run(shop, "--forecast", "2026-12-07:2026-12-20")
    assert first.stdout_bytes == _run(shop, "--forecast", "2026-12-07:2026-12-20").stdout_bytes


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("--forecast", "soon"), "'soon' is not two days"),
        (("--forecast", "2026-02-01:2026-01-01"), "is before"),
        (("--receipts", "none.csv"), "none.csv"),
        (("--campaigns", "none.json"), "none.json: cannot be read"),
    ],
)
def test_what_is_wrong_is_said(shop: Path, more: tuple[str, ...], text: str) -> None:
    done = _run(shop, *more)
    assert done.exit_code == 2
    assert text in done.stderr


def test_without_campaigns_only_the_real_receipts_say_something(shop: Path) -> None:
    done = CliRunner().invoke(main, ["replay", "--receipts", str(shop / "past.csv")])
    assert done.exit_code == 2
    assert "--campaigns" in done.stderr
