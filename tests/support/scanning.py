"""Reads codes off pictures with zbarimg, and draws pages of PDF files with PDFium: neither is ours."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
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
    pictures = []
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        for each in document:
            with closing(each) as page:
                pictures.append(page.render(scale=dots_per_inch / 72).to_pil().convert("RGB"))
    return pictures


def lines_of(pdf: bytes) -> list[str]:
    """The lines of text, each with single spaces, empty ones left out."""
    texts = []
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        for each in document:
            with closing(each) as page, closing(page.get_textpage()) as text:
                texts.append(text.get_text_bounded())
    return list(_plain("\n".join(texts)))


def _plain(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = line.replace("\u00a0", " ").split()
        if words:
            yield " ".join(words)
