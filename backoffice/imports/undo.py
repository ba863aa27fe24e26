"""Undoing an import, whatever is in it: for how long, and the worker's part of it.

Done in batches, each in one transaction with what is said of it: a worker who was cut off goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.i18n import gettext as _
from backoffice.imports.files import remove_files
from backoffice.imports.kinds import IMPORTERS
from backoffice.imports.models import ImportChange, ImportRun
from backoffice.imports.plan import Checked
from backoffice.imports.table import Issue
from backoffice.office import Office
from backoffice.workshop.models import WorkshopChange

KEPT_DAYS: Final = 30
"""So long an import can be undone; afterwards what it changed is forgotten."""


def may_undo(run: ImportRun, now: datetime) -> bool:
    """Whether an import was taken over, can be undone at all, and is not too old for it."""
    young = run.finished_at is not None and run.finished_at > now - timedelta(days=KEPT_DAYS)
    return IMPORTERS[run.kind].can_be_undone and run.state == "done" and young


def forget_old_changes(session: Session, organisation_id: str, now: datetime) -> None:
    """Delete what is kept of imports that can no longer be undone."""
    old = select(ImportRun.import_id).where(
        ImportRun.organisation_id == organisation_id, ImportRun.finished_at <= now - timedelta(days=KEPT_DAYS)
    )
    for table in (ImportChange, WorkshopChange):
        session.execute(delete(table).where(table.organisation_id == organisation_id, table.import_id.in_(old)))


def undo_run(office: Office, organisation_id: str, import_id: str) -> str:
    """The worker's part; says whether there was anything to do."""
    with office.database.read() as reader:
        run = reader.get_one(ImportRun, (organisation_id, import_id))
    if run.state != "undoing":
        return _("It was done already.")
    doing = Doing(organisation_id, run.created_by, office.clock, office.ids)
    while run_in_tx(office.database.write, lambda tx: undo_batch(tx, doing, import_id)):
        pass
    remove_files(office, import_id)
    return _("Undone.")


def undo_batch(session: Session, doing: Doing, import_id: str) -> bool:
    """Undo what was done to the next things; False when there is nothing left, and then the run is undone."""
    run = session.get_one(ImportRun, (doing.organisation_id, import_id))
    said = Checked(
        issues=msgspec.json.decode(run.issues, type=list[Issue]),
        issues_total=run.issues_total,
        summary=msgspec.json.decode(run.summary, type=dict[str, int]),
    )
    undone = IMPORTERS[run.kind].undo_some(session, doing, import_id, said)
    if not undone:
        run.state = "undone"
        run.finished_at = doing.clock.now()
        return False
    run.issues = msgspec.json.encode(said.issues).decode()
    run.issues_total = said.issues_total
    run.summary = msgspec.json.encode(said.summary).decode()
    run.rows_done += undone
    return True
