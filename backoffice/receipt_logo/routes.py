"""The page of the receipts' logo: a look at it on both papers, then out to the tills."""

from __future__ import annotations

import base64
from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.receipt_logo.picture import BYTES_MAX, Printed, picture_in, printed, read_logo
from backoffice.receipt_logo.services import drop_logo, logo_of, use_logo
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

receipt_logo = Blueprint("receipt_logo", __name__, template_folder="templates")

NAME_MAX: Final = 200


@receipt_logo.get("/receipt-logo")
@needs(Right.READ)
def logo_page() -> str:
    """The logo that is printed now, as it comes out."""
    return _page()


@receipt_logo.post("/receipt-logo/look")
@needs(Right.TILLS)
def logo_look() -> str | tuple[str, int]:
    """An uploaded file as it would come out; nothing is kept yet."""
    file = request.files.get("logo")
    if file is None or not file.filename:
        return _page(error=_("Choose a picture first.")), 422
    try:
        sent = read_logo(file.read(BYTES_MAX + 1))
    except InputError as refused:
        return _page(error=str(refused)), 422
    return _page(looked=sent, file_name=file.filename[-NAME_MAX:])


@receipt_logo.post("/receipt-logo")
@needs(Right.TILLS)
def logo_use() -> Response | tuple[str, int]:
    """Keep what was looked at, and tell the tills."""
    acting = doing()
    try:
        data = picture_in(request.form.get("png", ""))
        write(lambda tx: use_logo(tx, acting, request.form.get("file_name", "")[-NAME_MAX:], data))
    except InputError as refused:
        return _page(error=str(refused)), 422
    say(_("The logo is on its way to the tills; the next receipt has it."))
    return redirect(url_for("receipt_logo.logo_page"))


@receipt_logo.post("/receipt-logo/remove")
@needs(Right.TILLS)
def logo_remove() -> Response:
    """Print none from now on."""
    acting = doing()
    if not write(lambda tx: drop_logo(tx, acting)):
        abort(404)
    say(_("Receipts have no logo from now on."))
    return redirect(url_for("receipt_logo.logo_page"))


def _page(looked: bytes = b"", file_name: str = "", error: str = "") -> str:
    with read() as reader:
        kept = logo_of(reader, actor().organisation_id)
    return render_template(
        "receipt_logo/page.html",
        kept=_shown(kept),
        looked=_shown(looked),
        png=base64.b64encode(looked).decode(),
        file_name=file_name,
        error=error,
    )


def _shown(sent: bytes) -> list[tuple[Printed, str]]:
    """Each paper with its picture as an address inside the page."""
    if not sent:
        return []
    return [(each, "data:image/png;base64," + base64.b64encode(each.png).decode()) for each in printed(sent)]
