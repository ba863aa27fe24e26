"""A CSV file as people make them: any usual encoding and separator, read as a stream."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from typing_extensions import override

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.imports.lines import COLUMNS_MAX, Lines

SEPARATORS: Final = (",", ";", "\t", "|")
ROW_LENGTH_MAX: Final = 200_000
"""Characters of one row: a real one has a few hundred, and each cell costs memory many times its length."""
BLOCK_BYTES: Final = 1 << 20
ENCODINGS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Byte order marks, and what they say."""


class CsvFile(Lines):
    """Opened when its encoding, its separator and its heading are known. InputError: it is no such file."""

    def __init__(self, source: bytes | Path) -> None:
        self._source = source
        self._encoding = _encoding_of(source)
        first = self._first_line()
        self.separator = max(SEPARATORS, key=lambda each: (first.count(each), -SEPARATORS.index(each)))
        with _opened(source, self._encoding) as text:
            try:
                header = next(csv.reader(_TextLines(text), delimiter=self.separator))
            except csv.Error as error:
                raise InputError(_("The heading cannot be read: %(error)s", error=error)) from error
        if len(header) > COLUMNS_MAX:
            raise InputError(_("The heading cannot be read: %(error)s", error=f"{len(header):,} > {COLUMNS_MAX}"))
        self.header = tuple(cell.strip() for cell in header)

    def _first_line(self) -> str:
        with _opened(self._source, self._encoding) as text:
            try:
                return next(_TextLines(text))
            except csv.Error as error:
                raise InputError(_("The heading cannot be read: %(error)s", error=error)) from error
            except StopIteration:
                raise InputError(_("The file is empty.")) from None

    @override
    def rows(self) -> Iterator[tuple[int, Sequence[str] | str]]:
        number = 1
        with _opened(self._source, self._encoding) as text:
            lines = _TextLines(text)
            reader = csv.reader(lines, delimiter=self.separator, strict=True)
            try:
                next(reader)
                lines.row_begins()
                for number, cells in enumerate(reader, start=2):
                    lines.row_begins()
                    yield number, [cell.strip() for cell in cells]
            except csv.Error as error:
                yield number + 1, f"the row cannot be read: {error}; is a quotation mark missing?"


class _TextLines:
    """The lines of a text, from the first that is not empty; csv.Error when a row takes more than it may."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._length = 0
        self._begun = False

    def row_begins(self) -> None:
        """The lines so far were whole rows."""
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(ROW_LENGTH_MAX + 1)
        while line and not self._begun and not line.strip():
            line = self._text.readline(ROW_LENGTH_MAX + 1)
        self._begun = True
        if not line:
            raise StopIteration
        self._length += len(line)
        if self._length > ROW_LENGTH_MAX:
            message = f"a row has more than {ROW_LENGTH_MAX:,} characters"
            raise csv.Error(message)
        return line


def _bytes_of(source: bytes | Path) -> io.BytesIO | io.BufferedReader:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _opened(source: bytes | Path, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(_bytes_of(source), encoding, errors="replace", newline="")


def _encoding_of(source: bytes | Path) -> str:
    """By the byte order mark, else UTF-8, else the code page of western Windows. InputError: it is no text."""
    with _bytes_of(source) as file:
        start = file.read(4)
    marked = next((encoding for mark, encoding in ENCODINGS if start.startswith(mark)), None)
    if marked is not None:
        _check_text(source, marked)
        return marked
    try:
        _check_text(source, "utf-8")
    except UnicodeDecodeError:
        _check_text(source, "cp1252", errors="replace")
        return "cp1252"
    return "utf-8"


def _check_text(source: bytes | Path, encoding: str, errors: str = "strict") -> None:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    place, empty = 0, True
    with _bytes_of(source) as file:
        while True:
            block = file.read(BLOCK_BYTES)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                if encoding == "utf-8":
                    raise
                said = {"encoding": encoding, "place": place + error.start}
                raise InputError(
                    _("The file says it is %(encoding)s, but is damaged at byte %(place)s.", **said)
                ) from error
            if "\x00" in text:
                raise InputError(_("This is neither a text file nor a sheet; save the list as CSV or XLSX."))
            empty = empty and not text.strip()
            if not block:
                break
            place += len(block)
    if empty:
        raise InputError(_("The file is empty."))
