"""What an importer of one kind of rows offers: its columns, a check of every row, and applying all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.imports.table import VALUE_SHOWN_MAX, Column, Issue, Table
from pos_engine.core.money import Tariff

ISSUES_KEPT: Final = 200
PROGRESS_EVERY_ROWS: Final = 1_000

Progress = Callable[[int], None]
"""Told how many rows are done."""


@dataclass
class Checked:
    """The rows that were understood, the first mistakes, and counts of what would happen."""

    records: list[Any] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    issues_total: int = 0
    rows_total: int = 0
    summary: dict[str, int] = field(default_factory=dict)

    def refuse(self, issue: Issue) -> None:
        """Note a mistake; only the first ones are kept, all are counted."""
        self.issues_total += 1
        if len(self.issues) < ISSUES_KEPT:
            self.issues.append(issue)

    def count(self, name: str, amount: int = 1) -> None:
        """Add to one line of the summary."""
        self.summary[name] = self.summary.get(name, 0) + amount


class RowRefused(Exception):  # noqa: N818 - not a fault, an answer
    """A cell cannot be taken: which column, what stands there, and why."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.value = value
        self.reason = reason


class Importer(ABC):
    """Checks and applies the rows of one kind. Made anew for each run; `prepare` reads what the checks compare with."""

    columns: tuple[Column, ...]

    def __init__(self, organisation_id: str, tariff: Tariff, now: datetime) -> None:
        self.organisation_id = organisation_id
        self.tariff = tariff
        self.now = now

    @abstractmethod
    def prepare(self, session: Session) -> None:
        """Read what is known already."""

    @abstractmethod
    def read_row(self, cells: Mapping[str, str], checked: Checked) -> Any:  # noqa: ANN401 - each kind has its own record
        """One row as a record; RowRefused says what is wrong with it."""

    def finish_check(self, checked: Checked, rows: Sequence[int]) -> None:  # noqa: B027 - most kinds need none
        """Checks over all records together; `rows` are their row numbers."""

    @abstractmethod
    def apply(self, session: Session, doing: Doing, records: Sequence[Any], progress: Progress) -> None:
        """Write all records, in the caller's transaction."""


def check_table(importer: Importer, session: Session, table: Table, progress: Progress) -> Checked:
    """Read every row; nothing is written."""
    importer.prepare(session)
    checked = Checked()
    rows: list[int] = []
    for number, cells in table.rows():
        checked.rows_total += 1
        if checked.rows_total % PROGRESS_EVERY_ROWS == 0:
            progress(checked.rows_total)
        if isinstance(cells, Issue):
            checked.refuse(cells)
            continue
        try:
            checked.records.append(importer.read_row(cells, checked))
            rows.append(number)
        except RowRefused as refused:
            name = next((each.names[0] for each in importer.columns if each.field == refused.column), refused.column)
            checked.refuse(Issue(number, name, refused.value[:VALUE_SHOWN_MAX], refused.reason))
    importer.finish_check(checked, rows)
    if not checked.rows_total:
        raise InputError("the file has a heading, but no rows")
    return checked
