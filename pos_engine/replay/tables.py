"""Receipts out of files: CSV by Python's own reader, Parquet by pyarrow, an optional package."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, cast

from pos_engine.replay.errors import SourceError
from pos_engine.replay.fields import check_columns
from pos_engine.replay.past import PastReceipts
from pos_engine.replay.rows import Columns, RowReader

ROWS_PER_BATCH: Final = 100_000
"""Some ten thousand receipts: what they share is looked at once."""
PARQUET_ROWS_PER_BATCH: Final = 400_000
"""Columns take a tenth of what rows of text take: some forty thousand receipts, whose goods are looked at once."""
FIELD_CHARACTERS_MAX: Final = 10_000
"""Longer fields are no names of goods."""


def arrow(name: str) -> Any:  # noqa: ANN401 - pyarrow has no types
    """A module of pyarrow. SourceError: it is not installed."""
    try:
        return importlib.import_module(f"pyarrow.{name}")
    except ImportError as error:
        raise SourceError("Parquet needs the package pyarrow; run: pip install 'pos-engine[replay]'") from error


def read_file(path: Path) -> Iterator[PastReceipts]:
    """The receipts of a file, by its ending: .csv or .parquet. SourceError: not such a file, or a row is wrong."""
    if path.suffix == ".parquet":
        return _parquet(path)
    if path.suffix == ".csv":
        return RowReader(path.name).parts(_csv(path))
    raise SourceError(f"{path}: receipts come from .csv or .parquet")


def _csv(path: Path) -> Iterator[Columns]:
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.reader(stream)
            head = next(rows, [])
            check_columns(path.name, head)
            while batch := list(islice(rows, ROWS_PER_BATCH)):
                short = next((row for row in batch if len(row) != len(head)), None)
                if short is not None:
                    raise SourceError(f"{path.name}: {short!r} has {len(short)} fields, the heading {len(head)}")
                yield {name: [row[place] for row in batch] for place, name in enumerate(head)}
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path.name}: not a CSV file in UTF-8: {error}") from error


def _parquet(path: Path) -> Iterator[PastReceipts]:
    parquet = arrow("parquet")
    try:
        file = parquet.ParquetFile(path)
    except (OSError, arrow("lib").ArrowInvalid) as error:
        raise SourceError(f"{path}: not a Parquet file: {error}") from error
    with file:
        check_columns(path.name, file.schema_arrow.names)
        yield from of_batches(path.name, file.schema_arrow, file.iter_batches(PARQUET_ROWS_PER_BATCH))


def of_batches(name: str, schema: Any, batches: Iterator[Any]) -> Iterator[PastReceipts]:  # noqa: ANN401 - pyarrow
    """The receipts of pyarrow's batches: in bulk where the columns are numbers, else row by row."""
    # Both packages come with Parquet, which a till does without.
    bulk = importlib.import_module("pos_engine.replay.bulk")
    if bulk.readable(schema):
        return cast("Iterator[PastReceipts]", bulk.BulkReader(name).parts(batches))
    return RowReader(name).parts(columns_of(batch) for batch in batches)


def columns_of(batch: Any) -> Columns:  # noqa: ANN401 - pyarrow has no types
    """A batch of pyarrow as lists. A time without a zone is handed on as microseconds: it is read once a receipt."""
    return {name: _listed(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}


def _listed(column: Any) -> list[Any]:  # noqa: ANN401 - pyarrow has no types
    """A column as a list; value by value would take ten times as long."""
    types = arrow("types")
    if types.is_timestamp(column.type) and column.type.tz is None:
        column = column.cast("timestamp[us]", safe=False).cast("int64")
    if types.is_string(column.type) or types.is_large_string(column.type):
        column = column.dictionary_encode()
    if types.is_dictionary(column.type):
        names = [*column.dictionary.to_pylist(), None]
        # What is missing is the last of the names.
        return [names[place] for place in column.indices.fill_null(len(names) - 1).to_numpy().tolist()]
    if column.null_count == 0 and types.is_primitive(column.type) and not types.is_temporal(column.type):
        plain: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
        return plain
    listed: list[Any] = column.to_pylist()
    return listed
