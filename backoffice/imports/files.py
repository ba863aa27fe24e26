"""The files of an import, which lie here until it is over: what was uploaded, and what was said of its rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec

from backoffice.imports.plan import Progress, Verdict, Witness
from backoffice.office import Office
from backoffice.web.csv_out import BYTE_ORDER_MARK, safe_cell

UPLOADED: Final = ".csv"
"""Also of a sheet: what a file is, is seen by what is in it."""
ROWS: Final = ".rows"
"""What becomes of every row, as CSV."""
REJECTED: Final = ".rejected"
"""The rows that are not taken, as they were uploaded, with what is wrong, as CSV."""
_PROGRESS: Final = ".progress"
BUT_REJECTED: Final = (UPLOADED, ROWS, _PROGRESS)
"""What goes when a file was taken over; rows that were left out are still to be corrected."""


class RunProgress(msgspec.Struct, frozen=True):
    """How far a run is: rows done in the present step."""

    rows_done: int


def file_of(office: Office, import_id: str, kind: str = UPLOADED) -> Path:
    """Where a file of an import lies."""
    return office.settings.uploads / f"{import_id}{kind}"


def remove_files(office: Office, import_id: str, kinds: Sequence[str] = (*BUT_REJECTED, REJECTED)) -> None:
    """Delete what was uploaded and what was made of it."""
    for kind in kinds:
        file_of(office, import_id, kind).unlink(missing_ok=True)


def rows_read(office: Office, import_id: str) -> int:
    """Rows that a check has behind it. A file, because it writes nothing to the database before its end."""
    try:
        return msgspec.json.decode(file_of(office, import_id, _PROGRESS).read_bytes(), type=RunProgress).rows_done
    except (FileNotFoundError, msgspec.DecodeError):
        return 0


def progress_writer(office: Office, import_id: str) -> Progress:
    """A progress function that other processes can follow."""
    path = file_of(office, import_id, _PROGRESS)
    fresh = path.with_suffix(".progress-new")

    def write(done: int) -> None:
        fresh.write_bytes(msgspec.json.encode(RunProgress(done)))
        fresh.replace(path)

    return write


@contextmanager
def witnessed(office: Office, import_id: str, header: Sequence[str]) -> Iterator[Witness]:
    """Writes down what is said of every row, and apart the rejected rows as they were."""
    paths = [file_of(office, import_id, kind) for kind in (ROWS, REJECTED)]
    with _private(paths[0]) as rows, _private(paths[1]) as rejected:
        said, wrong = csv.writer(rows), csv.writer(rejected)
        said.writerow(("row", "verdict", "changes", "column", "value", "reason"))
        wrong.writerow([*(safe_cell(name) for name in header), "row", "column", "what is wrong"])

        def witness(verdict: Verdict) -> None:
            issue = verdict.issue
            place = (issue.column, issue.value, issue.text) if issue else ("", "", "")
            said.writerow([verdict.row, verdict.word, "|".join(verdict.changes), *(safe_cell(each) for each in place)])
            if issue:
                line = [*verdict.line, *([""] * (len(header) - len(verdict.line)))]
                wrong.writerow([*(safe_cell(each) for each in line), verdict.row, issue.column, safe_cell(issue.text)])

        yield witness


def _private(path: Path) -> IO[str]:
    path.touch(mode=0o600)
    path.chmod(0o600)
    file = path.open("w", encoding="utf-8", newline="")
    file.write(BYTE_ORDER_MARK)
    return file
