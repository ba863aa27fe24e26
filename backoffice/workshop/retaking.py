"""The worker's part after new rules: every line that is there is taken anew, so many at a time, with its progress.

Laws: a run that was cut off begins anew, which changes nothing twice; a run whose version was followed by another
stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select, tuple_, update
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.db import run_in_tx
from backoffice.i18n import gettext as _
from backoffice.office import Office
from backoffice.worker.services import Claim, renew
from backoffice.workshop.line_rules import Classifier
from backoffice.workshop.models import WorkOrderLine, WorkRules
from backoffice.workshop.rule_versions import classifier_of, latest, taken_columns

PART: Final = 5_000
"""Lines that are looked at, and written, together."""

_TABLE: Final = table_of(WorkOrderLine)
_UPDATE: Final = (
    update(_TABLE)
    .where(
        _TABLE.c.organisation_id == bindparam("owner"),
        _TABLE.c.number == bindparam("order"),
        _TABLE.c.line_no == bindparam("line"),
    )
    .values(operation=bindparam("new_operation"), family=bindparam("new_family"))
)


def retake_lines(office: Office, claimed: Claim) -> str:
    """Take every line of the organisation by the rules of version `due_key`."""
    organisation_id, version = claimed.organisation_id, int(claimed.due_key)

    def begin(tx: Session) -> bool:
        row = latest(tx, organisation_id)
        if row is None or row.version != version or row.state == "done":
            return False
        row.state, row.lines_done, row.lines_changed = "running", 0, 0
        row.lines_total = tx.scalar(select(func.count()).where(WorkOrderLine.organisation_id == organisation_id)) or 0
        return True

    if not run_in_tx(office.database.write, begin):
        return _("These rules are applied already, or newer ones took their place.")
    after: tuple[str, int] | None = ("", 0)
    while after is not None:
        at = after
        going, after = run_in_tx(office.database.write, lambda tx: _next_part(tx, office, claimed, at))  # noqa: B023 - run at once
        if not going:
            return _("Newer rules took the place of these.")
    with office.database.read() as reader:
        done = reader.get_one(WorkRules, (organisation_id, version))
    return _("%(lines)s lines looked at, %(changed)s taken anew", lines=done.lines_done, changed=done.lines_changed)


def _next_part(
    tx: Session, office: Office, claimed: Claim, after: tuple[str, int]
) -> tuple[bool, tuple[str, int] | None]:
    """Take the next lines; whether these rules still count, and the last key, None when that was all."""
    renew(tx, office.clock, claimed)
    row = latest(tx, claimed.organisation_id)
    if row is None or str(row.version) != claimed.due_key:
        return False, None
    line = WorkOrderLine
    found = tx.execute(
        select(line.number, line.line_no, line.kind, line.code, line.text, line.operation, line.family)
        .where(line.organisation_id == claimed.organisation_id, tuple_(line.number, line.line_no) > tuple_(*after))
        .order_by(line.number, line.line_no)
        .limit(PART)
    ).all()
    changes = _changes(classifier_of(tx, claimed.organisation_id), claimed.organisation_id, found)
    if changes:
        tx.connection().execute(_UPDATE, changes)
    row.lines_done += len(found)
    row.lines_changed += len(changes)
    if len(found) < PART:
        row.state, row.finished_at = "done", office.clock.now()
        return True, None
    return True, (found[-1].number, found[-1].line_no)


def _changes(rules: Classifier, organisation_id: str, found: Sequence[Row[*tuple[Any, ...]]]) -> list[dict[str, Any]]:
    changes = []
    for number, line_no, kind, code, text, operation, family in found:
        taken = taken_columns(rules, kind, code, text)
        if taken != {"operation": operation, "family": family}:
            key = {"owner": organisation_id, "order": number, "line": line_no}
            changes.append(key | {f"new_{name}": value for name, value in taken.items()})
    return changes
