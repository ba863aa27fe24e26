"""How long an uploaded file lies here: until it is taken over or thrown away, at most some days.

It has people's names in clear, and so have its mistakes; nobody may forget them here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.imports.files import REJECTED, remove_files
from backoffice.imports.models import ImportRun
from backoffice.imports.runs import give_up
from backoffice.imports.undo import forget_old_changes
from backoffice.office import Office

KEPT_DAYS: Final = 7
"""A file that was refused is corrected and brought again within days; what was checked is taken over within days."""

OVER: Final = ("done", "undoing", "undone", "discarded")


def kept_until(run: ImportRun) -> datetime | None:
    """When a run's file is deleted by itself; None when it is gone already."""
    return None if run.state in OVER else run.created_at + timedelta(days=KEPT_DAYS)


def forget_old_files(office: Office, organisation_id: str) -> int:
    """Throw away runs that nobody brought to an end, and delete what is left of any; how many runs were given up.

    A worker that dies between a commit and the deletion leaves a file behind: those go too, and files whose run was
    never written down. Rows that were left out may be fetched as long as a file may lie here. What old imports changed
    is forgotten with them.
    """
    now = office.clock.now()

    def work(session: Session) -> Sequence[str]:
        old = session.scalars(
            select(ImportRun).where(
                ImportRun.organisation_id == organisation_id,
                ImportRun.state.not_in(OVER),
                ImportRun.created_at <= now - timedelta(days=KEPT_DAYS),
            )
        ).all()
        for run in old:
            give_up(run, now)
        forget_old_changes(session, organisation_id, now)
        return [run.import_id for run in old]

    given_up = run_in_tx(office.database.write, work)
    for import_id in {*given_up, *_left_behind(office, organisation_id, now)}:
        remove_files(office, import_id)
    return len(given_up)


def _left_behind(office: Office, organisation_id: str, now: datetime) -> set[str]:
    """Files of this organisation's runs that are over, and old files of no run at all."""
    found = set()
    for path in office.settings.uploads.iterdir():
        import_id = path.name.partition(".")[0]
        with office.database.read() as reader:
            run = reader.scalars(select(ImportRun).where(ImportRun.import_id == import_id)).first()
        old = datetime.fromtimestamp(path.stat().st_mtime, UTC) <= now - timedelta(days=KEPT_DAYS)
        if run is None:
            if old:
                found.add(import_id)
        elif run.organisation_id == organisation_id and run.state in OVER:
            to_be_fetched = path.suffix == REJECTED and run.state == "done"
            if old or not to_be_fetched:
                found.add(import_id)
    return found
