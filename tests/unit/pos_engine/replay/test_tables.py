"""Receipts out of CSV and Parquet: the same ones, and a clear word about rows that cannot be any."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pos_engine.core.member import Member
from pos_engine.replay.errors import SourceError
from pos_engine.replay.rows import COLUMNS
from pos_engine.replay.tables import read_file

DOCUMENTED = Path(__file__).parents[4] / "docs" / "replay.md"

ROWS = (
    {"receipt": "a", "at": "2026-03-01T09:30:00", "store": "s1", "member": "m1", "groups": "club; gold-old",
     "coupons": "", "product": "bread", "quantity": "2", "unit_price_minor": "250", "vat_bp": "260",
     "categories": "food;bakery", "line_kind": "", "brand": "Mill"},
    {"receipt": "a", "at": "2026-03-01T09:30:00", "store": "s1", "member": "m1", "groups": "club; gold-old",
     "coupons": "", "product": "bread", "quantity": "1", "unit_price_minor": "250", "vat_bp": "260",
     "categories": "food;bakery", "line_kind": "", "brand": "Mill"},
    {"receipt": "b", "at": "2026-03-01T23:59:59", "store": "s1", "member": "", "groups": "", "coupons": "k1",
     "product": "bottle", "quantity": "1", "unit_price_minor": "30", "vat_bp": "", "categories": "",
     "line_kind": "deposit", "brand": ""},
    {"receipt": "c", "at": "2026-03-02T00:00:01", "store": "s2", "member": "", "groups": "", "coupons": "",
     "product": "bread", "quantity": "-1", "unit_price_minor": "250", "vat_bp": "", "categories": "",
     "line_kind": "", "brand": ""},
)  # fmt: skip


def _csv(path: Path, rows: tuple[dict[str, str], ...] = ROWS) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def _parquet(path: Path) -> Path:
    numbers = {"quantity", "unit_price_minor", "vat_bp"}
    columns: dict[str, list[object]] = {
        name: [(int(row[name]) if row[name] else None) if name in numbers else row[name] for row in ROWS]
        for name in ROWS[0]
    }
    columns["at"] = [datetime.fromisoformat(row["at"]) for row in ROWS]
    parquet.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("make", [_csv, _parquet])
def test_rows_become_receipts(tmp_path: Path, make: object) -> None:
    path = _csv(tmp_path / "r.csv") if make is _csv else _parquet(tmp_path / "r.parquet")
    (past,) = read_file(path)
    first, second = (past.sale(number) for number in range(len(past)))
    assert [(line.product_id, line.quantity) for line in first.basket.lines] == [("bread", 2), ("bread", 1)]
    assert len({line.line_id for line in first.basket.lines}) == 2
    line = first.basket.lines[0]
    assert (line.unit_price_minor, line.vat_bp, line.categories, line.brand) == (250, 260, ("food", "bakery"), "Mill")
    assert first.member == Member("m1", ("club", "gold-old"))
    assert (first.moment.local_date, first.moment.minute_of_day) == (date(2026, 3, 1), 570)
    assert second.member is None
    assert [coupon.series_id for coupon in second.basket.presented_coupons] == ["k1"]
    assert (second.basket.lines[0].line_kind, second.basket.lines[0].vat_bp) == ("deposit", None)
    assert second.moment.local_date == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"quantity": "two"}, "row 2: quantity 'two' is not understood"),
        ({"quantity": "9" * 30}, "no line has more than"),
        ({"line_kind": "food", "product": "x"}, "row 2: line_kind 'food'"),
        ({"at": "yesterday", "receipt": "z"}, "at 'yesterday' is not understood"),
        ({"at": "2025-01-01", "receipt": "z"}, "older than the one before it"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, change: dict[str, str], text: str) -> None:
    rows = (ROWS[0], {**ROWS[1], **change}, ROWS[2])
    with pytest.raises(SourceError, match=text):
        list(read_file(_csv(tmp_path / "r.csv", rows)))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"receipt,at,product\na,2026-01-01,x\n", "no column quantity, unit_price_minor"),
        (b"receipt,at,product,quantity,unit_price_minor,colour\n", "column 'colour' is not known"),
        (b"receipt,at,product,quantity,unit_price_minor\na,b\n", "has 2 fields, the heading 5"),
        (b"\xff\xfe\x00", "not a CSV file in UTF-8"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=text):
        list(read_file(path))


@pytest.mark.parametrize("name", ["r.parquet", "r.xlsx", "missing.csv"])
def test_what_is_no_table_is_refused(tmp_path: Path, name: str) -> None:
    if name != "missing.csv":
        (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(SourceError, match=name):
        list(read_file(tmp_path / name))


def test_every_column_is_documented() -> None:
    text = DOCUMENTED.read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"| `{name}` |" not in text] == []
