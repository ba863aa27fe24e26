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
    "gs1_qr": "]Q3",
    "datamatrix": "]d1",
    "gs1_datamatrix": "]d2",
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


STRIPE = {1: ("%", 0x20, 6), 2: (";", 0x30, 4), 3: ("+", 0x30, 4)}
"""Track → start sentinel, character that is zero on the stripe, data bits of a character (ISO/IEC 7811-6)."""


def stripe_lrc(track: int, text: str) -> str:
    """The check character that stands behind a track's end sentinel; `text` from sentinel to sentinel."""
    _, zero, _ = STRIPE[track]
    check = 0
    for character in text:
        check ^= ord(character) - zero
    return chr(check + zero)


def stripe_bits(track: int, text: str) -> str:
    """What a magnetic head reads: each character's data bits, lowest first, and a bit that makes the ones odd."""
    _, zero, width = STRIPE[track]
    bits = ""
    for character in text:
        data = f"{ord(character) - zero:0{width}b}"[::-1]
        bits += data + ("0" if data.count("1") % 2 else "1")
    return bits


def swipe_frame(tracks: dict[int, str], *, stx: bool = False, end: bytes = b"\r", lrc: bool = False) -> bytes:
    """MagTek RS-232 swipe readers (99875243): the tracks in order between their sentinels; an unread one is E."""
    text = ""
    for track, data in sorted(tracks.items()):
        marked = f"{STRIPE[track][0]}{data}?"
        text += marked + (stripe_lrc(track, marked) if lrc and data != "E" else "")
    return (STX if stx else b"") + text.encode("ascii") + end
