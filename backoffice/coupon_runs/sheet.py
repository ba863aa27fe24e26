"""The print-ready file of coupons: eight of the size of a bank card on each A4 sheet, with bleed and trim marks."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import typst

from backoffice.card_artwork.design import BLEED_MM, TRIM_MM, Side
from backoffice.card_artwork.modules import bar_modules, qr_modules
from backoffice.errors import InputError
from backoffice.i18n import gettext as _

GRID: Final = (2, 4)
"""Columns and rows: with bleed 183.2 x 239.9 mm, which leaves room for the marks on any printer's A4."""
SHEET_MM: Final = (210.0, 297.0)
COUPONS_MAX: Final = 2_000
"""Of one file: some 20 s of work, 250 sheets."""
TIMESTAMP: Final = 0
"""Seconds since 1970: a fixed one, so that the same coupons give the same file."""
_GROUPS: Final = (1, 4, 4, 4, 4, 1)


@dataclass(frozen=True)
class Words:
    """What stands on every coupon. `lines`: conditions, small; `valid`: the days."""

    shop: str
    heading: str
    lines: tuple[str, ...]
    valid: str
    language: str


def coupons_pdf(words: Words, codes: Sequence[str], picture: Side | None = None) -> bytes:
    """The file with these codes, in their order. InputError: there are none."""
    if not codes:
        raise InputError(_("None of these coupons is open any more."))
    on_a_sheet = GRID[0] * GRID[1]
    coupons = [{"bars": bar_modules(code), "qr": qr_modules(code), "shown": grouped(code)} for code in codes]
    job = {
        "title": words.heading,
        "shop": words.shop,
        "heading": words.heading,
        "lines": words.lines,
        "valid": words.valid,
        "language": words.language,
        "trim_mm": TRIM_MM,
        "bleed_mm": BLEED_MM,
        "grid": GRID,
        "origin_mm": [(SHEET_MM[side] - GRID[side] * (TRIM_MM[side] + 2 * BLEED_MM)) / 2 + BLEED_MM for side in (0, 1)],
        "picture": None if picture is None else f"/design.{picture.suffix}",
        "sheets": [coupons[start : start + on_a_sheet] for start in range(0, len(coupons), on_a_sheet)],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)  # the engine reads nothing outside of it
        template = folder / "coupons.typ"
        template.write_bytes(resources.files("backoffice.coupon_runs").joinpath("coupons.typ").read_bytes())
        if picture is not None:
            (folder / f"design.{picture.suffix}").write_bytes(picture.data)
        made: bytes = typst.compile(
            template, root=folder, sys_inputs={"job": json.dumps(job)}, format="pdf", timestamp=TIMESTAMP
        )
    return made


def grouped(code: str) -> str:
    """A code in groups of four, as people read and type it; a code that everybody may know stays as it is."""
    if len(code) != sum(_GROUPS):
        return code
    groups, start = [], 0
    for length in _GROUPS:
        groups.append(code[start : start + length])
        start += length
    return " ".join(groups)
