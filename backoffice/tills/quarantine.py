"""Pages of uploads that were kept aside: what is in the way, the bytes, trying again, settling with a note."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from backoffice.audit.services import Doing, history
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.sync_api.quarantine import (
    NOTE_LENGTH_MAX,
    SUBJECT,
    KeptKey,
    Tried,
    applied_as,
    as_receipt,
    give_number,
    is_applied,
    keep_aside,
    kept_upload,
    kept_uploads,
    receipt_in_place,
    try_again,
)
from backoffice.sync_api.tills import till_states
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.templating import say

quarantine = Blueprint("quarantine", __name__, template_folder="templates")

SHOWN_MAX: Final = 100_000
"""Characters of an upload that the page shows; the rest is in the download."""

SETTLED_SHOWN: Final = 20
CSV_ROWS_MAX: Final = 10_000

_REASONS: Final = {
    "hash_mismatch": _l("The bytes are not those that the till counted: look at its memory and disk."),
    "unreadable": _l("This is not a receipt that can be read."),
    "unknown_version": _l("The receipt was written by a newer till program: update the back-office, then try again."),
    "foreign": _l("The receipt belongs to another till. Was a data folder copied from one till to another?"),
    "number_mismatch": _l("The receipt and its envelope name different numbers: a fault of the program, report it."),
    "lines_differ": _l("Goods and result do not fit together: a fault of the program, report it."),
    "offer_twice": _l("An offer stands twice in the receipt: a fault of the program, report it."),
    "number_taken": _l("Another receipt has this number: the till was restored from an old copy of its disk."),
    "bookings_differ": _l("The receipt books something else than its offers gave: a fault of the program, report it."),
    "already_returned": _l("These goods came back before, or their sale was cancelled; nothing is undone twice."),
    "not_applicable": _l("The receipt can be read, but the database refused it: the log of the server says why."),
}
"""What each code of an upload means to staff; the text beside it has the details, in English."""

_ONE: Final = "/quarantine/<workstation_id>/<int:epoch>/<int:seq>/<raw_sha256>"


@quarantine.get("/quarantine")
@needs(Right.READ)
def kept_list() -> str:
    """What waits, and what was settled lately."""
    organisation_id = actor().organisation_id
    with read() as reader:
        return render_template(
            "tills/quarantine.html",
            reasons=_REASONS,
            waiting=kept_uploads(reader, organisation_id),
            settled=[
                (row, is_applied(reader, row))
                for row in kept_uploads(reader, organisation_id, settled=True, limit=SETTLED_SHOWN)
            ],
            till_names={till.workstation_id: till.name for till in till_states(reader, organisation_id)},
        )


@quarantine.get("/quarantine.csv")
@needs(Right.EXPORT)
def kept_csv() -> Response:
    """What waits, without the bytes."""
    with read() as reader:
        rows = [
            (row.workstation_id, row.epoch, row.seq, row.received_at.isoformat(), row.code, row.text, row.raw_sha256)
            for row in kept_uploads(reader, actor().organisation_id, limit=CSV_ROWS_MAX)
        ]
    header = ("workstation", "epoch", "seq", "received_at", "code", "text", "sha256")
    return csv_response("quarantine.csv", header, rows)


@quarantine.get(_ONE)
@needs(Right.READ)
def kept_page(**key: Any) -> str:  # noqa: ANN401 - the parts of the address
    """One upload: the reason, what was done about it, and its text."""
    return _page(KeptKey(**key))


@quarantine.get(f"{_ONE}/raw")
@needs(Right.READ)
def kept_raw(**key: Any) -> Response:  # noqa: ANN401
    """The bytes as they came, as a file."""
    wanted = KeptKey(**key)
    with read() as reader:
        row = kept_upload(reader, actor().organisation_id, wanted)
    if row is None:
        abort(404)
    name = f"{wanted.epoch}-{wanted.seq}-{row.raw_sha256[:12]}.json"
    return Response(
        row.raw,
        mimetype="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@quarantine.post(f"{_ONE}/again")
@needs(Right.TILLS)
def kept_again(**key: Any) -> Answer | tuple[str, int]:  # noqa: ANN401
    """Read the bytes once more and apply them."""
    return _tried(KeptKey(**key), try_again)


@quarantine.post(f"{_ONE}/number")
@needs(Right.TILLS)
def kept_number(**key: Any) -> Answer | tuple[str, int]:  # noqa: ANN401
    """Book it under a number of its own, beside the receipt that has its number."""
    return _tried(KeptKey(**key), give_number)


def _tried(wanted: KeptKey, act: Callable[[Session, Doing, KeptKey], Tried]) -> Answer | tuple[str, int]:
    acting = doing()

    def work(tx: Session) -> tuple[Tried, tuple[int, int] | None]:
        tried = act(tx, acting, wanted)
        row = kept_upload(tx, acting.organisation_id, wanted)
        return tried, None if row is None else applied_as(tx, row)

    try:
        tried, number = write(work)
    except InputError:
        abort(404)
    if not tried.applied or number is None:
        reason = str(_REASONS.get(tried.code, tried.text))
        return _page(wanted, _("It still cannot be applied: %(reason)s", reason=reason)), 422
    say(_("The receipt was applied; it counts like any other now."))
    return redirect(
        url_for("reports.receipt_page", workstation_id=wanted.workstation_id, epoch=number[0], seq=number[1])
    )


@quarantine.post(f"{_ONE}/aside")
@needs(Right.TILLS)
def kept_aside(**key: Any) -> Answer | tuple[str, int]:  # noqa: ANN401
    """Settle it without applying it."""
    acting, wanted = doing(), KeptKey(**key)
    note = request.form.get("note", "")
    try:
        write(lambda tx: keep_aside(tx, acting, wanted, note))
    except InputError as refused:
        return _page(wanted, str(refused)), 422
    say(_("It is kept aside with your note."))
    return redirect(url_for("quarantine.kept_list"))


def _page(key: KeptKey, error: str = "") -> str:
    organisation_id = actor().organisation_id
    with read() as reader:
        row = kept_upload(reader, organisation_id, key)
        if row is None:
            abort(404)
        shown = _readable(row.raw)
        return render_template(
            "tills/kept.html",
            row=row,
            reasons=_REASONS,
            number=applied_as(reader, row),
            in_place=receipt_in_place(reader, row),
            told=as_receipt(reader, row),
            shown=shown[:SHOWN_MAX],
            cut=len(shown) > SHOWN_MAX,
            acts=history(reader, organisation_id, SUBJECT, row.raw_sha256),
            till_names={till.workstation_id: till.name for till in till_states(reader, organisation_id)},
            note_max=NOTE_LENGTH_MAX,
            error=error,
        )


def _readable(raw: bytes) -> str:
    """JSON with line breaks where it is JSON; else the text, with what is no text as it stands in the bytes."""
    try:
        return msgspec.json.format(raw, indent=2).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return raw.decode("utf-8", errors="backslashreplace")
