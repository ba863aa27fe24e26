"""Pages of imports: choose a file, see what would happen, take it over."""

from __future__ import annotations

import msgspec
from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.imports import runs
from backoffice.imports.keeping import KEPT_DAYS, kept_until
from backoffice.imports.models import ImportRun
from backoffice.imports.table import Issue
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.headers import with_etag
from backoffice.web.templating import say

imports = Blueprint("imports", __name__, template_folder="templates")

KIND_RIGHTS = {"members": Right.MEMBERS, "products": Right.CATALOGUE, "categories": Right.CATALOGUE}


def _kinds() -> list[str]:
    return [kind for kind, right in KIND_RIGHTS.items() if actor().may(right)]


@imports.route("/imports", methods=["GET", "POST"])
@needs(Right.READ)
def import_list() -> str | Response | tuple[str, int]:
    """The latest imports, and uploading a file."""
    error = ""
    if request.method == "POST":
        kind, file = request.form.get("kind", ""), request.files.get("file")
        if kind not in _kinds():
            abort(403)
        try:
            import_id = runs.start_run(office(), doing(), kind, *_uploaded(file))
        except InputError as refused:
            error = str(refused)
        else:
            return redirect(url_for("imports.import_page", import_id=import_id))
    with read() as reader:
        rows = runs.list_runs(reader, actor().organisation_id)
    columns = {kind: runs.IMPORTERS[kind].columns for kind in _kinds()}
    page = render_template(
        "imports/list.html",
        rows=rows,
        kinds=_kinds(),
        columns=columns,
        error=error,
        chosen=request.form.get("kind"),
        kept_days=KEPT_DAYS,
    )
    return (page, 422) if error else page


def _uploaded(file: FileStorage | None) -> tuple[str, bytes]:
    if file is None or not file.filename:
        raise InputError(_("Choose a file first."))
    return file.filename, file.read()


def _run_or_404(import_id: str) -> ImportRun:
    with read() as reader:
        run = runs.get_run(reader, actor().organisation_id, import_id)
    if run is None:
        abort(404)
    return run


def _values(run: ImportRun) -> dict[str, object]:
    return {
        "run": run,
        "issues": msgspec.json.decode(run.issues, type=list[Issue]),
        "summary": msgspec.json.decode(run.summary, type=dict[str, int]),
        "kept_until": kept_until(run),
        "rows_done": runs.rows_done(office(), run.import_id),
        "may_apply": run.kind in _kinds(),
    }


@imports.get("/imports/<import_id>")
@needs(Right.READ)
def import_page(import_id: str) -> str:
    """One import: how far it is, every mistake with its place, and what taking it over would do."""
    return render_template("imports/page.html", **_values(_run_or_404(import_id)))


@imports.get("/imports/<import_id>/live")
@needs(Right.READ)
def import_live(import_id: str) -> Response:
    """The changing part of the page, for polling."""
    return with_etag(render_template("imports/run.html", **_values(_run_or_404(import_id))))


@imports.get("/imports/<import_id>/issues.csv")
@needs(Right.READ)
def import_issues(import_id: str) -> Response:
    """The mistakes as a file, to work through beside the spreadsheet."""
    issues = msgspec.json.decode(_run_or_404(import_id).issues, type=list[Issue])
    rows = [(issue.row, issue.column, issue.value, issue.reason) for issue in issues]
    return csv_response("mistakes.csv", ("row", "column", "value", "reason"), rows)


@imports.post("/imports/<import_id>/<act>")
@needs(Right.READ)
def import_act(import_id: str, act: str) -> Response:
    """Take the file over, or throw it away."""
    run = _run_or_404(import_id)
    if run.kind not in _kinds():
        abort(403)
    acting = doing()
    if act == "apply":
        write(lambda tx: runs.ask_to_apply(tx, acting, import_id))
    elif act == "discard":
        write(lambda tx: runs.discard(tx, acting, import_id))
        runs.remove_file(office(), import_id)
        say(_("The file was thrown away; nothing was changed."))
    else:
        abort(404)
    return redirect(url_for("imports.import_page", import_id=import_id))
