"""Cards as the printing house gets them: PDFium and zbar read the file back."""

from __future__ import annotations

import io
import re
import zlib
from contextlib import closing, suppress
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner
from PIL import Image
from stdnum import ean

from backoffice.card_artwork import numbers
from backoffice.card_artwork.design import BLEED_MM, TRIM_MM, Design, pixels_needed, read_side
from backoffice.card_artwork.layout import DEFAULTS, read_layout
from backoffice.card_artwork.numbers import CARDS_MAX, CardFace
from backoffice.card_artwork.sheet import AROUND_MM, cards_pdf, preview_png
from backoffice.cli import main as backoffice
from backoffice.errors import InputError
from tests.support.scanning import codes_on, lines_of, pages_of

GREEN, BLUE = (0, 170, 119), (0, 85, 170)
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 916 599.8">'
    b'<rect width="916" height="599.8" fill="#00aa77"/></svg>'
)


def a_png(size: tuple[int, int], mode: str = "RGB", colour: object = BLUE) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, "PNG")  # type: ignore[arg-type]
    return out.getvalue()


def a_design(*, back: bool = True) -> Design:
    return Design(read_side("front.svg", SVG), read_side("back.png", a_png(pixels_needed())) if back else None)


def at_mm(page: Image.Image, x: float, y: float) -> tuple[int, int, int]:
    """The colour of a place on the sheet, counted from the corner of the trimmed card."""
    scale = page.width / (TRIM_MM[0] + 2 * AROUND_MM)
    red, green, blue = page.getpixel((int((x + AROUND_MM) * scale), int((y + AROUND_MM) * scale)))  # type: ignore[misc]
    return red, green, blue


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 3 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("kind", "number", "width", "seen"),
    [
        ("code128", "CARD-000042", "70", "CODE-128:CARD-000042"),
        ("ean13", "2900000047112", "40", "EAN-13:2900000047112"),
        ("qr", "2900000047112", "20", "QR-Code:https://example.org/c/2900000047112"),
    ],
)
def test_the_code_of_every_card_is_read_back(tmp_path: Path, kind: str, number: str, width: str, seen: str) -> None:
    fields = {"code": kind, "code_width": width, "code_x": "8", "code_y": "20"}
    layout = read_layout({**fields, "code_text": "https://example.org/c/{number}"})
    front, back = pages_of(cards_pdf(a_design(), layout, [CardFace(number, "Anna Müller")]), 300)
    assert codes_on(back, tmp_path) == {seen}
    assert codes_on(front, tmp_path) == set()


def test_a_batch_has_a_page_for_each_side_and_no_number_twice(tmp_path: Path) -> None:
    faces = numbers.blank_numbers(10, 5)
    pages = pages_of(cards_pdf(a_design(), read_layout({}), faces), 200)
    assert len(pages) == 10
    read = [codes_on(page, tmp_path) for page in pages[1::2]]
    assert read == [{f"CODE-128:{face.number}"} for face in faces]
    assert all(ean.is_valid(face.number) for face in faces)


def test_the_page_boxes_are_the_card_its_bleed_and_the_sheet() -> None:
    with closing(pypdfium2.PdfDocument(cards_pdf(a_design(), read_layout({}), [CardFace("1")]))) as document:
        page = document[0]
        boxes = [page.get_mediabox(), page.get_bleedbox(), page.get_trimbox()]
        page.close()
    for box, around in zip(boxes, (AROUND_MM, BLEED_MM, 0), strict=True):
        left, bottom, right, top = (each * 25.4 / 72 for each in box)
        assert (right - left, top - bottom) == pytest.approx(
            (TRIM_MM[0] + 2 * around, TRIM_MM[1] + 2 * around), abs=0.01
        )
        assert (left, bottom) == pytest.approx((AROUND_MM - around, AROUND_MM - around), abs=0.01)


def test_the_picture_fills_the_bleed_and_the_marks_lie_outside_of_it() -> None:
    front, back = pages_of(cards_pdf(a_design(), read_layout({}), [CardFace("1")]), 300)
    for x, y in ((-2.8, -2.8), (TRIM_MM[0] + 2.8, -2.8), (1, 1), (TRIM_MM[0] + 2.8, TRIM_MM[1] + 2.8)):
        assert near(at_mm(front, x, y), GREEN), (x, y)
        assert near(at_mm(back, x, y), BLUE), (x, y)
    assert at_mm(front, -3.5, 20) == (255, 255, 255)
    for y in (-6.0, TRIM_MM[1] + 6.0):
        row = [at_mm(front, x / 20, y) for x in range(-4, 5)]
        assert min(sum(colour) for colour in row) < 500, "no mark at the left edge of the trimmed card"


def test_number_and_name_are_letters_on_the_front() -> None:
    made = cards_pdf(a_design(back=False), read_layout({"code": "none"}), [CardFace("4711", "Přemysl Šťastný")])
    assert sorted(lines_of(made)) == ["4711", "Přemysl Šťastný"]
    with closing(pypdfium2.PdfDocument(made)) as document:
        assert len(document) == 1


def colours_set(pdf: bytes) -> set[bytes]:
    """Every colour that the pages set, with the operator that says in which space (k, K: CMYK)."""
    found: set[bytes] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            content = zlib.decompress(stream)
            if b"BDC" in content:
                found |= set(re.findall(rb"(?<![\d.])(?:[\d.]+ )+(?:k|K|g|G|rg|RG|sc|SC|scn|SCN)\b", content))
    return found


def test_what_we_print_is_in_black_ink_alone_and_the_marks_in_all_of_them() -> None:
    made = cards_pdf(Design(None, None), read_layout({}), [CardFace("4711", "Anna")])
    assert colours_set(made) == {b"0 0 0 1 k", b"0 0 0 0 k", b"1 1 1 1 K"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (a_png((1000, 655)), "1082 x 709 for 300"),
        (a_png((1200, 1200)), "proportions"),
        (a_png((1082, 709))[:100], "damaged"),
        (SVG.replace(b"599.8", b"400"), "proportions"),
        (SVG.replace(b"<rect", b"<script/><rect"), "script"),
        (b"GIF89a", "neither"),
        (bytes(10_000_001), "larger than 10 MB"),
    ],
)
def test_a_picture_that_would_print_badly_is_refused_with_the_reason(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_side("front", data)


def test_what_the_printing_house_should_know_is_remarked() -> None:
    assert "CMYK" in read_side("front.svg", SVG).remarks[0]
    assert "transparent" in read_side("front.png", a_png(pixels_needed(), "RGBA", (0, 0, 0, 0))).remarks[1]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"code_width": "20"}, "at least"),
        ({"code_x": "30"}, "edge"),
        ({"number_x": "1"}, "edge"),
        ({"number_x": "70"}, "does not fit"),
        ({"number_size": "99"}, "number_size must be a number from 5 to 24"),
        ({"code": "aztec"}, "one of: none, code128"),
        ({"code": "qr", "code_text": "https://example.org"}, "{number}"),
        ({"code": "ean13"}, "13 digits"),
        ({"code_x": "nan"}, "code_x must be"),
    ],
)
def test_what_does_not_fit_on_the_card_is_said(fields: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        cards_pdf(a_design(), read_layout(fields), [CardFace("CARD-000042")])


def test_the_file_of_a_batch_is_read_and_its_keys_are_not() -> None:
    text = "serial;card_number;master_key;name\n1;C-1;00112233445566778899AABBCCDDEEFF;Anna\n2;C-2;FF00;\n"
    faces = numbers.from_batch(("\ufeff" + text).encode())
    assert faces == [CardFace("C-1", "Anna"), CardFace("C-2")]
    assert b"00112233" not in cards_pdf(a_design(), read_layout({}), faces)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("uid,key\n04AA,00\n", "card_number, number, serial"),
        ("serial\n\n1\n1\n", "twice"),
        ("serial,name\n1,a\n,b\n", "Row 3"),
        ("serial\n", "from 1 to"),
        ("serial\ngrün\n", "cannot be a card number"),
        ("serial\n" + "\n".join(map(str, range(CARDS_MAX + 1))), "from 1 to 1000"),
    ],
)
def test_a_batch_that_is_wrong_names_the_place(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        numbers.from_batch(text.encode())
    with pytest.raises(InputError, match="UTF-8"):
        numbers.from_batch("serial\nä".encode("latin-1"))


def test_the_preview_is_the_first_card() -> None:
    with Image.open(io.BytesIO(preview_png(a_design(), read_layout({}), CardFace("1")))) as picture:
        assert picture.width / picture.height == pytest.approx(105.6 / (2 * 73.98), abs=0.01)


def test_the_command_makes_the_same_file(tmp_path: Path) -> None:
    front, batch, out = tmp_path / "front.svg", tmp_path / "batch.csv", tmp_path / "out.pdf"
    front.write_bytes(SVG)
    batch.write_text("card_number,name\nC-1,Anna\nC-2,Bea\n")
    files = ("--front", str(front), "--batch", str(batch), "--out", str(out))
    done = CliRunner().invoke(backoffice, ["card-artwork", *files, "--set", "code=qr", "--set", "code_width=18"])
    assert done.exit_code == 0, done.output
    assert f"{out}: 2 cards" in done.output
    assert sorted(lines_of(out.read_bytes())) == ["Anna", "Bea", "C-1", "C-2"]
    wrong = CliRunner().invoke(backoffice, ["card-artwork", *files, "--set", "colour=red"])
    assert wrong.exit_code == 1
    assert all(name in wrong.output for name in DEFAULTS)
