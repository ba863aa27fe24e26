"""The bytes of each block; where python-escpos makes the same thing, it is the judge."""

from __future__ import annotations

import pytest
from escpos.printer import Dummy
from hypothesis import given
from hypothesis import strategies as st

from drivers.address import Paper
from drivers.escpos.encoder import INITIALISE, NO_AUTOMATIC_STATUS, encode_document
from pos_engine.ports.devices import DeviceError
from pos_engine.ports.document import Barcode, Block, Columns, Cut, Document, QrCode, Rule, Space, Text

PAPER = Paper(columns=42)


def encoded(block: Block, language: str = "de", paper: Paper = PAPER) -> bytes:
    _setup, body = encode_document(Document((block,), language), paper)
    return body


def lines(block: Block, language: str = "de", columns: int = 42) -> list[str]:
    codec = "gb18030" if language == "zh" else "cp858"
    return encoded(block, language, Paper(columns)).decode(codec).splitlines()


@pytest.mark.parametrize(
    ("language", "select"), [("de", b"\x1bt\x13"), ("cs", b"\x1bt\x12"), ("zh", b"\x1c&"), ("fr", b"\x1bt\x13")]
)
def test_every_document_begins_from_nothing_with_its_code_page(language: str, select: bytes) -> None:
    (setup,) = encode_document(Document((), language), PAPER)
    assert setup == INITIALISE + NO_AUTOMATIC_STATUS + select


def test_styles_are_taken_back() -> None:
    assert encoded(Text("Hi", align="center", bold=True, large=True)) == (
        b"\x1ba\x01\x1bE\x01\x1d!\x11Hi\n\x1d!\x00\x1bE\x00\x1ba\x00"
    )


def test_large_text_that_is_too_wide_for_one_line_is_only_made_taller() -> None:
    assert encoded(Text("x" * 21, large=True)) == b"\x1d!\x11" + b"x" * 21 + b"\n\x1d!\x00"
    assert encoded(Text("x" * 22, large=True)) == b"\x1d!\x01" + b"x" * 22 + b"\n\x1d!\x00"
    assert encoded(Text("x" * 43, large=True)).count(b"\n") == 2


def test_an_indent_stays_with_every_line_of_its_text() -> None:
    assert lines(Text("  2 x 14,20 €")) == ["  2 x 14,20 €"]
    assert lines(Columns("  Members' coffee 0.50 off", "-0,50 €"), columns=28) == [
        "  Members' coffee",
        "  0.50 off           -0,50 €",
    ]


def test_the_longest_coupon_number_fits_on_narrow_paper() -> None:
    assert b"\x1dw\x02" in encoded(Barcode("code128", "CW0DY3V1ZC7SCK"), paper=Paper(32))


def test_rule_space_and_cut() -> None:
    assert encoded(Rule()) == b"-" * 42 + b"\n"
    assert encoded(Space(3)) == b"\n\n\n"
    assert encoded(Space(1000)) == b"\n" * 20
    assert encoded(Cut()) == b"\x1dVB\x00"


def test_the_right_column_is_never_split() -> None:
    assert lines(Columns("Milch", "1,20 €")) == ["Milch                               1,20 €"]
    assert lines(Columns("Roggenbrot mit Walnüssen und sehr viel mehr", "1.234,50 €"), columns=30) == [
        "Roggenbrot mit",
        "Walnüssen und sehr",
        "viel mehr           1.234,50 €",
    ]
    assert lines(Columns("Summe in der Währung des Ladens", "1.234.567.890,50 €"), columns=24) == [
        "Summe in der Währung des",
        "Ladens",
        "      1.234.567.890,50 €",
    ]
    assert lines(Columns("全麦面包", "¥12.00"), "zh", 24) == ["全麦面包         ￥12.00"]


@given(left=st.text(max_size=80), right=st.text("0123456789.,€- ", max_size=20), columns=st.integers(24, 64))
def test_columns_always_fill_and_never_overflow(left: str, right: str, columns: int) -> None:
    found = encoded(Columns(left, right), paper=Paper(columns)).decode("cp858").split("\n")[:-1]
    assert all(len(line) <= columns for line in found)
    assert found[-1].endswith(right.strip())


def test_an_ean_is_as_python_escpos_makes_it() -> None:
    judge = Dummy()
    judge.barcode("4006381333931", "EAN13", height=80, width=3, pos="BELOW", function_type="B", align_ct=True)
    command = judge.output[judge.output.index(b"\x1dk") :]
    assert command.rstrip(b"\n") in encoded(Barcode("ean13", "4006381333931"))


def test_a_code_128_is_as_python_escpos_makes_it() -> None:
    judge = Dummy()
    judge.barcode("{BGB-0001", "CODE128", height=80, width=3, pos="BELOW", function_type="B")
    command = judge.output[judge.output.index(b"\x1dk") :]
    assert command.rstrip(b"\n") in encoded(Barcode("code128", "GB-0001"))


def test_digits_are_packed_in_pairs_and_braces_doubled() -> None:
    assert b"\x1dkI\x05{C\x1d\x00\x63" in encoded(Barcode("code128", "290099"))
    assert b"\x1dkI\x07{Ba{{}" in encoded(Barcode("code128", "a{}")).replace(b"\x1dkI\x06", b"\x1dkI\x07")
    assert b"{B12345" in encoded(Barcode("code128", "12345"))


def test_a_qr_code_is_as_python_escpos_makes_it() -> None:
    judge = Dummy()
    judge.qr("https://example.org/ü", ec=1, size=6, model=2, native=True, center=False)
    ours = encoded(QrCode("https://example.org/ü"))
    for part in judge.output.split(b"\x1d(k")[1:]:
        assert b"\x1d(k" + part.rstrip(b"\n") in ours


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (Barcode("ean13", "4006381333932"), "wrong check digit"),
        (Barcode("ean13", "400638133393"), "13 digits"),
        (Barcode("ean13", "400638133393x"), "13 digits"),
        (Barcode("ean13", "٤006381333931"), "13 digits"),
        (Barcode("code128", ""), "1 to 80 characters"),
        (Barcode("code128", "x" * 81), "1 to 80 characters"),
        (Barcode("code128", "Grüße"), "ASCII"),
        (Barcode("code128", "A\x1b@"), "ASCII"),
        (Barcode("code128", "x" * 40), "too wide"),
        (QrCode(""), "1 to 331"),
        (QrCode("ü" * 200), "400 bytes"),
    ],
)
def test_a_code_that_no_scanner_would_read_is_refused(block: Block, says: str) -> None:
    with pytest.raises(DeviceError, match=says) as refused:
        encoded(block)
    assert refused.value.code == "document_unprintable"


def test_a_narrower_module_is_chosen_before_a_code_is_refused() -> None:
    assert b"\x1dw\x03" in encoded(Barcode("ean13", "4006381333931"))
    assert b"\x1dw\x02" in encoded(Barcode("code128", "A" * 16))
