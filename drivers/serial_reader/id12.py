"""ID Innovations ID-12 and ID-12LA: 9600 baud; 02, ten hex digits, two hex digits of XOR, 0D 0A, 03 (data sheet)."""

from __future__ import annotations

from drivers.serial_reader.em4100 import Em4100Codec

TAIL = b"\r\n\x03"


class Id12Codec(Em4100Codec):
    """One frame for each tag that comes into the field; nothing while it stays."""

    def __init__(self) -> None:
        super().__init__(TAIL)
