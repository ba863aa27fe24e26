"""The logo at the head of receipts: made small and grey, so that a till gets a few kilobytes; shown as it is printed.

Printers: 203 dots per inch; 384 dots across on 58 mm paper, 576 on 80 mm. The dithering is the printer driver's own
(`drivers/escpos/raster.py`); a test compares the two dot by dot.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Final

from PIL import Image

from backoffice.errors import InputError
from backoffice.i18n import gettext as _

PAPERS: Final[dict[int, int]] = {58: 384, 80: 576}
"""Width of the paper in mm → dots across."""
HEIGHT_DOTS_MAX: Final = 240
MM_PER_DOT: Final = 25.4 / 203
BYTES_MAX: Final = 5_000_000
PIXELS_MAX: Final = 16_000_000
SENT_BYTES_MAX: Final = 150_000
"""A grey picture of 576 x 240 dots has 138,240; what does not compress has its head on top of that."""


@dataclass(frozen=True)
class Printed:
    """How the logo comes out on one paper: its dots as a PNG, and its size in millimetres."""

    paper_mm: int
    png: bytes
    width_mm: int
    height_mm: int


def read_logo(data: bytes) -> bytes:
    """An uploaded PNG as it is sent to tills. InputError says what is wrong with it."""
    if len(data) > BYTES_MAX:
        raise InputError(_("The logo is larger than %(max)s MB.", max=BYTES_MAX // 1_000_000))
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            if picture.width * picture.height > PIXELS_MAX:
                raise InputError(_("The logo has too many dots: 1,200 across are more than enough."))
            grey = _fitted(picture, PAPERS[80])
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:  # SyntaxError: Pillow's word for a broken PNG
        raise InputError(_("The logo is not a PNG file, or a damaged one.")) from error
    if grey.getextrema()[0] == grey.getextrema()[1]:
        raise InputError(_("The logo is of one colour: nothing of it would be seen."))
    out = io.BytesIO()
    grey.save(out, "PNG", optimize=True)
    made = out.getvalue()
    if len(made) > SENT_BYTES_MAX:  # cannot be from these sizes; a bound all the same on what every till is sent
        raise InputError(_("The logo is larger than %(max)s MB.", max=1))
    return made


def picture_in(text: str) -> bytes:
    """A picture that our own form sent back as base64. InputError: somebody changed it on the way."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:  # also for letters that are not ASCII
        raise InputError(_("The logo is not a PNG file, or a damaged one.")) from error


def printed(sent: bytes) -> tuple[Printed, ...]:
    """What was made by `read_logo`, as it comes out on each paper."""
    with Image.open(io.BytesIO(sent), formats=("PNG",)) as picture:
        return tuple(_printed(picture, paper_mm, dots) for paper_mm, dots in PAPERS.items())


def _printed(picture: Image.Image, paper_mm: int, across: int) -> Printed:
    dots = _fitted(picture, across).convert("1", dither=Image.Dither.FLOYDSTEINBERG)
    out = io.BytesIO()
    dots.save(out, "PNG")
    return Printed(paper_mm, out.getvalue(), round(dots.width * MM_PER_DOT), round(dots.height * MM_PER_DOT))


def _fitted(picture: Image.Image, width_dots_max: int) -> Image.Image:
    """Grey on white, no larger than the paper and the longest logo; never enlarged."""
    flat = Image.new("RGBA", picture.size, "white")
    flat.alpha_composite(picture.convert("RGBA"))
    grey = flat.convert("L")
    scale = min(1.0, width_dots_max / grey.width, HEIGHT_DOTS_MAX / grey.height)
    size = (max(1, int(grey.width * scale)), max(1, int(grey.height * scale)))
    return grey.resize(size, Image.Resampling.LANCZOS)
