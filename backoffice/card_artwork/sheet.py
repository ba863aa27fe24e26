"""The print-ready file: a page for each side of each card, with bleed, trim marks and true page boxes."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Final

import pypdfium2
import typst
from PIL import Image

from backoffice.card_artwork.design import BLEED_MM, MM_PER_INCH, TRIM_MM, Design, Side
from backoffice.card_artwork.layout import (
    BAR_HEIGHT_MM,
    CodePlace,
    Label,
    Layout,
    SideName,
    check_module_width,
    read_layout,
)
from backoffice.card_artwork.modules import bar_modules, qr_modules
from backoffice.card_artwork.numbers import CardFace
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from pos_engine.receipts.code_pictures import QUIET_MODULES_BARCODE, QUIET_MODULES_QR, CodeError

AROUND_MM: Final = 10.0
"""From the trimmed edge to the edge of the sheet: the bleed, and room for the marks."""
POINTS_PER_MM: Final = 72 / MM_PER_INCH
TIMESTAMP: Final = 0
"""Seconds since 1970: a fixed one, so that the same cards give the same file."""
PREVIEW_DOTS_PER_INCH: Final = 150
NARROW_LETTER: Final = 0.64
"""Width of a digit of DejaVu Sans, in its size: what a label is measured with before it is set."""


def cards_pdf(design: Design, layout: Layout, faces: Sequence[CardFace], title: str = "") -> bytes:
    """The file. InputError when a number makes no such code, or something does not fit on the card."""
    pages = [_page(side, picture, layout, face) for face in faces for side, picture in _sides(design, layout)]
    job = {
        "title": title,
        "trim_mm": TRIM_MM,
        "bleed_mm": BLEED_MM,
        "around_mm": AROUND_MM,
        "white_text": layout.white_text,
        "pages": pages,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)  # the engine reads nothing outside of it
        template = folder / "cards.typ"
        template.write_bytes(resources.files("backoffice.card_artwork").joinpath("cards.typ").read_bytes())
        for side, picture in (("front", design.front), ("back", design.back)):
            if picture is not None:
                (folder / f"{side}.{picture.suffix}").write_bytes(picture.data)
        made = typst.compile(
            template, root=folder, sys_inputs={"job": json.dumps(job)}, format="pdf", timestamp=TIMESTAMP
        )
    return _with_bleed_box(made)


def preview_png(design: Design, layout: Layout, face: CardFace) -> bytes:
    """Both sides of one card above each other, as the file has them, marks included."""
    sides = []
    with closing(pypdfium2.PdfDocument(cards_pdf(design, layout, [face]))) as document:
        for each in document:
            with closing(each) as page:
                sides.append(page.render(scale=PREVIEW_DOTS_PER_INCH / 72).to_pil())
    picture = Image.new("RGB", (sides[0].width, sum(side.height for side in sides)), "white")
    for index, side in enumerate(sides):
        picture.paste(side, (0, index * side.height))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def side_png(side: Side) -> bytes:
    """A picture as it is cut, without anything on it."""
    nothing = read_layout({"number_side": "none", "name_side": "none", "code": "none"})
    made = cards_pdf(Design(side, None), nothing, [CardFace("")])
    with closing(pypdfium2.PdfDocument(made)) as document, closing(document[0]) as page:
        picture = page.render(scale=PREVIEW_DOTS_PER_INCH / 72).to_pil()
    edge = round(AROUND_MM / MM_PER_INCH * PREVIEW_DOTS_PER_INCH)
    out = io.BytesIO()
    picture.crop((edge, edge, picture.width - edge, picture.height - edge)).save(out, "PNG")
    return out.getvalue()


def _sides(design: Design, layout: Layout) -> Iterator[tuple[SideName, Side | None]]:
    """Front always; the back when there is anything on it."""
    yield "front", design.front
    used = "back" in {layout.number.side, layout.name.side} or (
        layout.code.kind != "none" and layout.code.side == "back"
    )
    if design.back is not None or used:
        yield "back", design.back


def _page(side: SideName, picture: Side | None, layout: Layout, face: CardFace) -> dict[str, object]:
    labels = [
        _label(label, text)
        for label, text in ((layout.number, face.number), (layout.name, face.name))
        if label.side == side and text
    ]
    return {
        "picture": None if picture is None else f"/{side}.{picture.suffix}",
        "labels": labels,
        "code": _code(layout.code, face) if layout.code.kind != "none" and layout.code.side == side else None,
    }


def _label(label: Label, text: str) -> dict[str, object]:
    width_mm = len(text) * NARROW_LETTER * label.size_pt / POINTS_PER_MM
    if label.x_mm + width_mm > TRIM_MM[0]:
        raise InputError(_("“%(text)s” does not fit on the card at this size and place.", text=text))
    return {"text": text, "x_mm": label.x_mm, "y_mm": label.y_mm, "size_pt": label.size_pt}


def _code(place: CodePlace, face: CardFace) -> dict[str, object]:
    try:
        if place.kind == "qr":
            made, quiet, height_mm = (
                qr_modules(place.text.replace("{number}", face.number)),
                QUIET_MODULES_QR,
                place.width_mm,
            )
        else:
            made = bar_modules(face.number, "ean13" if place.kind == "ean13" else "code128")
            quiet, height_mm = QUIET_MODULES_BARCODE, BAR_HEIGHT_MM
    except (CodeError, ValueError) as error:
        raise InputError(_("“%(number)s” makes no such code: %(why)s.", number=face.number, why=str(error))) from error
    check_module_width(place, made["modules"] - 2 * quiet)
    return {
        "x_mm": place.x_mm,
        "y_mm": place.y_mm,
        "width_mm": place.width_mm,
        "height_mm": height_mm,
        **made,
    }


def _with_bleed_box(pdf: bytes) -> bytes:
    """The same file, each page's BleedBox at the end of the picture: the engine puts it around the marks too."""
    bleed = BLEED_MM * POINTS_PER_MM
    out = io.BytesIO()
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        for each in document:
            with closing(each) as page:
                left, bottom, right, top = page.get_trimbox()
                page.set_bleedbox(left - bleed, bottom - bleed, right + bleed, top + bleed)
        document.save(out)
    return out.getvalue()
