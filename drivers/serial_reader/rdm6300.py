"""RDM630 and RDM6300: 9600 baud; 02, ten hex digits, two hex digits of XOR, 03, again and again while the tag stays."""

from __future__ import annotations

from drivers.serial_reader.em4100 import Em4100Codec

TAIL = b"\x03"


class Rdm6300Codec(Em4100Codec):
    """One frame about every 65 ms as long as a tag is in the field."""

    def __init__(self) -> None:
        super().__init__(TAIL)
