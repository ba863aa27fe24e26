"""A CSV file as people make them: any usual encoding, separator and order of columns; every mistake named by its place.

Rows are numbered as a spreadsheet shows them: the heading is row 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from backoffice.errors import InputError
from backoffice.text import folded

SEPARATORS: Final = (",", ";", "\t", "|")
ROWS_MAX: Final = 1_000_000
ROW_LENGTH_MAX: Final = 200_000
"""Characters of one row: a real one has a few hundred, and each cell costs memory many times its length."""
VALUE_SHOWN_MAX: Final = 80

ENCODINGS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Byte order marks, and what they say."""


class Issue(msgspec.Struct, frozen=True):
    """One mistake: where it is, what stands there, and what is wrong with it."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class Column:
    """A column a file may have. `names`: what people call it, without case and accents; the first one is ours."""

    field: str
    names: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True)
class Table:
    """An opened file: which of its columns mean what, and its rows."""

    text: str
    separator: str
    header: tuple[str, ...]
    fields: Mapping[str, int]
    ignored: tuple[str, ...]

    def rows(self) -> Iterator[tuple[int, Mapping[str, str] | Issue]]:
        """Row number, and the cells by field; an Issue for a row that has the wrong number of cells."""
        lines = _Lines(self.text)
        reader = csv.reader(lines, delimiter=self.separator, strict=True)
        number = 1
        try:
            next(reader)
            lines.row_begins()
            for number, cells in enumerate(reader, start=2):
                lines.row_begins()
                if not any(cell.strip() for cell in cells):
                    continue
                if number > ROWS_MAX + 1:
                    yield number, Issue(number, "", "", f"the file has more than {ROWS_MAX:,} rows; split it")
                    return
                if len(cells) != len(self.header):
                    reason = f"this row has {len(cells)} cells, the heading has {len(self.header)}"
                    yield number, Issue(number, "", self.separator.join(cells)[:VALUE_SHOWN_MAX], reason)
                    continue
                yield number, {field: cells[index].strip() for field, index in self.fields.items()}
        except csv.Error as error:
            reason = f"the row cannot be read: {error}; is a quotation mark missing?"
            yield number + 1, Issue(number + 1, "", "", reason)


def open_table(data: bytes, columns: Sequence[Column]) -> Table:
    """Open a file; InputError when it is not a table with the columns that are needed."""
    text = decoded(data)
    if not text.strip():
        raise InputError("the file is empty")
    if "\x00" in text:
        raise InputError("this is not a text file; save the list as CSV")
    first_line = text.lstrip("\r\n").splitlines()[0]
    text = text.lstrip("\r\n")
    separator = max(SEPARATORS, key=lambda candidate: (first_line.count(candidate), -SEPARATORS.index(candidate)))
    try:
        header = tuple(cell.strip() for cell in next(csv.reader(_Lines(text), delimiter=separator)))
    except csv.Error as error:
        raise InputError(f"the heading cannot be read: {error}") from error
    fields = _match(header, columns)
    missing = [column.names[0] for column in columns if column.required and column.field not in fields]
    if missing:
        known = ", ".join(column.names[0] for column in columns)
        raise InputError(
            f"the column {' and '.join(missing)} is missing. The file has: {', '.join(header)}. "
            f"These columns are understood: {known}"
        )
    used = set(fields.values())
    ignored = tuple(name for index, name in enumerate(header) if index not in used and name)
    return Table(text, separator, header, fields, ignored)


class _Lines:
    """The lines of a text; csv.Error when one row takes more of them than a row may be long."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._length = 0

    def row_begins(self) -> None:
        """The lines so far were whole rows."""
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._length += len(line)
        if self._length > ROW_LENGTH_MAX:
            message = f"a row has more than {ROW_LENGTH_MAX:,} characters"
            raise csv.Error(message)
        return line


def decoded(data: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else the code page of western Windows."""
    for mark, encoding in ENCODINGS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise InputError(f"the file says it is {encoding}, but is damaged at byte {error.start}") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _match(header: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    fields: dict[str, int] = {}
    for index, name in enumerate(header):
        cleaned = " ".join(folded(name).replace("_", " ").replace("-", " ").split())
        for column in columns:
            if cleaned in {folded(each).replace("_", " ") for each in column.names}:
                if column.field in fields:
                    raise InputError(
                        f"the column {column.names[0]} is there twice: {header[fields[column.field]]}, {name}"
                    )
                fields[column.field] = index
    return fields
