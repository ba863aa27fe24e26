"""Chinese receipts, judged by a decoder that is not Python's: iconv of the C library, another table of GB 18030.

A printer reads text in two bytes (GB 2312 and GBK) or four; single bytes are ASCII. What iconv reads back must be the
text that was to be printed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import pos_engine.words
from drivers.escpos.layout import NO_BREAK, PAGES, encode_text, printable

PAGE = PAGES["gb18030"]
MOVED = {0x1E3F, *range(0x9FB4, 0x9FBC), *range(0xFE10, 0xFE1A)}
"""Rare characters whose bytes the standard itself changed (2005, 2022): decoders differ by their age."""
CATALOGUE = Path(pos_engine.words.__file__).parent / "catalogues" / "zh.json"

pytestmark = pytest.mark.skipif(shutil.which("iconv") is None, reason="no iconv (Debian package libc-bin)")


def read_back(printed: bytes) -> str:
    read = subprocess.run(["iconv", "-f", "GB18030", "-t", "UTF-8"], input=printed, capture_output=True, check=True)
    return read.stdout.decode("utf-8")


def test_every_sentence_of_the_catalogue_is_printed_as_it_stands() -> None:
    sentences = [text.replace("\n", " ") for text in json.loads(CATALOGUE.read_text(encoding="utf-8")).values()]
    shown = [printable(text, PAGE) for text in sentences]
    assert read_back(b"\n".join(encode_text(text, PAGE) for text in shown)).split("\n") == shown
    # nothing of it was lost on the way to the printer: all Chinese characters are still there
    for text, printed in zip(sentences, shown, strict=True):
        assert [c for c in text if "\u4e00" <= c <= "\u9fff"] == [c for c in printed if "\u4e00" <= c <= "\u9fff"]


def test_every_character_there_is_reads_back_as_what_the_driver_meant_to_print() -> None:
    characters = [chr(c) for c in range(0x20, 0x30000) if not 0xD800 <= c <= 0xDFFF and c not in MOVED]
    shown = [printable(character, PAGE).replace("\n", " ") for character in characters]
    printed = b"\n".join(encode_text(text, PAGE) for text in shown)
    assert read_back(printed).split("\n") == [text.replace(NO_BREAK, " ") for text in shown]


def test_two_lines_of_a_receipt_byte_for_byte() -> None:
    # GB 2312-80: rows 40, 34, 35 and 16 for the bread, row 3 for the full-width yen sign
    assert encode_text(printable("全麦面包", PAGE), PAGE) == bytes.fromhex("c8abc2f3c3e6b0fc")
    assert encode_text(printable("¥12", PAGE), PAGE) == bytes.fromhex("a3a4") + b"12"
