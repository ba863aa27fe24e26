"""The list by which cards are made: a CSV file in, the same rows with what became of each out; it goes on where it was.

Column `card_number` is needed; `kind` (desfire or ntag424) is taken from the command where it is missing; all other
columns are carried along untouched. Added: `card_id`, `key_version`, `issued_at`. The same file is what card artwork is
printed from and what the back-office imports cards from.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

NUMBER, KIND = "card_number", "kind"
ADDED = ("card_id", "key_version", "issued_at")
KINDS = ("desfire", "ntag424")
ROWS_MAX = 100_000


class BatchError(Exception):
    """A list that cannot be used; the text names file, line and column."""


@dataclass(frozen=True)
class BatchRow:
    """One card to make."""

    number: str
    kind: str
    cells: dict[str, str]


class Batch:
    """The list and what was made of it. Each card is on the disk before the next one is asked for."""

    def __init__(self, path: Path, kind: str) -> None:
        """`kind`: of rows without one. BatchError for a file that cannot be used."""
        self.result_path = path.with_name(path.stem + ".issued.csv")
        self._columns, self._rows = _read(path, kind)
        self._begun, self._made = _made_before(self.result_path)

    @property
    def made(self) -> int:
        """Cards that are done."""
        return len(self._made)

    @property
    def total(self) -> int:
        """Cards of the list."""
        return len(self._rows)

    def left(self) -> Iterator[BatchRow]:
        """Cards that are still to be made, in the order of the list."""
        yield from (row for row in self._rows if row.number not in self._made)

    def number_of(self, card_id: str) -> str | None:
        """The number this very card was given before."""
        return next((number for number, made_id in self._made.items() if made_id == card_id), None)

    def done(self, row: BatchRow, card_id: str, key_version: int, at: datetime) -> None:
        """Record a card that was made. BatchError when the result cannot be written."""
        added = {"card_id": card_id, "key_version": str(key_version), "issued_at": at.isoformat(timespec="seconds")}
        columns = [*self._columns, *ADDED]
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        if not self._begun:
            writer.writeheader()
        writer.writerow({**row.cells, NUMBER: row.number, KIND: row.kind, **added})
        try:
            with self.result_path.open("a", encoding="utf-8", newline="") as file:
                file.write(text.getvalue())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BatchError(f"{self.result_path} cannot be written: {error.strerror}") from error
        self._begun = True
        self._made[row.number] = card_id


def _read(path: Path, kind: str) -> tuple[list[str], list[BatchRow]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BatchError(f"{path} cannot be read: {error}") from error
    try:
        return _rows(path, csv.DictReader(io.StringIO(text), strict=True), kind)
    except csv.Error as error:
        raise BatchError(f"{path} is no list that can be read: {error}") from error


def _rows(path: Path, reader: csv.DictReader[str], kind: str) -> tuple[list[str], list[BatchRow]]:
    columns = [column for column in reader.fieldnames or () if column not in ADDED]
    if NUMBER not in columns:
        raise BatchError(f"{path}: the first line must name the columns, {NUMBER} among them")
    if KIND not in columns:
        columns.append(KIND)
    rows: list[BatchRow] = []
    seen: set[str] = set()
    for cells in reader:
        number, row_kind = (cells.get(NUMBER) or "").strip(), (cells.get(KIND) or kind).strip()
        where = f"{path}, line {reader.line_num}"
        if not number or number in seen:
            raise BatchError(f"{where}: {NUMBER} is {'twice in the list' if number else 'empty'}")
        if row_kind not in KINDS:
            raise BatchError(f"{where}: kind is {row_kind!r}; there are {' and '.join(KINDS)}")
        if len(rows) == ROWS_MAX:
            raise BatchError(f"{path} has more than {ROWS_MAX} rows; split it")
        seen.add(number)
        rows.append(BatchRow(number, row_kind, {column: cells.get(column) or "" for column in columns}))
    return columns, rows


def _made_before(path: Path) -> tuple[bool, dict[str, str]]:
    """Whether the file has its first line, and card id by number. Half a line of a power cut is taken off the file."""
    if not path.exists():
        return False, {}
    try:
        with path.open("r+b") as file:
            whole = file.read()
            whole = whole[: whole.rfind(b"\n") + 1]
            file.truncate(len(whole))
        text = io.StringIO(whole.decode("utf-8"), newline="")
        return bool(whole), {row[NUMBER]: row["card_id"] for row in csv.DictReader(text, strict=True)}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise BatchError(f"{path}, the result so far, cannot be read: {error}") from error
