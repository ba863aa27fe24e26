"""The list by which cards are made: goes on where it stopped, and says which line is wrong."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos_engine.daemon.card_batch import Batch, BatchError

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def a_list(folder: Path, text: str) -> Path:
    path = folder / "cards.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_goes_on_where_it_stopped_and_carries_other_columns_along(tmp_path: Path) -> None:
    path = a_list(tmp_path, "card_number,name,kind\n17,Zoë,\n18,Ben,ntag424\n19,Ada,desfire\n")
    first = Batch(path, "desfire")
    rows = list(first.left())
    assert [(row.number, row.kind) for row in rows] == [("17", "desfire"), ("18", "ntag424"), ("19", "desfire")]
    first.done(rows[0], "iso14443a:04000000000001", 1, NOW)
    again = Batch(path, "desfire")
    assert (again.made, again.total) == (1, 3)
    assert [row.number for row in again.left()] == ["18", "19"]
    assert again.number_of("iso14443a:04000000000001") == "17"
    assert again.number_of("iso14443a:04000000000009") is None
    again.done(rows[1], "iso14443a:04000000000002", 1, NOW)
    with (tmp_path / "cards.issued.csv").open(encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert written[0] == {
        "card_number": "17",
        "name": "Zoë",
        "kind": "desfire",
        "card_id": "iso14443a:04000000000001",
        "key_version": "1",
        "issued_at": "2026-11-22T09:00:00+00:00",
    }
    assert written[1]["kind"] == "ntag424"


def test_the_result_of_one_run_can_be_the_list_of_another(tmp_path: Path) -> None:
    path = a_list(tmp_path, "card_number\n17\n")
    batch = Batch(path, "desfire")
    batch.done(next(batch.left()), "iso14443a:04000000000001", 1, NOW)
    again = Batch(batch.result_path, "desfire")
    row = next(again.left())
    again.done(row, "iso14443a:04000000000002", 2, NOW)
    assert again.result_path.read_text().splitlines()[0] == "card_number,kind,card_id,key_version,issued_at"


def test_a_power_cut_in_the_middle_of_a_line_loses_that_line_only(tmp_path: Path) -> None:
    path = a_list(tmp_path, "card_number,name\n17,Zoë\n18,Ben\n")
    batch = Batch(path, "desfire")
    for row, uid in zip(list(batch.left()), ("01", "02"), strict=True):
        batch.done(row, f"iso14443a:040000000000{uid}", 1, NOW)
    whole = batch.result_path.read_bytes()
    second = whole.rindex(b"18,")
    for kept in range(len(whole)):
        batch.result_path.write_bytes(whole[:kept])
        again = Batch(path, "desfire")
        assert [row.number for row in again.left()] == (["17", "18"] if kept < second else ["18"])
        for row in list(again.left()):
            again.done(row, f"iso14443a:040000000000{'01' if row.number == '17' else '02'}", 1, NOW)
        assert batch.result_path.read_bytes() == whole


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("number\n17\n", "card_number among them"),
        ("", "card_number among them"),
        ("card_number\n17\n17\n", "line 3: card_number is twice"),
        ("card_number,name\n,Ada\n", "line 2: card_number is empty"),
        ("card_number,kind\n17,paper\n", "line 2: kind is 'paper'"),
    ],
)
def test_a_list_that_cannot_be_used_says_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BatchError, match=says):
        Batch(a_list(tmp_path, text), "desfire")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="cannot be read"):
        Batch(tmp_path / "none.csv", "desfire")
    path = a_list(tmp_path, "card_number\n17\n")
    (tmp_path / "cards.issued.csv").write_text("something,else\n1,2\n")
    with pytest.raises(BatchError, match="result so far"):
        Batch(path, "desfire")
