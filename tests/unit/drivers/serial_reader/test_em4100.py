from drivers.serial_reader.frames import BrokenFrame, TagFrame
from drivers.serial_reader.rdm6300 import Rdm6300Codec
from tests.unit.drivers.vectors import vectors


def test_the_published_read_is_the_card_printed_0013530444() -> None:
    vector = vectors("EM4100 serial frame")[0]
    (frame,) = Rdm6300Codec().feed(bytes.fromhex(vector["inputs"]["frame"]))
    assert isinstance(frame, TagFrame)
    check, printed = vector["expected"].split("/")
    assert bytes.fromhex(vector["inputs"]["frame"])[11:13].decode().lower() == check
    assert int.from_bytes(bytes.fromhex(frame.tag_hex)[-3:], "big") == int(printed)


def test_a_wrong_checksum_is_told() -> None:
    assert Rdm6300Codec().feed(b"\x023C00CE754CCC\x03") == (BrokenFrame("the checksum is wrong"),)


def test_a_start_inside_a_frame_begins_the_next_one() -> None:
    assert Rdm6300Codec().feed(b"\x023C00C\x023C00CE754CCB\x03") == (TagFrame("3C00CE754C"),)


def test_a_wrong_tail_is_told() -> None:
    frames = Rdm6300Codec().feed(b"\x023C00CE754CCB\x04")
    assert frames == (BrokenFrame("the frame's tail is wrong"),)
