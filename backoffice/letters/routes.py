"""The page of a mailing's letters: paper, coupons, a look at one, batches as files, and what became of them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.identity.rights import Right
from backoffice.letters import services, writing
from backoffice.letters.models import LetterBatch
from backoffice.letters.services import LETTERS_MAX
from backoffice.members.personal import Person
from backoffice.messaging.models import Mailing
from backoffice.messaging.page_parts import mailing_or_404
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.templating import say

letters = Blueprint("letters", __name__, template_folder="templates")

SAMPLE = Person("Anna", "Sample", street="Station Road 12", postcode="12345", town="Sampletown")
HEADER = ("number", "name", "street", "postcode", "town", "language", "coupon")


@letters.get("/messages/<mailing_id>/letters")
@needs(Right.READ)
def letter_page(mailing_id: str) -> str:
    """Where the letters of a message stand, and what may be done with them."""
    return _page(mailing_id)


@letters.post("/messages/<mailing_id>/letters/paper")
@needs(Right.MESSAGES)
def letter_paper(mailing_id: str) -> Answer | tuple[str, int]:
    """Where the window is, and who writes; for all letters of the organisation."""
    form = request.form
    return _do(
        mailing_id,
        lambda tx, _row: services.save_rules(tx, doing(), form.get("window", ""), form.get("sender_line", "")),
        lambda _done: _("Letters look so from now on."),
    )


@letters.post("/messages/<mailing_id>/letters/coupons")
@needs(Right.MESSAGES)
def letter_coupons(mailing_id: str) -> Answer | tuple[str, int]:
    """Of which print run each letter carries a coupon."""
    tag = request.form.get("run", "")
    return _do(
        mailing_id,
        lambda tx, row: services.choose_run(tx, doing(), row, tag),
        lambda _done: _("Each letter has a coupon of its own.") if tag else _("The letters have no coupons."),
    )


@letters.post("/messages/<mailing_id>/letters/make")
@needs(Right.MESSAGES)
def letter_make(mailing_id: str) -> Answer | tuple[str, int]:
    """Make the next letters."""
    return _do(
        mailing_id,
        lambda tx, row: services.make_batch(tx, doing(), row).letters,
        lambda count: ngettext(
            "%(num)s letter was made and counts as sent. Download it below.",
            "%(num)s letters were made and count as sent. Download them below.",
            count,
        ),
    )


@letters.get("/messages/<mailing_id>/letters/preview")
@needs(Right.READ)
def letter_preview(mailing_id: str) -> Response:
    """A letter to somebody who does not exist."""
    mailing = _mailing(mailing_id)
    with read() as reader:
        made = writing.sample_pdf(reader, mailing, SAMPLE, office().clock.now())
    headers = {"Content-Disposition": 'inline; filename="letter.pdf"'}
    return Response(made, mimetype="application/pdf", headers=headers)


@letters.get("/messages/<mailing_id>/letters/<batch_id>/pdf")
@needs(Right.MESSAGES)
def letter_pdf(mailing_id: str, batch_id: str) -> Response:
    """The letters of a batch; the same file each time."""
    with read() as reader:
        batch = _batch_or_404(reader, mailing_id, batch_id)
        made = writing.batch_pdf(reader, batch)
    name = f"letters-{batch.made_at:%Y-%m-%d}-{batch.letters}.pdf"
    return Response(made, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@letters.get("/messages/<mailing_id>/letters/<batch_id>/addresses")
@needs(Right.EXPORT)
def letter_addresses(mailing_id: str, batch_id: str) -> Response:
    """The address list of a batch, for a printing house that addresses the envelopes itself."""
    with read() as reader:
        rows = list(writing.address_rows(reader, _batch_or_404(reader, mailing_id, batch_id)))
    return csv_response("letters.csv", HEADER, rows)


@letters.post("/messages/<mailing_id>/letters/<batch_id>/<act>")
@needs(Right.MESSAGES)
def letter_act(mailing_id: str, batch_id: str, act: str) -> Answer | tuple[str, int]:
    """They were printed (`printed`), or were not and shall be made again (`undo`)."""
    if act not in {"printed", "undo"}:
        abort(404)
    with read() as reader:
        _batch_or_404(reader, mailing_id, batch_id)

    def work(tx: Session, _row: Mailing) -> int:
        batch = tx.get_one(LetterBatch, (actor().organisation_id, batch_id))
        if act == "undo":
            return services.undo_batch(tx, doing(), batch)
        services.mark_printed(tx, doing(), batch)
        return batch.letters

    def said(count: int) -> str:
        if act == "printed":
            return _("Noted: these letters are on their way.")
        return ngettext("%(num)s letter waits again.", "%(num)s letters wait again.", count)

    return _do(mailing_id, work, said)


def _do(mailing_id: str, work, said) -> Answer | tuple[str, int]:  # type: ignore[no-untyped-def]  # noqa: ANN001 - two small functions
    _mailing(mailing_id)
    organisation_id = actor().organisation_id
    try:
        done = write(lambda tx: work(tx, tx.get_one(Mailing, (organisation_id, mailing_id))))
    except InputError as refused:
        return _page(mailing_id, str(refused)), 422
    say(said(done))
    return redirect(url_for("letters.letter_page", mailing_id=mailing_id))


def _page(mailing_id: str, error: str = "") -> str:
    mailing = _mailing(mailing_id)
    organisation_id = actor().organisation_id
    with read() as reader:
        return render_template(
            "letters/page.html",
            mailing=mailing,
            progress=services.progress_of(reader, mailing),
            runs=services.runs_to_choose(reader, organisation_id),
            rules=services.rules_of(reader, organisation_id),
            most=LETTERS_MAX,
            error=error,
        )


def _mailing(mailing_id: str) -> Mailing:
    return mailing_or_404(mailing_id)


def _batch_or_404(reader: Session, mailing_id: str, batch_id: str) -> LetterBatch:
    batch = reader.get(LetterBatch, (actor().organisation_id, batch_id))
    if batch is None or batch.mailing_id != mailing_id:
        abort(404)
    return batch
