"""The course of an import: uploaded, columns chosen, checked, taken over or thrown away; and the worker's jobs.

Laws: nothing is written before a person has seen what would be. Members are taken over a batch at a time, each batch in
one transaction with the count of rows that are done, so that a worker who was cut off goes on where it stopped. Goods
and categories refer to each other: all rows or none.
"""

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
from backoffice.i18n import gettext as _
from backoffice.i18n import remembering
from backoffice.imports import undo
from backoffice.imports.files import BUT_REJECTED, REJECTED, file_of, progress_writer, remove_files, witnessed
from backoffice.imports.kinds import IMPORTERS
from backoffice.imports.models import ImportRun
from backoffice.imports.plan import Batch, Checked, Importer, Progress, Witness, batches, check_batch, check_table
from backoffice.imports.remembered import proposed, remember
from backoffice.imports.table import Issue, checked_fields, open_file, open_table
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.web.said import kept
from backoffice.worker.services import Claim, plan

JOB_KIND: Final = "import"

ERROR_LENGTH_MAX: Final = 2_000
"""Characters that are kept of why an import failed."""


def upload(office: Office, doing: Doing, kind: str, filename: str, save: Callable[[Path], object]) -> str:
    """Keep an uploaded file, which `save` writes to a path; the import's id. InputError: no such file at all."""
    if kind not in IMPORTERS:
        raise InputError(f"{kind!r} cannot be imported; these can: {', '.join(IMPORTERS)}")
    import_id = doing.ids.new_id()
    path = file_of(office, import_id)
    path.touch(mode=0o600)
    try:
        save(path)
        header = open_file(path).header
    except BaseException:
        path.unlink()
        raise

    def work(session: Session) -> None:
        fields = proposed(session, doing.organisation_id, kind, header, IMPORTERS[kind].columns)
        session.add(
            ImportRun(
                organisation_id=doing.organisation_id,
                import_id=import_id,
                kind=kind,
                filename=filename[:200],
                state="mapping",
                mapping=msgspec.json.encode(fields).decode(),
                rows_total=0,
                rows_done=0,
                issues_total=0,
                issues="[]",
                summary="{}",
                error="",
                created_at=doing.clock.now(),
                created_by=doing.actor,
                finished_at=None,
            )
        )

    run_in_tx(office.database.write, work)
    return import_id


def choose_columns(
    session: Session, doing: Doing, import_id: str, header: Sequence[str], chosen: Sequence[str]
) -> None:
    """Say which field each column means, and plan the check. InputError: one is missing or there twice."""
    columns_chosen(session, doing, import_id, header, chosen)
    _plan(session, doing, import_id, "check")


def columns_chosen(
    session: Session, doing: Doing, import_id: str, header: Sequence[str], chosen: Sequence[str]
) -> None:
    """The same for a worker that checks at once."""
    run = must_be_there(session, doing.organisation_id, import_id)
    if run.state not in {"mapping", "checked", "refused"}:
        raise InputError(_("This import is under way or over."))
    checked_fields(header, IMPORTERS[run.kind].columns, chosen)
    remember(session, doing, run.kind, header, chosen)
    run.mapping = msgspec.json.encode(list(chosen)).decode()
    run.state = "checking"
    run.rows_total = run.issues_total = 0
    run.issues, run.summary = "[]", "{}"


def fields_of(run: ImportRun) -> list[str]:
    """The field that each column of its file means, empty for none."""
    return msgspec.json.decode(run.mapping, type=list[str])


def ask_to_apply(session: Session, doing: Doing, import_id: str, *, leave_out: bool = False) -> None:
    """Plan the taking over of a checked run; `leave_out`: without the rows that are wrong. InputError: not ready."""
    apply_wanted(session, doing, import_id, leave_out=leave_out)
    _plan(session, doing, import_id, "apply")


def apply_wanted(session: Session, doing: Doing, import_id: str, *, leave_out: bool = False) -> None:
    """The same for a worker that takes over at once."""
    run = must_be_there(session, doing.organisation_id, import_id)
    partly = leave_out and run.state == "refused" and may_leave_out(run)
    if run.state != "checked" and not partly:
        raise InputError(_("Only a file that was checked without mistakes can be taken over."))
    run.state = "applying"
    run.rows_done = 0


def may_leave_out(run: ImportRun) -> bool:
    """Whether the good rows of a file with mistakes can be taken over without the others."""
    return IMPORTERS[run.kind].in_batches and run.issues_total < run.rows_total


def ask_to_undo(session: Session, doing: Doing, import_id: str) -> None:
    """Plan that an import is undone. InputError: it cannot be, or not any more."""
    run = must_be_there(session, doing.organisation_id, import_id)
    if not undo.may_undo(run, doing.clock.now()):
        raise InputError(_("This import cannot be undone any more."))
    run.state = "undoing"
    run.rows_done = 0
    run.issues, run.issues_total, run.summary = "[]", 0, "{}"
    doing.note(session, "import_undone", "import", import_id)
    _plan(session, doing, import_id, "undo")


def _plan(session: Session, doing: Doing, import_id: str, step: str) -> None:
    now = doing.clock.now()
    plan(session, doing.ids, doing.organisation_id, JOB_KIND, f"{import_id}:{step}:{now:%y%m%d%H%M%S}", now)


def discard(session: Session, doing: Doing, import_id: str) -> None:
    """Give a run up; nothing was changed by it. The files themselves are removed by the caller after the commit."""
    run = must_be_there(session, doing.organisation_id, import_id)
    if run.state not in {"mapping", "checked", "refused", "failed"}:
        raise InputError(_("This import is under way or over."))
    give_up(run, doing.clock.now())


def give_up(run: ImportRun, now: datetime) -> None:
    """Mark a run as thrown away, with nothing in it of the file but its name."""
    run.state = "discarded"
    run.issues = "[]"  # they quote what stood in the file, names too
    run.error = ""  # and so may this
    run.finished_at = now


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
    """The worker's part: check a file, take it over, or undo that."""
    import_id, step = claimed.due_key.split(":")[:2]
    steps = {"check": _check_run, "apply": _apply_run, "undo": undo.undo_run}
    with remembering() as spoken:
        try:
            return steps[step](office, claimed.organisation_id, import_id)
        except InputError as error:
            text = kept(str(error), spoken, ERROR_LENGTH_MAX)

            def failed(session: Session) -> None:
                run = must_be_there(session, claimed.organisation_id, import_id)
                run.state = "failed"
                run.error = text
                run.finished_at = office.clock.now()

            run_in_tx(office.database.write, failed)
            raise


def _check_run(office: Office, organisation_id: str, import_id: str) -> str:
    with office.database.read() as reader:
        run = must_be_there(reader, organisation_id, import_id)
        path, chosen = file_of(office, import_id), fields_of(run)
        progress, now = progress_writer(office, import_id), office.clock.now()
        with witnessed(office, import_id, open_file(path).header) as witness:
            checked = check_file(reader, organisation_id, run.kind, path, progress, now, chosen, witness)[1]
    if not checked.issues_total:
        remove_files(office, import_id, (REJECTED,))

    def work(session: Session) -> None:
        run = must_be_there(session, organisation_id, import_id)
        run.state = "refused" if checked.issues_total else "checked"
        run.rows_total = checked.rows_total
        _say(run, checked)

    run_in_tx(office.database.write, work)
    return _("%(rows)s rows checked, %(mistakes)s mistakes", rows=checked.rows_total, mistakes=checked.issues_total)


def _apply_run(office: Office, organisation_id: str, import_id: str) -> str:
    with office.database.read() as reader:
        run = must_be_there(reader, organisation_id, import_id)
    if run.state != "applying":
        return _("It was done already.")
    doing = Doing(organisation_id, run.created_by, office.clock, office.ids)
    if IMPORTERS[run.kind].in_batches:
        _apply_in_batches(office, doing, run)
    else:
        _apply_at_once(office, doing, run)
    remove_files(office, import_id, BUT_REJECTED)
    return _("%(rows)s rows taken over", rows=run.rows_total)


def _apply_at_once(office: Office, doing: Doing, run: ImportRun) -> None:
    path, chosen = file_of(office, run.import_id), fields_of(run)
    progress = progress_writer(office, run.import_id)

    def work(session: Session) -> None:
        _say(
            must_be_there(session, doing.organisation_id, run.import_id),
            apply_file(session, doing, run.kind, path, progress, chosen),
        )
        _finish(session, doing, run.import_id)

    run_in_tx(office.database.write, work)


def _apply_in_batches(office: Office, doing: Doing, run: ImportRun) -> None:
    """Batch by batch; what an earlier worker had done is read again, for what later rows are compared with."""
    table = open_table(
        file_of(office, run.import_id), IMPORTERS[run.kind].columns, msgspec.json.decode(run.mapping, type=list[str])
    )
    with office.database.read() as reader:
        tariff = reader.get_one(Organisation, doing.organisation_id).tariff()
    importer = IMPORTERS[run.kind](doing.organisation_id, tariff, office.clock.now(), run.import_id)
    done = 0
    for batch in batches(table):
        if done < run.rows_done:
            with office.database.read() as reader:
                check_batch(importer, reader, table, batch)
        else:

            def work(session: Session, batch: Batch = batch, before: int = done) -> None:
                row = must_be_there(session, doing.organisation_id, run.import_id)
                if row.state != "applying" or row.rows_done != before:
                    raise InputError(_("This import is under way or over."))
                found = check_batch(importer, session, table, batch)
                importer.apply(session, doing, found.records, lambda _done: None)
                said = Checked() if not before else _said(row)
                said.add(found)
                _say(row, said)
                row.rows_done = before + len(batch)

            run_in_tx(office.database.write, work)
        importer.keep()
        done += len(batch)

    def end(session: Session) -> None:
        run = _finish(session, doing, importer.import_id)
        importer.finished(session, doing, run.rows_total - run.issues_total)

    run_in_tx(office.database.write, end)


def _finish(session: Session, doing: Doing, import_id: str) -> ImportRun:
    run = must_be_there(session, doing.organisation_id, import_id)
    run.state = "done"
    run.finished_at = doing.clock.now()
    return run


def _say(run: ImportRun, checked: Checked) -> None:
    run.issues_total = checked.issues_total
    run.issues = msgspec.json.encode(checked.issues).decode()
    run.summary = msgspec.json.encode(checked.summary).decode()


def _said(run: ImportRun) -> Checked:
    issues = msgspec.json.decode(run.issues, type=list[Issue])
    summary = msgspec.json.decode(run.summary, type=dict[str, int])
    return Checked(issues=issues, issues_total=run.issues_total, summary=summary)


def check_file(
    session: Session,
    organisation_id: str,
    kind: str,
    source: bytes | Path,
    progress: Progress,
    now: datetime,
    chosen: Sequence[str] | None = None,
    witness: Witness | None = None,
) -> tuple[Importer, Checked]:
    """Check a file against what is known now; nothing is written."""
    organisation = session.get_one(Organisation, organisation_id)
    importer = IMPORTERS[kind](organisation_id, organisation.tariff(), now)
    table = open_table(source, importer.columns, chosen)
    return importer, check_table(importer, session, table, progress, witness)


def apply_file(
    session: Session,
    doing: Doing,
    kind: str,
    source: bytes | Path,
    progress: Progress,
    chosen: Sequence[str] | None = None,
) -> Checked:
    """Check again inside the transaction, and write everything; InputError when something is wrong by now."""
    now = doing.clock.now()
    importer, checked = check_file(session, doing.organisation_id, kind, source, lambda _done: None, now, chosen)
    if checked.issues_total:
        first = checked.issues[0]
        what = {"row": str(first.row), "column": first.column, "value": first.value, "reason": first.text}
        raise InputError(_("Nothing was taken over: row %(row)s, %(column)s “%(value)s”: %(reason)s", **what))
    if not importer.in_batches:
        importer.apply(session, doing, checked.records, progress)
        return checked
    again = IMPORTERS[kind](doing.organisation_id, importer.tariff, now)
    table = open_table(source, importer.columns, chosen)
    done = 0
    for batch in batches(table):
        again.apply(session, doing, check_batch(again, session, table, batch).records, lambda _done: None)
        again.keep()
        done += len(batch)
        progress(done)
    again.finished(session, doing, checked.rows_total)
    return checked


def must_be_there(session: Session, organisation_id: str, import_id: str) -> ImportRun:
    """One import; InputError: it is not there."""
    run = get_run(session, organisation_id, import_id)
    if run is None:
        raise InputError(_("This import is no longer there."))
    return run
