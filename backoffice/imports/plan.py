"""What an importer of one kind of rows offers: its columns, a check of every row, and applying them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, ClassVar, Final

from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.imports.table import VALUE_SHOWN_MAX, Column, Issue, Table
from pos_engine.core.money import Tariff

ISSUES_KEPT: Final = 200
BATCH_ROWS: Final = 500
"""Rows that are looked up, and written, together."""
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

    def add(self, other: Checked) -> None:
        """Add what a further part of the file said, without its records."""
        self.rows_total += other.rows_total
        for name, amount in other.summary.items():
            self.count(name, amount)
        self.issues += other.issues[: max(0, ISSUES_KEPT - len(self.issues))]
        self.issues_total += other.issues_total


class RowRefused(Exception):  # noqa: N818 - not a fault, an answer
    """A cell cannot be taken: which column, what stands there, and why.

    `reason`: a text before it is translated (see `i18n._l`), with places for `values`.
    """

    def __init__(self, column: str, value: str, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.column = column
        self.value = value
        self.reason = reason
        self.values = {name: str(each) for name, each in values.items()}


@dataclass(frozen=True)
class Verdict:
    """What is said of one row: `word` is new, changed, unchanged or rejected; `changes` the fields it would change."""

    row: int
    line: Sequence[str]
    word: str
    changes: Sequence[str] = ()
    issue: Issue | None = None


Witness = Callable[[Verdict], None]
"""Told what becomes of every row, in their order."""


class Importer(ABC):
    """Checks and applies the rows of one kind. Made anew for each run; `prepare` reads what the checks compare with."""

    columns: tuple[Column, ...]
    in_batches: ClassVar[bool] = False
    """Rows stand for themselves: they are read and written a batch at a time, and wrong ones can be left out."""
    can_be_undone: ClassVar[bool] = False
    """What is written under an import's id is kept for some days, and `undo_some` takes it back."""

    def __init__(self, organisation_id: str, tariff: Tariff, now: datetime, import_id: str = "") -> None:
        """`import_id`: under which what is done is kept to be undone; empty: it cannot be."""
        self.organisation_id = organisation_id
        self.tariff = tariff
        self.now = now
        self.import_id = import_id

    @abstractmethod
    def prepare(self, session: Session) -> None:
        """Read what is known already."""

    def look_up(self, session: Session, batch: Sequence[Mapping[str, str]]) -> None:  # noqa: B027 - most kinds need none
        """Read what is known of the next rows. What rows of an earlier attempt at the same batch left is forgotten."""

    def keep(self) -> None:  # noqa: B027 - the same
        """The batch that was looked up last is done: later rows are compared with it too."""

    @abstractmethod
    def read_row(self, cells: Mapping[str, str], checked: Checked) -> Any:  # noqa: ANN401 - each kind has its own record
        """One row as a record; RowRefused says what is wrong with it."""

    def verdict_of(self, record: Any) -> tuple[str, Sequence[str]]:  # noqa: ANN401 - the same
        """In one word what becomes of a record, and the fields that change."""
        del record
        return "taken", ()

    def finish_check(self, checked: Checked, rows: Sequence[int]) -> None:  # noqa: B027 - most kinds need none
        """Checks over all records together; `rows` are their row numbers."""

    @abstractmethod
    def apply(self, session: Session, doing: Doing, records: Sequence[Any], progress: Progress) -> None:
        """Write records, in the caller's transaction."""

    def finished(self, session: Session, doing: Doing, rows: int) -> None:  # noqa: B027 - kinds applied at once note it there
        """The last batch is written: put the import on record, `rows` in all, and plan what follows from it."""

    @classmethod
    def undo_some(cls, session: Session, doing: Doing, import_id: str, said: Checked) -> int:
        """Undo what was done to the next things, tell `said` what could not be; how many, 0 when none is left."""
        raise NotImplementedError(f"{cls.__name__} cannot be undone, and does not say it can")


Batch = Sequence[tuple[int, Sequence[str] | Issue]]
"""Lines of a file with their numbers."""


def batches(table: Table) -> Iterator[Batch]:
    """The lines of a file, so many at a time."""
    lines = table.lines()
    while batch := list(islice(lines, BATCH_ROWS)):
        yield batch


def check_table(
    importer: Importer, session: Session, table: Table, progress: Progress, witness: Witness | None = None
) -> Checked:
    """Read every row; nothing is written. Records are kept only of kinds that are applied as a whole."""
    importer.prepare(session)
    checked = Checked()
    rows: list[int] = []
    for batch in batches(table):
        found = check_batch(importer, session, table, batch, witness)
        importer.keep()
        checked.add(found)
        if not importer.in_batches:
            checked.records += (record for _number, record in found.records)
            rows += (number for number, _record in found.records)
        if checked.rows_total % PROGRESS_EVERY_ROWS == 0:
            progress(checked.rows_total)
    importer.finish_check(checked, rows)
    if not checked.rows_total:
        raise InputError(_("The file has a heading, but no rows."))
    return checked


def check_batch(
    importer: Importer,
    session: Session,
    table: Table,
    batch: Batch,
    witness: Witness | None = None,
) -> Checked:
    """Read some rows; `records` are pairs of row number and record."""
    found = Checked(rows_total=len(batch))
    cells = {number: table.cells_of(line) for number, line in batch if not isinstance(line, Issue)}
    importer.look_up(session, list(cells.values()))
    for number, line in batch:
        verdict = _verdict(importer, found, number, line, cells.get(number, {}))
        if verdict.issue is not None:
            found.refuse(verdict.issue)
        if witness is not None:
            witness(verdict)
    return found


def _verdict(
    importer: Importer, found: Checked, number: int, line: Sequence[str] | Issue, cells: Mapping[str, str]
) -> Verdict:
    if isinstance(line, Issue):
        return Verdict(number, (), "rejected", issue=line)
    part = Checked()
    try:
        record = importer.read_row(cells, part)
    except RowRefused as refused:
        name = next((each.names[0] for each in importer.columns if each.field == refused.column), refused.column)
        issue = Issue(number, name, refused.value[:VALUE_SHOWN_MAX], refused.reason, refused.values)
        return Verdict(number, line, "rejected", issue=issue)
    found.add(part)
    found.records.append((number, record))
    return Verdict(number, line, *importer.verdict_of(record))
