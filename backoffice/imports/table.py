"""A list as people make it: a CSV file or a sheet, any usual encoding and separator; every mistake named by its place.

Nothing of a file is held but the row that is looked at. Rows are numbered as a spreadsheet shows them: the heading is
row 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from backoffice.errors import InputError
from backoffice.i18n import _l, gettext
from backoffice.imports.csv_in import CsvFile
from backoffice.imports.lines import ROWS_MAX, Lines
from backoffice.imports.xlsx_in import XlsxFile, is_zip
from backoffice.text import folded

VALUE_SHOWN_MAX: Final = 80


class Issue(msgspec.Struct, frozen=True):
    """One mistake: where it is, what stands there, and what is wrong with it.

    `reason` is a text before it is translated, with places for `values`; `text` is what people read.
    """

    row: int
    column: str
    value: str
    reason: str
    values: dict[str, str] = {}

    @property
    def text(self) -> str:
        """What is wrong and what to do, in the language of the page."""
        return gettext(self.reason, **self.values) if self.values else gettext(self.reason.replace("%", "%%"))


@dataclass(frozen=True)
class Column:
    """A column a file may have. `names`: what people call it, without case and accents; the first one is ours."""

    field: str
    names: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True)
class Table:
    """An opened file: which of its columns mean what, and its rows."""

    file: Lines
    header: tuple[str, ...]
    fields: Mapping[str, int]

    @property
    def ignored(self) -> tuple[str, ...]:
        """Headings of columns that are not taken."""
        used = set(self.fields.values())
        return tuple(name for index, name in enumerate(self.header) if index not in used and name)

    def rows(self) -> Iterator[tuple[int, Mapping[str, str] | Issue]]:
        """Row number, and the cells by field; an Issue for a row that cannot be read."""
        for number, line in self.lines():
            yield number, line if isinstance(line, Issue) else self.cells_of(line)

    def cells_of(self, line: Sequence[str]) -> Mapping[str, str]:
        """The cells of a line by field."""
        return {field: line[index] for field, index in self.fields.items()}

    def lines(self) -> Iterator[tuple[int, Sequence[str] | Issue]]:
        """Row number and all cells as they stand there; an Issue for a row that has the wrong number of cells."""
        for number, cells in self.file.rows():
            if isinstance(cells, str):
                yield number, Issue(number, "", "", cells)
                return
            if not any(cells):
                continue
            if number > ROWS_MAX + 1:
                reason = _l("the file has more than %(most)s rows; split it")
                yield number, Issue(number, "", "", reason, {"most": f"{ROWS_MAX:,}"})
                return
            if len(cells) != len(self.header):
                reason = _l("this row has %(cells)s cells, the heading has %(wanted)s")
                counts = {"cells": str(len(cells)), "wanted": str(len(self.header))}
                yield number, Issue(number, "", self.file.separator.join(cells)[:VALUE_SHOWN_MAX], reason, counts)
                continue
            yield number, cells


def open_file(source: bytes | Path) -> Lines:
    """Open a CSV file or a sheet, by what is in it. InputError: it is neither."""
    return XlsxFile(source) if is_zip(source) else CsvFile(source)


def open_table(source: bytes | Path, columns: Sequence[Column], chosen: Sequence[str] | None = None) -> Table:
    """Open a file; InputError when it is not a table with the columns that are needed.

    `chosen`: the field that each column of the file means, empty for none; without it the headings say it.
    """
    file = open_file(source)
    fields = guessed(file.header, columns) if chosen is None else list(chosen)
    return Table(file, file.header, checked_fields(file.header, columns, fields))


def guessed(header: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Which field each column of a file means by its heading; empty where that says nothing."""
    known = {_plain(name): column.field for column in reversed(columns) for name in column.names}
    return [known.get(_plain(name), "") for name in header]


def _plain(name: str) -> str:
    return " ".join(folded(name).replace("_", " ").replace("-", " ").split())


def checked_fields(header: Sequence[str], columns: Sequence[Column], chosen: Sequence[str]) -> dict[str, int]:
    """The place of each field that the file has. InputError: one is there twice, or one that is needed is missing."""
    names = {column.field: column.names[0] for column in columns}
    fields: dict[str, int] = {}
    for index, field in enumerate(chosen[: len(header)]):
        if field in fields:
            twice = f"{header[fields[field]]}, {header[index]}"
            raise InputError(gettext("The column %(name)s is there twice: %(twice)s", name=names[field], twice=twice))
        if field in names:
            fields[field] = index
    missing = [column.names[0] for column in columns if column.required and column.field not in fields]
    if missing:
        raise InputError(
            gettext(
                "The column %(missing)s is missing. The file has: %(there)s. These columns are understood: %(known)s",
                missing=" + ".join(missing),
                there=", ".join(header)[:1_000],
                known=", ".join(names.values()),
            )
        )
    return fields
