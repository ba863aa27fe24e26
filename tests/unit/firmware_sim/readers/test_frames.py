from __future__ import annotations

import pytest

from firmware_sim.readers.frames import em4100_bytes, id12_frame, rdm6300_frame, scanner_frame
from tests.unit.firmware_sim.published import published


def test_a_tag_read_in_the_wild_is_framed_as_it_was() -> None:
    frame = published("EM4100 serial frame (RDM630/RDM6300 type)")["inputs"]["frame"]
    tag = em4100_bytes("3C00CE754C")
    assert rdm6300_frame(tag).hex() == frame.lower()
    assert int.from_bytes(tag[1:]) == 13530444


def test_the_other_maker_ends_the_line_before_the_end_mark() -> None:
    assert id12_frame(em4100_bytes("0030CE754C")) == b"\x020030CE754CC7\r\n\x03"


@pytest.mark.parametrize("text", ["0030CE75", "0030CE754C00", "card"])
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        em4100_bytes(text)


@pytest.mark.parametrize(
    ("symbology", "frame"),
    [("", b"4006381333931\r"), ("ean13", b"]E04006381333931\r"), ("gs1_128", b"]C14006381333931\r")],
)
def test_a_scanner_says_the_symbology_when_told_to(symbology: str, frame: bytes) -> None:
    assert scanner_frame("4006381333931", symbology) == frame
