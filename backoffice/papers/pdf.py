"""A report as a PDF on A4, made by the engine that makes letters (`letters/paper.py`); grey only, fonts embedded."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any, Final

import typst
from flask import Response

from backoffice.papers.blocks import Bars, Block, Heading, Interval, Paper, Table, Text

TIMESTAMP: Final = 0
"""Seconds since 1970: a fixed one, so that the same figures give the same file."""
PDF_TYPE: Final = "application/pdf"


def paper_pdf(paper: Paper) -> bytes:
    """The file."""
    job = {
        "title": paper.title,
        "about": list(paper.about),
        "language": paper.language,
        "foot": paper.foot,
        "blocks": [_block(each) for each in paper.blocks],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)  # the engine reads nothing outside of it
        template = folder / "paper.typ"
        template.write_bytes(resources.files("backoffice.papers").joinpath("paper.typ").read_bytes())
        made: bytes = typst.compile(
            template, root=folder, sys_inputs={"job": json.dumps(job)}, format="pdf", timestamp=TIMESTAMP
        )
    return made


def _block(block: Block) -> Mapping[str, Any]:
    match block:
        case Heading(text):
            return {"kind": "heading", "text": text}
        case Text(text, weight):
            return {"kind": "text", "text": text, "weight": weight}
        case Table(headers, rows):
            return {"kind": "table", "headers": list(headers), "rows": [list(row) for row in rows]}
        case Bars(bars, title, unit):
            longest = max([abs(bar.size) for bar in bars], default=0.0) or 1.0
            shares = [asdict(bar) | {"size": max(0.0, bar.size) / longest} for bar in bars]
            return {"kind": "bars", "title": title, "unit": unit, "bars": shares}
        case Interval(low, estimate, high, figures):
            reach = 1.1 * max(abs(low), abs(high), 1e-9)
            at = [round(0.5 + each / (2 * reach), 4) for each in (low, estimate, high)]
            return {"kind": "interval", "at": at, "figures": list(figures)}


def pdf_response(filename: str, paper: Paper) -> Response:
    """The file as a download."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(paper_pdf(paper), mimetype=PDF_TYPE, headers=headers)
