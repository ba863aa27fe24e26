"""A card's design: one picture for each side, checked so that what is printed is what was drawn.

Sizes: ISO/IEC 7810 ID-1 (CR80), 85.60 x 53.98 mm; 3 mm of picture beyond each edge, because no knife is exact.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Final, Literal

from PIL import Image

from backoffice.card_artwork.safe_svg import check_svg
from backoffice.errors import InputError
from backoffice.i18n import gettext as _

TRIM_MM: Final = (85.60, 53.98)
BLEED_MM: Final = 3.0
BLED_MM: Final = (TRIM_MM[0] + 2 * BLEED_MM, TRIM_MM[1] + 2 * BLEED_MM)
DOTS_PER_INCH_MIN: Final = 300
MM_PER_INCH: Final = 25.4
PROPORTION_ERROR_MAX: Final = 0.01
BYTES_MAX: Final = 10_000_000
PIXELS_MAX: Final = 50_000_000
PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"

Suffix = Literal["svg", "png"]


@dataclass(frozen=True)
class Side:
    """One side's picture as it was uploaded. `remarks`: what the printing house should know."""

    data: bytes
    suffix: Suffix
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Design:
    """Front and back; a side without a picture stays white."""

    front: Side | None
    back: Side | None


def read_side(name: str, data: bytes) -> Side:
    """An uploaded picture with its bleed. InputError says what is wrong with it, and which size is needed."""
    if len(data) > BYTES_MAX:
        raise InputError(_("%(name)s is larger than %(max)s MB.", name=name, max=BYTES_MAX // 1_000_000))
    if data.startswith(PNG_HEAD):
        return _png_side(name, data)
    if b"<svg" in data[:4096]:
        width, height = check_svg(data)
        _check_proportions(name, width, height)
        return Side(data, "svg", (_("%(name)s has RGB colours; the printing house turns them into CMYK.", name=name),))
    raise InputError(_("%(name)s is neither an SVG nor a PNG file.", name=name))


def pixels_needed() -> tuple[int, int]:
    """Width and height of a picture with bleed at 300 dots per inch."""
    width, height = (math.ceil(side_mm / MM_PER_INCH * DOTS_PER_INCH_MIN) for side_mm in BLED_MM)
    return width, height


def _png_side(name: str, data: bytes) -> Side:
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            (width, height), mode = picture.size, picture.mode
            if width * height > PIXELS_MAX:
                raise InputError(_("%(name)s has too many dots: 1,200 per inch are more than enough.", name=name))
            picture.load()
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:  # SyntaxError: Pillow's word for a broken PNG
        raise InputError(_("%(name)s is a damaged PNG file.", name=name)) from error
    need_width, need_height = pixels_needed()
    if width < need_width or height < need_height:
        raise InputError(
            _(
                "%(name)s has %(width)s x %(height)s dots; a card of 85.6 x 53.98 mm with 3 mm of bleed needs"
                " %(need_width)s x %(need_height)s for 300 dots per inch.",
                name=name,
                width=width,
                height=height,
                need_width=need_width,
                need_height=need_height,
            )
        )
    _check_proportions(name, width, height)
    remarks = [_("%(name)s has RGB colours; the printing house turns them into CMYK.", name=name)]
    if "A" in mode or mode == "P":
        remarks.append(_("What is transparent in %(name)s stays white.", name=name))
    return Side(data, "png", tuple(remarks))


def _check_proportions(name: str, width: float, height: float) -> None:
    wanted = BLED_MM[0] / BLED_MM[1]
    if abs(width / height / wanted - 1) > PROPORTION_ERROR_MAX:
        raise InputError(
            _(
                "%(name)s has the wrong proportions: draw it 91.6 mm wide and 59.98 mm high,"
                " which is the card with 3 mm of bleed on each side.",
                name=name,
            )
        )
