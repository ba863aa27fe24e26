"""Text on paper: width in columns (wide East Asian characters take two), wrapping, code pages, characters a page lacks.

Pure. What comes from a shop's catalogue may hold anything: control characters never reach the printer, where they would
be commands.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.address import CodePage

WIDE = ("W", "F")  # Unicode standard annex 11: wide and full-width
REPLACEMENT = "?"
NO_BREAK = "\u00a0"  # keeps an amount together while lines are broken; a plain space on paper
NO_BREAK_TOO = str.maketrans({"\u202f": NO_BREAK, "\u2007": NO_BREAK})  # French thousands; figure space
# Better than a question mark where a page lacks the character
SPELLED = str.maketrans(
    {
        "€": "EUR",
        "\u2009": " ",
        "¥": "\uffe5",  # GB 18030 has the full-width one among its two-byte characters
        "\u2212": "-",  # minus sign
        "\u2013": "-",
        "\u2014": "-",
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2026": "...",
        "\u2022": "*",
        "\u00d7": "x",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "œ": "oe",
        "Œ": "OE",
    }
)


@dataclass(frozen=True)
class Page:
    """A character set of the printer: what selects it, and Python's codec for it."""

    select: bytes
    codec: str


PAGES: dict[CodePage, Page] = {
    "cp437": Page(b"\x1bt\x00", "cp437"),
    "cp850": Page(b"\x1bt\x02", "cp850"),
    "cp1252": Page(b"\x1bt\x10", "cp1252"),
    "cp1250": Page(b"\x1bt\x2d", "cp1250"),
    "cp866": Page(b"\x1bt\x11", "cp866"),
    "cp852": Page(b"\x1bt\x12", "cp852"),
    "cp858": Page(b"\x1bt\x13", "cp858"),
    "gb18030": Page(b"\x1c&", "gb18030"),  # FS &: double-byte characters on
}
PAGE_OF_LANGUAGE: dict[str, CodePage] = {
    "cs": "cp852",
    "sk": "cp852",
    "pl": "cp852",
    "hu": "cp852",
    "sl": "cp852",
    "hr": "cp852",
    "zh": "gb18030",
}
EURO = "€"
EURO_IN_CP858 = b"\xd5"
FIRST_TEXT_BYTE = 0x20  # what lies below is a command to the printer
GB18030_BYTES_MAX = 2  # printers know the two-byte part of GB 18030 only


def page_for(language: str, default: CodePage) -> Page:
    """The page of a language (`zh-CN` counts as `zh`), else the printer's own.

    A printer that is set to CP 1250 prints the languages of CP 852 in that.
    """
    own = PAGE_OF_LANGUAGE.get(language.partition("-")[0].casefold(), default)
    return PAGES["cp1250" if (own, default) == ("cp852", "cp1250") else own]


def encode_text(text: str, page: Page) -> bytes:
    """The bytes that print a `printable` text on that page; what is no text in them becomes `?`."""
    return b"".join(_encode_character(character, page) for character in text)


def printable(text: str, page: Page) -> str:
    """The text as that page will show it, so that widths are counted on what is printed. Line breaks stay."""
    kept = "".join(" " if c == "\t" else c for c in text if c in "\n\t" or not unicodedata.category(c).startswith("C"))
    composed = unicodedata.normalize("NFC", kept).translate(NO_BREAK_TOO)
    return "".join(c if c in {"\n", NO_BREAK} else _substitute(c, page) for c in composed)


def columns_of(text: str) -> int:
    """How many columns the text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in WIDE else 1 for c in text if not unicodedata.combining(c))


def wrap(text: str, columns: int) -> tuple[str, ...]:
    """Lines of at most that many columns, broken at spaces, or inside a word that is longer than a line.

    Spaces at the beginning of a paragraph indent all of its lines, by half the line at most.
    """
    return tuple(line for paragraph in text.split("\n") for line in _wrapped(paragraph, columns))


def _wrapped(paragraph: str, columns: int) -> Iterator[str]:
    indent = " " * min(len(paragraph) - len(paragraph.lstrip(" ")), columns // 2)
    room = columns - len(indent)
    line = ""
    for word in filter(None, paragraph.split(" ")):
        joined = f"{line} {word}" if line else word
        if columns_of(joined) <= room:
            line = joined
            continue
        if line:
            yield indent + line
        *full, line = _pieces(word, room)
        yield from (indent + piece for piece in full)
    yield indent + line if line else ""


def aligned_right(text: str, columns: int) -> str:
    """The text with spaces before it that fill the line."""
    return " " * max(0, columns - columns_of(text)) + text


def _pieces(word: str, columns: int) -> Iterator[str]:
    piece = ""
    for character in word:
        if piece and columns_of(piece + character) > columns:
            yield piece
            piece = ""
        piece += character
    yield piece


def _encode_character(character: str, page: Page) -> bytes:
    if character == NO_BREAK:
        return b" "
    if character == EURO and _borrows_euro(page):
        return PAGES["cp858"].select + EURO_IN_CP858 + page.select
    try:
        encoded = character.encode(page.codec)
    except UnicodeEncodeError:
        return REPLACEMENT.encode("ascii")
    return encoded if encoded[0] >= FIRST_TEXT_BYTE else REPLACEMENT.encode("ascii")


def _substitute(character: str, page: Page) -> str:
    if _fits(character, page):
        return character
    spelled = character.translate(SPELLED)
    if spelled == character:
        spelled = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return spelled if spelled and all(_fits(c, page) for c in spelled) else REPLACEMENT


def _borrows_euro(page: Page) -> bool:
    """CP 852 has no euro sign; who has that page has CP 858 too, and lends it for one character."""
    return page.codec == "cp852"


def _fits(character: str, page: Page) -> bool:
    if character == EURO and _borrows_euro(page):
        return True
    try:
        return len(character.encode(page.codec)) <= GB18030_BYTES_MAX
    except UnicodeEncodeError:
        return False
