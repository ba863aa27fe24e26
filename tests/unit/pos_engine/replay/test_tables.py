"""Receipts out of CSV and Parquet: the same ones, and a clear word about rows that cannot be any."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pos_engine.core.member import Member
from pos_engine.replay.bulk import BulkReader
from pos_engine.replay.errors import SourceError
from pos_engine.replay.fields import COLUMNS
from pos_engine.replay.past import PastSale
from pos_engine.replay.rows import RowReader
from pos_engine.replay.tables import columns_of, read_file

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


EVENING = datetime.fromisoformat("2026-03-01T23:00:00")
WORDS = st.sampled_from((None, "", "a", "b; c"))
LINES = st.fixed_dictionaries(
    {
        "product": st.sampled_from(("p1", "p2", "p3")),
        "quantity": st.integers(-1, 3),
        "unit_price_minor": st.integers(-1, 2),
        "line": st.sampled_from((None, "first")),
        "brand": WORDS,
        "categories": WORDS,
        "line_kind": st.sampled_from((None, "service")),
        "vat_bp": st.sampled_from((None, 0, 810)),
    }
)
HEADS = st.fixed_dictionaries({"store": WORDS, "coupons": WORDS, "member": WORDS, "groups": WORDS, "tier": WORDS})


@settings(max_examples=60)
@given(st.lists(st.tuples(HEADS, st.lists(LINES, min_size=1, max_size=4)), min_size=1, max_size=6), st.integers(1, 9))
def test_in_bulk_the_receipts_are_those_of_the_rows(
    receipts: list[tuple[dict[str, object], list[dict[str, object]]]], batch_size: int
) -> None:
    rows: list[dict[str, object]] = [
        {"receipt": f"r{number}", "at": EVENING + timedelta(minutes=7 * number), **head, **line}
        for number, (head, lines) in enumerate(receipts)
        for line in lines
    ]
    table = pa.Table.from_pylist(rows, SCHEMA)
    batches = table.to_batches(max_chunksize=batch_size)
    bulk = [past.sale(n) for past in BulkReader("t").parts(iter(batches)) for n in range(len(past))]
    one_by_one = RowReader("t").parts(columns_of(batch) for batch in batches)
    plain = [past.sale(n) for past in one_by_one for n in range(len(past))]
    assert [_without_ids(each) for each in bulk] == [_without_ids(each) for each in plain]


SCHEMA = pa.schema(
    [("receipt", pa.string()), ("at", pa.timestamp("us")), ("quantity", pa.int32()), ("unit_price_minor", pa.int64()),
     ("vat_bp", pa.int64())]
    + [(name, pa.string()) for name in ("product", "line", "store", "coupons", "member", "groups", "tier", "brand",
                                        "categories", "line_kind")]
)  # fmt: skip


def _without_ids(sale: PastSale) -> PastSale:
    """Ids that readers make up themselves may differ."""
    lines = tuple(replace(line, line_id="first" if line.line_id == "first" else "") for line in sale.basket.lines)
    made_up = [line.line_id for line in sale.basket.lines if line.line_id != "first"]
    assert len(set(made_up)) == len(made_up)
    return replace(sale, basket=replace(sale.basket, lines=lines))


def _bulk(**changed: list[object]) -> pa.RecordBatch:
    columns: dict[str, list[object]] = {
        "receipt": ["a", "b", "b"],
        "at": [EVENING + timedelta(days=day) for day in (1, 2, 2)],
        "product": ["x", "y", "z"],
        "quantity": [1, 1, 1],
        "unit_price_minor": [5, 5, 5],
        "line_kind": ["", "", ""],
    }
    return pa.RecordBatch.from_pydict({**columns, **changed})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"receipt": ["a", None, "b"]}, "t, row 2: receipt None is not understood"),
        ({"quantity": [1, 1, None]}, "t, row 3: quantity None is not understood; it is a whole number"),
        ({"quantity": [1, 1, 10**9]}, "t, row 3: quantity 1000000000 .* no line has more than"),
        ({"line_kind": ["", "", "food"]}, "t, row 3: line_kind 'food'"),
        ({"at": [EVENING + timedelta(days=day) for day in (2, 1, 1)]}, "'b' before row 3 is older"),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_row_that_cannot_be_read_in_bulk_is_named(
    change: dict[str, list[object]], text: str, batch_size: int
) -> None:
    batches = pa.Table.from_batches([_bulk(**change)]).to_batches(max_chunksize=batch_size)
    with pytest.raises(SourceError, match=text):
        list(BulkReader("t").parts(iter(batches)))
