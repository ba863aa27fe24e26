import pytest

from drivers.serial_reader.frames import FRAME_BYTES_MAX, BrokenFrame, ScanFrame
from drivers.serial_reader.scanner import ScannerCodec


@pytest.mark.parametrize(
    ("sent", "symbology", "text"),
    [
        (b"]E04006381333931\r", "ean", "4006381333931"),
        (b"]E496385074\r", "ean", "96385074"),
        (b"]C0KAFFEE-1\r", "code128", "KAFFEE-1"),
        (b"]Q3\x1d01\r", "qr", "\x1d01"),
        (b"]d2X\r", "datamatrix", "X"),
        (b"]z0X\r", "unknown", "X"),
        (b"4006381333931\r", "unknown", "4006381333931"),
    ],
)
def test_the_identifier_tells_the_kind(sent: bytes, symbology: str, text: str) -> None:
    assert ScannerCodec().feed(sent) == (ScanFrame(symbology, text),)


@pytest.mark.parametrize(
    ("sent", "symbology", "elements"),
    [
        (b"]C10104006381333931\r", "gs1_128", (("01", "04006381333931"),)),
        (b"]e00104006381333931\r", "databar", (("01", "04006381333931"),)),
        (
            b"]d2010400638133393110LOT7\x1d21S1\r",
            "datamatrix",
            (("01", "04006381333931"), ("10", "LOT7"), ("21", "S1")),
        ),
        (b"]Q38018401234567890123452\r", "qr", (("8018", "401234567890123452"),)),
        (b"]C1\x1d2554012345000016123\r", "gs1_128", (("255", "4012345000016123"),)),
        (b"]C100\r", "gs1_128", ()),
    ],
)
def test_gs1_codes_are_read_by_their_identifiers(
    sent: bytes, symbology: str, elements: tuple[tuple[str, str], ...]
) -> None:
    (frame,) = ScannerCodec().feed(sent)
    assert isinstance(frame, ScanFrame)
    assert (frame.symbology, frame.elements) == (symbology, elements)


@pytest.mark.parametrize("sent", [b"]E04006381333930\r", b"]E496385075\r"])
def test_a_wrong_check_digit_is_no_code(sent: bytes) -> None:
    assert ScannerCodec().feed(sent) == (BrokenFrame("the check digit is wrong"),)


def test_without_aim_the_text_stays_as_it_came() -> None:
    assert ScannerCodec(aim=False).feed(b"]E04006381333931\r") == (ScanFrame("unknown", "]E04006381333931"),)


def test_a_line_feed_after_the_suffix_belongs_to_nobody() -> None:
    codec = ScannerCodec()
    assert codec.feed(b"A\r\nB\r\n") == (ScanFrame("unknown", "A"), ScanFrame("unknown", "B"))
    assert codec.timeout() == ()


def test_a_prefix_inside_the_data_is_data() -> None:
    assert ScannerCodec(prefix=b"~").feed(b"x~A~B\r") == (ScanFrame("unknown", "A~B"),)


def test_bytes_that_are_no_utf8_are_latin() -> None:
    assert ScannerCodec().feed("Caf\u00e9\r".encode("latin-1")) == (ScanFrame("unknown", "Caf\u00e9"),)


def test_a_flood_without_end_is_one_broken_code() -> None:
    codec = ScannerCodec()
    assert codec.feed(b"7" * (3 * FRAME_BYTES_MAX)) == ()
    assert codec.feed(b"\rA\r") == (
        BrokenFrame(f"more than {FRAME_BYTES_MAX} bytes without an end"),
        ScanFrame("unknown", "A"),
    )


def test_an_identifier_without_data_is_broken() -> None:
    assert ScannerCodec().feed(b"]E0\r") == (BrokenFrame("the code is empty"),)
