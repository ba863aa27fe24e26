"""What passes between register and printer: every byte once and in order, and a cut only where there is one."""

from __future__ import annotations

import pytest
from escpos.printer import Dummy
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers.pass_through.paper_text import PaperText, papers
from drivers.pass_through.relay import HELD_BYTES_MAX, HOLD_S, Relay
from drivers.pass_through.stream import Piece, PrinterStream

CUT = b"\x1dV\x00"
CUT_INSIDE = CUT + b"\x1bi\x1dVA\x03"  # what must not be taken for a cut inside of data


def pieces(data: bytes, step: int = 0) -> list[Piece]:
    stream = PrinterStream()
    parts = [data] if not step else [data[at : at + step] for at in range(0, len(data), step)]
    return [piece for part in parts for piece in stream.feed(part)]


def cuts(data: bytes, step: int = 0) -> list[bytes]:
    return [piece.data for piece in pieces(data, step) if piece.kind == "cut"]


@pytest.mark.parametrize("step", [0, 1, 3])
@pytest.mark.parametrize(
    "command",
    [
        b"\x1dv0\x00\x01\x00\x0b\x00" + CUT_INSIDE + b"1234",  # GS v 0: 1 byte wide, 11 high
        b"\x1d(L\x0b\x00" + CUT_INSIDE + b"1234",  # GS ( L
        b"\x1d8L\x0b\x00\x00\x00" + CUT_INSIDE + b"1234",  # GS 8 L
        b"\x1b*\x00\x0b\x00" + CUT_INSIDE + b"1234",  # ESC *, 8 dots
        b"\x1b*\x21\x04\x00" + CUT_INSIDE + b"12345",  # ESC *, 24 dots: three bytes for each column
        b"\x1d(k\x0e\x001P0" + CUT_INSIDE + b"1234",  # QR code data
        b"\x1dk\x04*\x1bi\x1dVA*\x00",  # barcode, function A: ends with NUL
        b"\x1dkI\x09" + CUT_INSIDE + b"12",  # barcode, function B: length in front
        b"\x1d*\x01\x01" + CUT_INSIDE[:8],  # GS *: 8 bytes for 1 by 1
    ],
)
def test_data_is_never_a_cut(command: bytes, step: int) -> None:
    assert cuts(b"a\n" + command + b"b\n" + CUT, step) == [CUT]


@pytest.mark.parametrize("cut", [b"\x1dV\x00", b"\x1dV1", b"\x1dVA\x05", b"\x1dVB\x00", b"\x1bi", b"\x1bm"])
@pytest.mark.parametrize("step", [0, 1])
def test_every_kind_of_cut_is_found(cut: bytes, step: int) -> None:
    assert cuts(b"\x1b@text\n" + cut + b"\x1b@next", step) == [cut]


def test_what_python_escpos_prints_has_the_cuts_it_was_told() -> None:
    printer = Dummy()
    printer.set(align="center", bold=True, double_width=True)
    printer.text("Farmhouse bread 4.50\n")
    printer.image(Image.effect_noise((64, 40), 90).convert("1"), impl="bitImageRaster")
    printer.image(Image.effect_noise((64, 40), 90).convert("1"), impl="graphics")
    printer.image(Image.effect_noise((64, 40), 90).convert("1"), impl="bitImageColumn")
    printer.qr("https://example.org/" + "V" * 40, native=True)
    printer.barcode("4006381333931", "EAN13", function_type="B")
    printer.cut()
    printer.text("next\n")
    printer.cut(mode="PART")
    for step in (0, 1, 7):
        assert len(cuts(printer.output, step)) == 2
        assert b"".join(piece.data for piece in pieces(printer.output, step)) == printer.output


@given(data=st.binary(max_size=300), step=st.integers(1, 20))
def test_every_byte_comes_out_once_and_in_order(data: bytes, step: int) -> None:
    stream = PrinterStream()
    out = b"".join(piece.data for at in range(0, len(data), step) for piece in stream.feed(data[at : at + step]))
    assert out + stream.waiting == data
    assert len(stream.waiting) <= 10


@given(
    data=st.lists(st.sampled_from([b"a", b"\n", CUT, b"\x1b@", b"\x10\x04\x01", b"\x1dv0\x00\x01\x00\x02\x00\x1dV"]))
)
def test_the_relay_loses_nothing_whatever_is_decided(data: list[bytes]) -> None:
    relay, out, now_s = Relay("cp437"), bytearray(), 0.0
    for part in data:
        out += relay.feed(part, now_s)
        if relay.take_receipt() is not None:
            out += relay.decided(b"", now_s)
    for _ in data:
        now_s += HOLD_S
        out += relay.pass_time(now_s)
    assert sorted(out) == sorted(b"".join(data))
    assert out.replace(b"\x10\x04\x01", b"") == b"".join(data).replace(b"\x10\x04\x01", b"")


def test_a_coupon_stands_before_the_cut_and_the_printer_is_left_as_it_was() -> None:
    relay = Relay("cp437")
    begin = b"\x1b@\x1bt\x13\x1ba\x01\x1b!\x30total 4.50\n"
    assert relay.feed(begin + CUT + b"\x1b@next", 0.0) == begin
    assert relay.take_receipt() == ("total 4.50",)
    assert relay.feed(b"\x10\x04\x01", 0.1) == b"\x10\x04\x01"  # a status request does not wait
    restored = b"\x1b@\x1bt\x13\x1ba\x01\x1b!\x30"
    assert relay.decided(b"COUPON\n", 0.2) == b"COUPON\n" + restored + CUT + b"\x1b@next"


def test_without_a_decision_the_cut_comes_all_the_same_and_a_late_one_is_nothing() -> None:
    relay = Relay("cp437")
    relay.feed(b"x\n" + CUT + b"y\n" + CUT, 0.0)
    assert relay.pass_time(HOLD_S - 0.01) == b""
    assert relay.pass_time(HOLD_S) == CUT + b"y\n"
    assert relay.take_receipt() == ("y",)
    assert relay.pass_time(2 * HOLD_S) == CUT
    assert relay.decided(b"COUPON", 3 * HOLD_S) == b""


def test_what_is_held_is_bounded() -> None:
    relay = Relay("cp437")
    relay.feed(CUT + b"7" * HELD_BYTES_MAX, 0.0)
    assert relay.full


def test_text_in_the_code_page_the_register_chose_until_it_resets_the_printer() -> None:
    euro = b"\x1bt\x13" + "3,20 €".encode("cp858") + b"\n" + b"\x1b@" + "Käse".encode("cp437") + b"\n" + CUT
    assert papers(euro, "cp437") == [("3,20 €", "Käse")]
    text = PaperText("cp852")
    for piece in PrinterStream().feed("Chléb\tŽitný\n".encode("cp852")):
        text.take(piece)
    assert text.finish()[0] == "Chléb Žitný"
