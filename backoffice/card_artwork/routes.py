"""The page of card artwork: the design, which cards, a look at one of them, the file for the printing house."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, render_template, request
from werkzeug.datastructures import FileStorage

from backoffice.card_artwork import numbers
from backoffice.card_artwork.design import Design, Side, pixels_needed, read_side
from backoffice.card_artwork.layout import DEFAULTS, Layout, read_layout
from backoffice.card_artwork.numbers import CARDS_MAX, CardFace
from backoffice.card_artwork.sheet import cards_pdf, preview_png
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import services as members
from backoffice.web.context import actor, needs, read

card_artwork = Blueprint("card_artwork", __name__, template_folder="templates")

ANY_GROUP: Final = ""


@card_artwork.get("/card-artwork")
@needs(Right.MEMBERS)
def artwork_page() -> str:
    """The form, with its usual places."""
    with read() as reader:
        groups = [(group.group_id, group.name) for group in members.groups_of(reader, actor().organisation_id)]
    return render_template(
        "card_artwork/page.html", groups=groups, fields=DEFAULTS, cards_max=CARDS_MAX, pixels=pixels_needed()
    )


@card_artwork.post("/card-artwork/preview")
@needs(Right.MEMBERS)
def artwork_preview() -> Response:
    """The first card as a picture, both sides, with marks."""
    design, layout, faces = _job()
    return Response(preview_png(design, layout, faces[0]), mimetype="image/png")


@card_artwork.post("/card-artwork/pdf")
@needs(Right.MEMBERS)
def artwork_pdf() -> Response:
    """All cards as a file to download."""
    design, layout, faces = _job()
    made = cards_pdf(design, layout, faces, actor().organisation.name)
    name = f"cards-{len(faces)}.pdf"
    return Response(made, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _job() -> tuple[Design, Layout, list[CardFace]]:
    design = Design(_uploaded("front"), _uploaded("back"))
    if design.front is None:
        raise InputError(_("Choose the picture of the front first."))
    return design, read_layout(request.form), _faces()


def _uploaded(name: str) -> Side | None:
    file: FileStorage | None = request.files.get(name)
    return read_side(file.filename, file.read()) if file is not None and file.filename else None


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
