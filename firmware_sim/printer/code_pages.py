"""Code pages of an ESC/POS printer (Epson TM reference, ESC t) and the Chinese character mode (FS &)."""

from __future__ import annotations

import codecs

CODE_PAGES = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    13: "cp857",
    14: "cp737",
    15: "iso8859-7",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
    33: "cp775",
    34: "cp855",
    36: "cp862",
    37: "cp864",
    39: "iso8859-2",
    40: "iso8859-15",
    45: "cp1250",
    46: "cp1251",
    47: "cp1253",
    48: "cp1254",
    49: "cp1255",
    50: "cp1256",
    51: "cp1257",
    52: "cp1258",
}
DEFAULT_CODE_PAGE = 0
CHINESE = "gb18030"


def chinese_length(data: bytes) -> int:
    """Bytes of the first GB18030 character: 1, 2 or 4; 0 when more bytes are needed to tell."""
    if data[0] < 0x81 or data[0] == 0xFF:
        return 1
    if len(data) < 2:
        return 0
    if 0x30 <= data[1] <= 0x39:
        return 4 if len(data) >= 4 else 0
    return 2


def decode(data: bytes, encoding: str) -> str:
    """The characters; a byte that the code page does not have is shown as a replacement character."""
    return codecs.decode(data, encoding, "replace")
