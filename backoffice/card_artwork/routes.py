"""The page of card artwork: the design, which cards, a look at one of them, the file for the printing house."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from backoffice.card_artwork import numbers
from backoffice.card_artwork.design import Design, Side, pixels_needed
from backoffice.card_artwork.kept import (
    keep_fields,
    keep_side,
    kept_design,
    kept_fields,
    kept_side,
    remove_side,
    side_of,
)
from backoffice.card_artwork.layout import SIDES, Layout, SideName, read_layout
from backoffice.card_artwork.numbers import CARDS_MAX, CardFace
from backoffice.card_artwork.sheet import cards_pdf, preview_png, side_png
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import services as members
from backoffice.pictures.models import ShopPicture
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

card_artwork = Blueprint("card_artwork", __name__, template_folder="templates")

ANY_GROUP: Final = ""


@card_artwork.get("/card-artwork")
@needs(Right.MEMBERS)
def artwork_page() -> str:
    """The design that is kept, and the form with the places used last."""
    return _page()


@card_artwork.post("/card-artwork/design")
@needs(Right.MEMBERS)
def design_upload() -> Answer | tuple[str, int]:
    """Keep the pictures that were chosen; a side without one stays as it is."""
    acting = doing()
    chosen = {side: file for side in SIDES if (file := request.files.get(side)) is not None and file.filename}
    pictures = {side: (file.filename or "", file.read()) for side, file in chosen.items()}
    if not pictures:
        return _page(_("Choose a picture first.")), 422

    def keep(tx: Session) -> list[Side]:
        return [keep_side(tx, acting, side, name, data) for side, (name, data) in pictures.items()]

    try:
        kept = write(keep)
    except InputError as refused:
        return _page(str(refused)), 422
    say(
        " ".join([_("The design is kept; every batch uses it."), *(remark for side in kept for remark in side.remarks)])
    )
    return redirect(url_for("card_artwork.artwork_page"))


@card_artwork.get("/card-artwork/design/<side>")
@needs(Right.MEMBERS)
def design_picture(side: str) -> Response:
    """A side as it is cut, as a picture; never the file itself, which somebody else has made."""
    row = _kept(side)
    response = Response(mimetype="image/png")
    response.set_etag(row.sha256)
    response.headers["Cache-Control"] = "private, no-cache"
    if request.if_none_match.contains(row.sha256):
        response.status_code = 304
    else:
        response.data = side_png(side_of(row))
    return response


@card_artwork.get("/card-artwork/design/<side>/file")
@needs(Right.MEMBERS)
def design_file(side: str) -> Response:
    """The file as it was uploaded, to be saved."""
    row = _kept(side)
    headers = {"Content-Disposition": f'attachment; filename="card-{side}.{row.suffix}"'}
    return Response(row.data, mimetype="application/octet-stream", headers=headers)


@card_artwork.post("/card-artwork/design/<side>/remove")
@needs(Right.MEMBERS)
def design_remove(side: str) -> Answer:
    """That side is white from now on."""
    acting, known = doing(), _side(side)
    if not write(lambda tx: remove_side(tx, acting, known)):
        abort(404)
    say(_("The picture was removed."))
    return redirect(url_for("card_artwork.artwork_page"))


@card_artwork.post("/card-artwork/preview")
@needs(Right.MEMBERS)
def artwork_preview() -> Response:
    """The first card as a picture, both sides, with marks."""
    design, layout, faces = _job()
    return Response(preview_png(design, layout, faces[0]), mimetype="image/png")


@card_artwork.post("/card-artwork/pdf")
@needs(Right.MEMBERS)
def artwork_pdf() -> Response:
    """All cards as a file to download. The places are remembered for the next time."""
    acting, fields = doing(), request.form.to_dict()
    design, layout, faces = _job()
    made = cards_pdf(design, layout, faces, actor().organisation.name)
    write(lambda tx: keep_fields(tx, acting, fields))
    name = f"cards-{len(faces)}.pdf"
    return Response(made, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _page(error: str = "") -> str:
    organisation_id = actor().organisation_id
    with read() as reader:
        return render_template(
            "card_artwork/page.html",
            groups=[(group.group_id, group.name) for group in members.groups_of(reader, organisation_id)],
            fields=kept_fields(reader, organisation_id),
            kept={side: kept_side(reader, organisation_id, side) for side in SIDES},
            cards_max=CARDS_MAX,
            pixels=pixels_needed(),
            error=error,
        )


def _side(name: str) -> SideName:
    side = next((side for side in SIDES if side == name), None)
    if side is None:
        abort(404)
    return side


def _kept(name: str) -> ShopPicture:
    with read() as reader:
        row = kept_side(reader, actor().organisation_id, _side(name))
    if row is None:
        abort(404)
    return row


def _job() -> tuple[Design, Layout, list[CardFace]]:
    with read() as reader:
        design = kept_design(reader, actor().organisation_id)
    if design.front is None:
        raise InputError(_("Upload the picture of the front first."))
    return design, read_layout(request.form), _faces()


def _faces() -> list[CardFace]:
    match request.form.get("which", "blank"):
        case "members":
            with read() as reader:
                return numbers.from_members(reader, actor().organisation_id, request.form.get("group_id", ANY_GROUP))
        case "batch":
            file = request.files.get("batch")
            if file is None or not file.filename:
                raise InputError(_("Choose the batch file first."))
            return numbers.from_batch(file.read())
        case _:
            return numbers.blank_numbers(_whole("first"), _whole("count"))


def _whole(name: str) -> int:
    text = request.form.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= numbers.EAN_BODY_DIGITS):
        raise InputError(_("First number and count must be whole numbers."))
    return int(text)
