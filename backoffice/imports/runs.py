"""The course of an import: upload, check, apply or discard. Applying is one transaction: all rows or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.imports.members import MemberImporter
from backoffice.imports.models import ImportRun
from backoffice.imports.plan import Checked, Importer, Progress, check_table
from backoffice.imports.products import CategoryImporter, ProductImporter
from backoffice.imports.table import open_table
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.worker.services import Claim, plan

IMPORTERS: Final[dict[str, type[Importer]]] = {
    "members": MemberImporter,
    "products": ProductImporter,
    "categories": CategoryImporter,
}
"""Kind of file → its importer."""

JOB_KIND: Final = "import"


class RunProgress(msgspec.Struct, frozen=True):
    """How far a run is: rows done in the present step."""

    rows_done: int


def file_of(office: Office, import_id: str) -> Path:
    """Where an uploaded file lies until it is applied or thrown away."""
    return office.settings.uploads / f"{import_id}.csv"


def _progress_file(office: Office, import_id: str) -> Path:
    return office.settings.uploads / f"{import_id}.progress"


def rows_done(office: Office, import_id: str) -> int:
    """Rows that the present step has behind it. A file, because the step's transaction shows nothing to others."""
    try:
        return msgspec.json.decode(_progress_file(office, import_id).read_bytes(), type=RunProgress).rows_done
    except (FileNotFoundError, msgspec.DecodeError):
        return 0


def progress_writer(office: Office, import_id: str) -> Progress:
    """A progress function that other processes can follow."""
    path = _progress_file(office, import_id)
    fresh = path.with_suffix(".progress-new")

    def write(done: int) -> None:
        fresh.write_bytes(msgspec.json.encode(RunProgress(done)))
        fresh.replace(path)

    return write


def start_run(office: Office, doing: Doing, kind: str, filename: str, data: bytes) -> str:
    """Keep an uploaded file and plan its check; returns the import's id. InputError: not such a file at all."""
    if kind not in IMPORTERS:
        raise InputError(f"{kind!r} cannot be imported; these can: {', '.join(IMPORTERS)}")
    open_table(data, IMPORTERS[kind].columns)
    import_id = doing.ids.new_id()
    path = file_of(office, import_id)
    path.write_bytes(data)
    path.chmod(0o600)

    def work(session: Session) -> None:
        session.add(
            ImportRun(
                organisation_id=doing.organisation_id,
                import_id=import_id,
                kind=kind,
                filename=filename[:200],
                state="checking",
                rows_total=0,
                issues_total=0,
                issues="[]",
                summary="{}",
                error="",
                created_at=doing.clock.now(),
                created_by=doing.actor,
                finished_at=None,
            )
        )
        plan(session, doing.ids, doing.organisation_id, JOB_KIND, f"{import_id}:check", doing.clock.now())

    run_in_tx(office.database.write, work)
    return import_id


def ask_to_apply(session: Session, doing: Doing, import_id: str) -> None:
    """Plan the applying of a checked run; InputError when it is not ready."""
    run = _must_be_there(session, doing.organisation_id, import_id)
    if run.state != "checked":
        raise InputError("only a file that was checked without mistakes can be taken over")
    run.state = "applying"
    plan(session, doing.ids, doing.organisation_id, JOB_KIND, f"{import_id}:apply", doing.clock.now())


def discard(session: Session, doing: Doing, import_id: str) -> None:
    """Give a run up; nothing was changed by it. The file itself is removed by the caller after the commit."""
    run = _must_be_there(session, doing.organisation_id, import_id)
    if run.state not in {"checked", "refused", "failed"}:
        raise InputError("this import is under way or over")
    give_up(run, doing.clock.now())


def give_up(run: ImportRun, now: datetime) -> None:
    """Mark a run as thrown away, with nothing in it of the file but its name."""
    run.state = "discarded"
    run.issues = "[]"  # they quote what stood in the file, names too
    run.error = ""  # and so may this
    run.finished_at = now


def remove_file(office: Office, import_id: str) -> None:
    """Delete what was uploaded."""
    for path in (file_of(office, import_id), _progress_file(office, import_id)):
        path.unlink(missing_ok=True)


def get_run(session: Session, organisation_id: str, import_id: str) -> ImportRun | None:
    """One import of this organisation."""
    return session.get(ImportRun, (organisation_id, import_id))


def list_runs(session: Session, organisation_id: str, limit: int = 30) -> Sequence[ImportRun]:
    """The latest imports."""
    return session.scalars(
        select(ImportRun)
        .where(ImportRun.organisation_id == organisation_id)
        .order_by(ImportRun.import_id.desc())
        .limit(limit)
    ).all()


def run_import(office: Office, claimed: Claim) -> str:
    """The worker's part: check a file, or apply it."""
    import_id, _colon, step = claimed.due_key.partition(":")
    try:
        if step == "check":
            return _check_run(office, claimed.organisation_id, import_id)
        return _apply_run(office, claimed.organisation_id, import_id)
    except InputError as error:
        text = str(error)

        def failed(session: Session) -> None:
            run = _must_be_there(session, claimed.organisation_id, import_id)
            run.state = "failed"
            run.error = text
            run.finished_at = office.clock.now()

        run_in_tx(office.database.write, failed)
        raise


def _check_run(office: Office, organisation_id: str, import_id: str) -> str:
    with office.database.read() as reader:
        kind = _must_be_there(reader, organisation_id, import_id).kind
        data = file_of(office, import_id).read_bytes()
        _importer, checked = check_file(
            reader, organisation_id, kind, data, progress_writer(office, import_id), office.clock.now()
        )

    def work(session: Session) -> None:
        run = _must_be_there(session, organisation_id, import_id)
        run.state = "refused" if checked.issues_total else "checked"
        run.rows_total = checked.rows_total
        run.issues_total = checked.issues_total
        run.issues = msgspec.json.encode(checked.issues).decode()
        run.summary = msgspec.json.encode(checked.summary).decode()

    run_in_tx(office.database.write, work)
    return f"{checked.rows_total} rows checked, {checked.issues_total} mistakes"


def _apply_run(office: Office, organisation_id: str, import_id: str) -> str:
    data = file_of(office, import_id).read_bytes()

    def work(session: Session) -> str:
        run = _must_be_there(session, organisation_id, import_id)
        if run.state == "done":
            return "was done already"
        doing = Doing(organisation_id, run.created_by, office.clock, office.ids)
        checked = apply_file(session, doing, run.kind, data, progress_writer(office, import_id))
        run.state = "done"
        run.finished_at = office.clock.now()
        run.summary = msgspec.json.encode(checked.summary).decode()
        return f"{checked.rows_total} rows taken over"

    result = run_in_tx(office.database.write, work)
    remove_file(office, import_id)
    return result


def check_file(
    session: Session, organisation_id: str, kind: str, data: bytes, progress: Progress, now: datetime
) -> tuple[Importer, Checked]:
    """Check a file against what is known now; nothing is written."""
    organisation = session.get_one(Organisation, organisation_id)
    importer = IMPORTERS[kind](organisation_id, organisation.tariff(), now)
    return importer, check_table(importer, session, open_table(data, importer.columns), progress)


def apply_file(session: Session, doing: Doing, kind: str, data: bytes, progress: Callable[[int], None]) -> Checked:
    """Check again inside the transaction, and write everything; InputError when something is wrong by now."""
    importer, checked = check_file(session, doing.organisation_id, kind, data, lambda _done: None, doing.clock.now())
    if checked.issues_total:
        first = checked.issues[0]
        raise InputError(f"nothing was taken over: row {first.row}, {first.column} {first.value!r}: {first.reason}")
    importer.apply(session, doing, checked.records, progress)
    return checked


def _must_be_there(session: Session, organisation_id: str, import_id: str) -> ImportRun:
    run = get_run(session, organisation_id, import_id)
    if run is None:
        raise InputError("this import is no longer there")
    return run
