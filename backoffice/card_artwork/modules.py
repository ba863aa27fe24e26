"""Codes as black rectangles in modules, quiet zone included: what the templates of the PDF engine draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import segno

from pos_engine.receipts.code_pictures import QUIET_MODULES_BARCODE, QUIET_MODULES_QR, Symbology, bars_of

Run = tuple[int, int, int, int | None]
"""x, y, width, height; height None: as high as the code is drawn."""


def bar_modules(data: str, symbology: Symbology = "code128") -> dict[str, Any]:
    """A barcode. CodeError: the data make no such code."""
    bars = bars_of(symbology, data)
    runs = list(_runs([int(bar) for bar in bars], QUIET_MODULES_BARCODE, 0, None))
    return {"modules": len(bars) + 2 * QUIET_MODULES_BARCODE, "runs": runs}


def qr_modules(data: str) -> dict[str, Any]:
    """A QR code, level M. ValueError: too long."""
    matrix = segno.make_qr(data, error="m", boost_error=False).matrix
    quiet = QUIET_MODULES_QR
    runs = [run for y, row in enumerate(matrix) for run in _runs(row, quiet, y + quiet, 1)]
    return {"modules": len(matrix) + 2 * quiet, "runs": runs}


def _runs(row: Sequence[int], left: int, top: int, height: int | None) -> Iterator[Run]:
    """The black stretches of a row of modules."""
    at = left
    for black, stretch in groupby(row, bool):
        width = len(list(stretch))
        if black:
            yield at, top, width, height
        at += width
