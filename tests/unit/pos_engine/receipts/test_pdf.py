"""The PDF has the lines of the paper, in every language, and its codes can be scanned. PDFium and zbar judge."""

from __future__ import annotations

import builtins
import ctypes
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image

from pos_engine import words
from pos_engine.ports.document import Barcode, Columns, Cut, Document, Logo, QrCode, Rule, Text
from pos_engine.receipts import pdf
from pos_engine.receipts.pdf import SHEETS, Form, PdfError, pdf_of
from pos_engine.receipts.rows import Row, rows_of
from tests.support.papers import papers_in
from tests.support.scanning import codes_on, lines_of, pages_of

CODES = Document(
    (
        Text("Codes"),
        Barcode("ean13", "4006381333931"),
        Barcode("code128", "CW0DY3V1ZC7SCK"),
        QrCode("https://example.org/c/42"),
    )
)


def lines_on_paper(document: Document, form: Form) -> list[str]:
    """What the preview of the same width shows, single-spaced; a barcode's text stands under it."""
    lines = []
    for row in rows_of(document, SHEETS[form].columns):
        if isinstance(row, Row):
            lines.append(" ".join(f"{row.left} {row.right}".replace("\u00a0", " ").split()))
        elif isinstance(row, Barcode):
            lines.append(row.data)
    return [line for line in lines if line]


def fonts_in(made: bytes) -> Iterator[tuple[str, bool]]:
    """Name of each font that letters are set in, and whether it is embedded."""
    document = pypdfium2.PdfDocument(made)
    for page in document:
        for piece in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
            font = pdfium.FPDFTextObj_GetFont(piece.raw)
            name = ctypes.create_string_buffer(128)
            pdfium.FPDFFont_GetBaseFontName(font, name, 128)
            yield name.value.decode(), bool(pdfium.FPDFFont_GetIsEmbedded(font))
    document.close()


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_same_document_has_the_same_lines(tmp_path: Path, language: str) -> None:
    for name, document in papers_in(tmp_path, language).items():
        for form in SHEETS:
            found = lines_of(pdf_of(document, form))
            if form == "a4":
                found = [line for line in found if line != "1 / 1"]
            assert found == lines_on_paper(document, form), (name, form)


@pytest.mark.parametrize("language", ["cs", "zh"])
def test_every_font_is_in_the_file(tmp_path: Path, language: str) -> None:
    fonts = set(fonts_in(pdf_of(papers_in(tmp_path, language)["receipt"])))
    assert fonts
    assert all(embedded for _, embedded in fonts), fonts


@pytest.mark.parametrize("form", list(SHEETS))
def test_every_code_is_read_back(tmp_path: Path, form: Form) -> None:
    (page,) = pages_of(pdf_of(CODES, form))
    assert codes_on(page, tmp_path) == {
        "EAN-13:4006381333931",
        "CODE-128:CW0DY3V1ZC7SCK",
        "QR-Code:https://example.org/c/42",
    }


def test_the_strip_is_as_long_as_the_receipt_and_a_long_one_fills_more_pages() -> None:
    lines = tuple(Columns(f"line {number}", "1.00") for number in range(120))
    (strip,) = pypdfium2.PdfDocument(pdf_of(Document(lines)))
    width_mm, height_mm = (each / 72 * 25.4 for each in strip.get_size())
    assert width_mm == pytest.approx(80, abs=0.1)
    assert 400 < height_mm < 600
    assert len(pypdfium2.PdfDocument(pdf_of(Document(lines), "a4"))) == 3


def test_what_a_customer_or_a_product_is_called_is_never_markup() -> None:
    names = [
        '#import "@preview/x:1.0.0"',
        "*bold* _it_ = $x$",
        "#panic()",
        "<label> @ref // no",
        'a\\b `c` "d"',
        "#sys.inputs",
    ]
    assert lines_of(pdf_of(Document(tuple(Text(name) for name in names)))) == names


def test_the_same_receipt_gives_the_same_file() -> None:
    assert pdf_of(CODES, title="till-1:1:1") == pdf_of(CODES, title="till-1:1:1")


def test_the_logo_is_on_it(tmp_path: Path) -> None:
    Image.new("RGB", (300, 100), (200, 0, 0)).save(tmp_path / "logo.png")
    (page,) = pages_of(pdf_of(Document((Logo(), Rule(), Cut())), logo_png=(tmp_path / "logo.png").read_bytes()))
    assert page.getpixel((page.width // 2, 100)) == (200, 0, 0)


def test_a_machine_without_the_engine_or_the_font_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_font_families", frozenset)
    assert pdf_of(CODES)
    with pytest.raises(PdfError, match="fonts-noto-cjk"):
        pdf_of(Document((Text("全麦面包"),)))
    real = builtins.__import__

    def without_typst(name: str, *rest: object, **more: object) -> object:
        if name == "typst":
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_typst)
    with pytest.raises(PdfError, match=r"pos-engine\[pdf\]"):
        pdf_of(CODES)
