"""The logo on paper; what python-escpos makes of the same picture is the judge of the bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from escpos.printer import Dummy
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers import AddressError, make_printer
from drivers.address import Paper
from drivers.escpos.encoder import encode_document
from drivers.escpos.raster import BAND_ROWS, LOGO_HEIGHT_DOTS_MAX, load_logo, without_requests
from pos_engine.ports.document import Document, Logo


def a_png(path: Path, size: tuple[int, int], mode: str = "RGBA", colour: object = (0, 0, 0, 255)) -> str:
    Image.new(mode, size, colour).save(path)  # type: ignore[arg-type]
    return str(path)


def bands(commands: bytes) -> list[tuple[int, int, bytes]]:
    """Bytes in a row, rows, and dots of each GS v 0."""
    found = []
    while commands:
        assert commands[:4] == b"\x1dv0\x00"
        row_bytes, rows = int.from_bytes(commands[4:6], "little"), int.from_bytes(commands[6:8], "little")
        end = 8 + row_bytes * rows
        found.append((row_bytes, rows, commands[8:end]))
        commands = commands[end:]
    return found


def test_the_dots_are_those_of_python_escpos(tmp_path: Path) -> None:
    Image.radial_gradient("L").resize((200, 40)).convert("1").save(tmp_path / "logo.png")
    judge = Dummy()
    judge.image(str(tmp_path / "logo.png"), impl="bitImageRaster", center=False)
    assert load_logo(str(tmp_path / "logo.png"), 42) == without_requests(judge.output)


@pytest.mark.parametrize("columns", [32, 42, 48])
def test_a_logo_is_never_wider_or_higher_than_it_may(tmp_path: Path, columns: int) -> None:
    for size in ((3000, 500), (500, 3000), (10, 10)):
        found = bands(load_logo(a_png(tmp_path / "logo.png", size), columns))
        assert all(row_bytes * 8 <= columns * 12 for row_bytes, _, _ in found)
        assert sum(rows for _, rows, _ in found) <= LOGO_HEIGHT_DOTS_MAX
        assert all(rows <= BAND_ROWS for _, rows, _ in found)
    found = bands(load_logo(a_png(tmp_path / "logo.png", (10, 10)), columns))
    assert found == [(2, 10, b"\xff\xc0" * 10)]  # never enlarged; dots beyond its edge stay white


def test_what_is_transparent_stays_white(tmp_path: Path) -> None:
    path = a_png(tmp_path / "logo.png", (16, 4), colour=(0, 0, 0, 0))
    assert bands(load_logo(path, 42)) == [(2, 4, bytes(8))]


def test_a_file_that_is_no_png_is_named(tmp_path: Path) -> None:
    jpeg = tmp_path / "logo.png"
    Image.new("L", (8, 8)).save(jpeg, "JPEG")
    torn = tmp_path / "torn.png"
    torn.write_bytes(Path(a_png(tmp_path / "whole.png", (300, 300))).read_bytes()[:60])
    for path in (jpeg, torn, tmp_path / "nothing.png"):
        with pytest.raises(AddressError, match=path.name):
            load_logo(str(path), 42)
    with pytest.raises(AddressError, match=r"nothing\.png"):
        make_printer(f"escpos-tcp://127.0.0.1?logo={tmp_path}/nothing.png")


@given(st.binary(max_size=200).map(lambda data: data.replace(b"\x55", b"\x10").replace(b"\x66", b"\x04")))
def test_no_picture_holds_a_command(data: bytes) -> None:
    clean = without_requests(data)
    assert not any(request in clean for request in (b"\x10\x04", b"\x10\x05", b"\x10\x14"))
    assert all(old | 0x08 in (new, new | 0x08) for old, new in zip(data, clean, strict=True))


def test_a_printer_without_a_logo_leaves_it_out(tmp_path: Path) -> None:
    document = Document((Logo(),))
    assert encode_document(document, Paper())[1] == b""
    logo = load_logo(a_png(tmp_path / "logo.png", (8, 8)), 42)
    assert encode_document(document, Paper(), logo)[1] == b"\x1ba\x01" + logo + b"\x1ba\x00"
