"""What serial readers and scanners put on the line. Sources: the makers' data sheets, named at each frame."""

from __future__ import annotations

from functools import reduce

STX, ETX = b"\x02", b"\x03"
LINE_END = b"\r\n"
EM4100_BYTES = 5

AIM_IDENTIFIERS = {
    "ean13": "]E0",
    "ean8": "]E4",
    "code128": "]C0",
    "gs1_128": "]C1",
    "qr": "]Q1",
    "datamatrix": "]d1",
    "databar": "]e0",
}
"""ISO/IEC 15424: the symbology a scanner reports before the data, when it is told to."""


def em4100_bytes(uid_hex: str) -> bytes:
    """The five bytes of an EM4100 tag. ValueError says what is wrong with the text."""
    try:
        tag = bytes.fromhex(uid_hex)
    except ValueError as problem:
        raise ValueError(f"tag {uid_hex!r} is not hexadecimal") from problem
    if len(tag) != EM4100_BYTES:
        raise ValueError(f"tag {uid_hex!r} has {len(tag)} bytes; an EM4100 tag has {EM4100_BYTES}")
    return tag


def _hex_and_check(tag: bytes) -> bytes:
    check = reduce(lambda left, right: left ^ right, tag, 0)
    return (tag + bytes([check])).hex().upper().encode("ascii")


def id12_frame(tag: bytes) -> bytes:
    """ID-12 and ID-12LA (ID Innovations data sheet, "Output Data Structure - ASCII"), 9600 baud."""
    return STX + _hex_and_check(tag) + LINE_END + ETX


def rdm6300_frame(tag: bytes) -> bytes:
    """RDM630 and RDM6300 (Seeed data sheet): as ID-12, with nothing between checksum and ETX; 9600 baud."""
    return STX + _hex_and_check(tag) + ETX


def scanner_frame(text: str, symbology: str = "", prefix: bytes = b"", suffix: bytes = b"\r") -> bytes:
    """What a barcode scanner sends. `symbology` names the AIM identifier to put before the data; empty sends none."""
    identifier = AIM_IDENTIFIERS[symbology] if symbology else ""
    return prefix + (identifier + text).encode("utf-8") + suffix
