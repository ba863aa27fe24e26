"""The web address on an NTAG 424 tag: how it is laid out in the tag's file, and what a tap put into it. No I/O.

`https://shop.example/t?e=<32 hex: enciphered UID and counter>&c=<16 hex: MAC>` (NXP AN12196, 3). The MAC covers nothing
but UID and counter, as in the first example there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

FILE_BYTES = 256
PICC_DATA_DIGITS, MAC_DIGITS = 32, 16
URI_RECORD = 0xD1  # NDEF: one short record of a well-known type, begin and end of the message
URI_TYPE = b"U"
SCHEMES = {0x00: "", 0x01: "http://www.", 0x02: "https://www.", 0x03: "http://", 0x04: "https://"}
"""NFC Forum URI record type definition 1.0, table 3."""
HTTPS = 0x04
HEAD_BYTES = 7  # two bytes of length, then record head, type length, payload length, type, scheme
BASE_CHARACTERS_MAX = 120

_BASE = re.compile(r"https://[A-Za-z0-9.\-]+(:\d+)?(/[A-Za-z0-9._~\-]*)*")


@dataclass(frozen=True)
class TagLayout:
    """The file as it is written, and where the tag puts its own digits."""

    content: bytes
    picc_data_at: int
    mac_at: int


@dataclass(frozen=True)
class TapAddress:
    """What an address says of a tap: nothing of it is proved yet."""

    picc_data: bytes
    mac: bytes


def layout_for(base: str) -> TagLayout:
    """The tag's file for a shop's address. ValueError when it is none that fits."""
    if not _BASE.fullmatch(base) or len(base) > BASE_CHARACTERS_MAX:
        raise ValueError(
            f"{base!r} must be an address such as https://shop.example/t, without ? and #, "
            f"of at most {BASE_CHARACTERS_MAX} characters"
        )
    text = base.removeprefix("https://") + "?e="
    picc_data_at = HEAD_BYTES + len(text)
    text += "0" * PICC_DATA_DIGITS + "&c="
    mac_at = HEAD_BYTES + len(text)
    text += "0" * MAC_DIGITS
    payload = bytes([HTTPS]) + text.encode("ascii")
    record = bytes([URI_RECORD, len(URI_TYPE), len(payload)]) + URI_TYPE + payload
    return TagLayout(len(record).to_bytes(2, "big") + record, picc_data_at, mac_at)


def address_in(content: bytes) -> str | None:
    """The address in an NDEF file; None when there is none."""
    record = content[2 : 2 + int.from_bytes(content[:2], "big")]
    head = record[:4]
    if len(record) < HEAD_BYTES - 2 or head[:2] != bytes([URI_RECORD, 1]) or head[3:4] != URI_TYPE:
        return None
    payload = record[4 : 4 + head[2]]
    if not payload:
        return None
    scheme = SCHEMES.get(payload[0])
    try:
        return None if scheme is None else scheme + payload[1:].decode("ascii")
    except UnicodeDecodeError:
        return None


def tap_in(address: str) -> TapAddress | None:
    """The tap that an address tells of, whoever read it (a reader here, a phone, a code on a screen)."""
    try:
        query = parse_qs(urlsplit(address.strip()).query)
    except ValueError:  # a code on a screen may hold half an address
        return None
    picc_data, mac = query.get("e", [""])[0], query.get("c", [""])[0]
    if not re.fullmatch(f"[0-9A-Fa-f]{{{PICC_DATA_DIGITS}}}", picc_data):
        return None
    if not re.fullmatch(f"[0-9A-Fa-f]{{{MAC_DIGITS}}}", mac):
        return None
    return TapAddress(bytes.fromhex(picc_data), bytes.fromhex(mac))
