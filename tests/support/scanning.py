"""Reads codes off pictures with zbarimg, and draws pages of PDF files with PDFium: neither is ours."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image


def codes_on(picture: Image.Image, folder: Path) -> set[str]:
    """Kind and text of every code that is found, such as `QR-Code:https://…`."""
    if shutil.which("zbarimg") is None:
        pytest.fail("zbarimg is missing: apt-get install zbar-tools")
    path = folder / "scanned.png"
    picture.convert("L").save(path)
    done = subprocess.run(["zbarimg", "-q", str(path)], capture_output=True, text=True, check=False)
    return set(done.stdout.splitlines())


def pages_of(pdf: bytes, dots_per_inch: int = 200) -> list[Image.Image]:
    """Each page as a picture."""
    with_pages = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=dots_per_inch / 72).to_pil().convert("RGB") for page in with_pages]
    finally:
        with_pages.close()


def lines_of(pdf: bytes) -> list[str]:
    """The lines of text, each with single spaces, empty ones left out."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return list(_plain("\n".join(page.get_textpage().get_text_bounded() for page in document)))
    finally:
        document.close()


def _plain(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = line.replace("\u00a0", " ").split()
        if words:
            yield " ".join(words)
