"""Pages of imports: choose a file, say what its columns mean, see what would happen, take it over, undo it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as Redirect

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.imports import runs, undo
from backoffice.imports.files import REJECTED, ROWS, file_of, remove_files, rows_read
from backoffice.imports.keeping import KEPT_DAYS, kept_until
from backoffice.imports.kinds import IMPORTERS
from backoffice.imports.labels import field_labels
from backoffice.imports.lines import Lines
from backoffice.imports.models import ImportRun
from backoffice.imports.table import Issue, open_file
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.headers import with_etag
from backoffice.web.templating import say

imports = Blueprint("imports", __name__, template_folder="templates")

KIND_RIGHTS = {
    "members": Right.MEMBERS,
    "products": Right.CATALOGUE,
    "categories": Right.CATALOGUE,
    "vehicles": Right.WORKSHOP,
    "work_orders": Right.WORKSHOP,
}
SAMPLE_ROWS: Final = 5
CHUNK_BYTES: Final = 64 * 1024
DOWNLOADS: Final = {"rows": ROWS, "rejected": REJECTED}


def _kinds() -> list[str]:
    return [kind for kind, right in KIND_RIGHTS.items() if actor().may(right)]


@imports.route("/imports", methods=["GET", "POST"])
@needs(Right.READ)
def import_list() -> str | Redirect | tuple[str, int]:
    """The latest imports, and uploading a file."""
    error = ""
    if request.method == "POST":
        kind = request.form.get("kind", "")
        if kind not in _kinds():
            abort(403)
        try:
            file = _uploaded(request.files.get("file"))
            import_id = runs.upload(office(), doing(), kind, file.filename or "", file.save)
        except InputError as refused:
            error = str(refused)
        else:
            return redirect(url_for("imports.import_page", import_id=import_id))
    with read() as reader:
        rows = runs.list_runs(reader, actor().organisation_id)
    columns = {kind: IMPORTERS[kind].columns for kind in _kinds()}
    page = render_template(
        "imports/list.html",
        rows=rows,
        kinds=_kinds(),
        columns=columns,
        error=error,
        chosen=request.form.get("kind") or request.args.get("kind"),
        kept_days=KEPT_DAYS,
    )
    return (page, 422) if error else page


def _uploaded(file: FileStorage | None) -> FileStorage:
    if file is None or not file.filename:
        raise InputError(_("Choose a file first."))
    return file


def _run_or_404(import_id: str) -> ImportRun:
    with read() as reader:
        run = runs.get_run(reader, actor().organisation_id, import_id)
    if run is None:
        abort(404)
    return run


def _values(run: ImportRun) -> dict[str, object]:
    checking = run.state == "checking" or not IMPORTERS[run.kind].in_batches
    downloads = [name for name, kind in DOWNLOADS.items() if file_of(office(), run.import_id, kind).exists()]
    may_change = run.kind in _kinds()
    return {
        "run": run,
        "issues": msgspec.json.decode(run.issues, type=list[Issue]),
        "summary": msgspec.json.decode(run.summary, type=dict[str, int]),
        "kept_until": kept_until(run),
        "rows_done": rows_read(office(), run.import_id) if checking else run.rows_done,
        "may_apply": may_change,
        "may_leave_out": runs.may_leave_out(run),
        "may_undo": may_change and undo.may_undo(run, office().clock.now()),
        "undo_days": undo.KEPT_DAYS,
        "downloads": downloads if may_change else [],
    }


@imports.get("/imports/<import_id>")
@needs(Right.READ)
def import_page(import_id: str) -> str | Redirect:
    """One import: how far it is, every mistake with its place, and what taking it over would do."""
    run = _run_or_404(import_id)
    if run.state == "mapping" and run.kind in _kinds():
        return redirect(url_for("imports.import_columns", import_id=import_id))
    return render_template("imports/page.html", **_values(run))


@imports.get("/imports/<import_id>/live")
@needs(Right.READ)
def import_live(import_id: str) -> Response:
    """The changing part of the page, for polling."""
    return with_etag(render_template("imports/run.html", **_values(_run_or_404(import_id))))


@imports.route("/imports/<import_id>/columns", methods=["GET", "POST"])
@needs(Right.READ)
def import_columns(import_id: str) -> str | Redirect | tuple[str, int]:
    """What each column of the file means: proposed by its heading, shown with the first rows, chosen by a person."""
    run = _run_or_404(import_id)
    allowed = run.kind in _kinds()
    if request.method == "POST" and not allowed:
        abort(403)
    path = file_of(office(), import_id)
    if not allowed or run.state not in {"mapping", "checked", "refused"} or not path.exists():
        return redirect(url_for("imports.import_page", import_id=import_id))
    file = open_file(path)
    chosen, error = msgspec.json.decode(run.mapping, type=list[str]), ""
    if request.method == "POST":
        chosen = [request.form.get(f"column-{index}", "") for index in range(len(file.header))]
        act = doing()
        try:
            write(lambda tx: runs.choose_columns(tx, act, import_id, file.header, chosen))
        except InputError as refused:
            error = str(refused)
        else:
            return redirect(url_for("imports.import_page", import_id=import_id))
    columns = IMPORTERS[run.kind].columns
    page = render_template(
        "imports/columns.html",
        run=run,
        header=file.header,
        chosen=chosen,
        sample=_sample(file),
        fields=field_labels(columns),
        needed=[column.field for column in columns if column.required],
        error=error,
    )
    return (page, 422) if error else page


def _sample(file: Lines) -> list[Sequence[str]]:
    wide = len(file.header)
    first = [cells for _number, cells in islice(file.rows(), SAMPLE_ROWS) if not isinstance(cells, str)]
    return [[*cells[:wide], *([""] * (wide - len(cells)))] for cells in first]


@imports.get("/imports/<import_id>/issues.csv")
@needs(Right.READ)
def import_issues(import_id: str) -> Response:
    """The first mistakes as a file, to work through beside the spreadsheet."""
    issues = msgspec.json.decode(_run_or_404(import_id).issues, type=list[Issue])
    rows = [(issue.row, issue.column, issue.value, issue.text) for issue in issues]
    return csv_response("mistakes.csv", ("row", "column", "value", "reason"), rows)


@imports.get("/imports/<import_id>/files/<part>.csv")
@needs(Right.READ)
def import_file(import_id: str, part: str) -> Response:
    """What becomes of every row, or the rows that are not taken, as they were, with what is wrong."""
    run = _run_or_404(import_id)
    path = file_of(office(), import_id, DOWNLOADS[part]) if part in DOWNLOADS else None
    if path is None or not path.exists() or run.kind not in _kinds():
        abort(404)

    def body() -> Iterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    disposition = f'attachment; filename="{part}.csv"'
    return Response(body(), mimetype="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


@imports.post("/imports/<import_id>/<act>")
@needs(Right.READ)
def import_act(import_id: str, act: str) -> Redirect:
    """Take the file over (with or without the rows that are wrong), throw it away, or undo what was taken over."""
    run = _run_or_404(import_id)
    if run.kind not in _kinds():
        abort(403)
    acting = doing()
    if act in {"apply", "apply-good"}:
        write(lambda tx: runs.ask_to_apply(tx, acting, import_id, leave_out=act == "apply-good"))
    elif act == "undo":
        write(lambda tx: runs.ask_to_undo(tx, acting, import_id))
    elif act == "discard":
        write(lambda tx: runs.discard(tx, acting, import_id))
        remove_files(office(), import_id)
        say(_("The file was thrown away; nothing was changed."))
    else:
        abort(404)
    return redirect(url_for("imports.import_page", import_id=import_id))
