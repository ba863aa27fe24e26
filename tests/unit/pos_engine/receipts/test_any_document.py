"""Any document at all: it is printed without a fault, never wider than the paper, and no text in it is a command."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.address import Paper
from drivers.escpos.encoder import encode_document
from drivers.escpos.layout import PAGES
from firmware_sim.printer.interpreter import Interpreter
from firmware_sim.printer.paper import Receipt, TextRow
from firmware_sim.printer.status import PrinterState
from firmware_sim.printer.typesetter import Typesetter
from pos_engine import words
from pos_engine.ports.devices import DeviceError
from pos_engine.ports.document import (
    Barcode,
    Block,
    Columns,
    Cut,
    Document,
    OpenDrawer,
    QrCode,
    Rule,
    Space,
    Text,
)
from pos_engine.receipts.pdf import pdf_of
from pos_engine.receipts.plain import WIDTH_MIN, text_of
from pos_engine.receipts.rows import cells

EVIL = (
    "Brot\x1b@\x1dV\x00",  # initialise, cut
    "Bob\x1bp\x00\x19\xfa",  # open the drawer
    "\x10\x14\x01\x00\x05",  # open it at once
    "\x10\x14\x02\x01\x08",  # switch the printer off
    "\x10\x04\x01\x10\x04\x04",  # answer a status
    "\x1c.\x1bt\x13 code page",
    "\x1d(k\x03\x001Q0",
    "\x9b7;\x90q\x9c",  # C1 controls
    "\u202eright to left\u202c\u200b\ufeff",
    "line\nbreak\rreturn\x0bfeed\x0c",
)
texts = st.one_of(st.text(max_size=70), st.sampled_from(EVIL), st.text("面包ÄČ€ \u00a0\u202f1,.", max_size=60))
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, texts, st.sampled_from(["left", "center", "right"]), st.booleans(), st.booleans()),
    st.builds(Columns, texts, texts, st.booleans()),
    st.builds(Rule),
    st.builds(Space, st.integers(0, 3)),
    st.builds(Cut),
)
documents = st.builds(Document, st.lists(blocks, max_size=8).map(tuple), st.sampled_from([*words.LANGUAGES, "xx", ""]))
columns = st.sampled_from([32, 42, 48])


def printed(chunks: tuple[bytes, ...], width: int) -> list[Receipt]:
    """The pieces of paper that come out of the simulated printer, and what is still in it."""
    pieces: list[Receipt] = []
    replies: list[bytes] = []
    typesetter = Typesetter(width, PrinterState(), pieces.append)
    interpreter = Interpreter(typesetter, replies.append)
    for chunk in chunks:
        interpreter.feed(chunk)
        assert interpreter.waiting_bytes == 0, "a command reached into the next block"
    typesetter.cut("power_off")
    assert replies == []
    return pieces


@given(document=documents, width=columns, codepage=st.sampled_from(sorted(PAGES)))
@example(document=Document(tuple(Text(name) for name in EVIL), "de"), width=32, codepage="cp858")
@example(document=Document(tuple(Columns(name, name) for name in EVIL), "zh"), width=48, codepage="gb18030")
def test_paper_has_text_and_nothing_that_a_text_ordered(document: Document, width: int, codepage: str) -> None:
    chunks = encode_document(document, Paper(columns=width, codepage=codepage))  # type: ignore[arg-type]
    assert not any(request in b"".join(chunks) for request in (b"\x10\x04", b"\x10\x05", b"\x10\x14"))
    pieces = printed(chunks, width)
    assert sum(piece.cut == "partial" for piece in pieces) <= sum(isinstance(block, Cut) for block in document.blocks)
    for piece in pieces:
        assert piece.drawer_pulses == 0
        assert piece.problems == []
        assert all(row.columns <= width for row in piece.rows if isinstance(row, TextRow))


@given(document=documents, width=st.integers(WIDTH_MIN, 64))
def test_the_preview_is_never_wider_and_has_no_control_characters(document: Document, width: int) -> None:
    text = text_of(document, width)
    assert all(cells(line) <= width for line in text.split("\n"))
    assert not any(unicodedata.category(character) == "Cc" for character in text.replace("\n", ""))


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_document_of_commands_makes_a_pdf(language: str) -> None:
    made = pdf_of(Document((*(Text(name) for name in EVIL), *(Columns(name, name) for name in EVIL)), language))
    assert made.startswith(b"%PDF-")


@given(data=st.text(st.characters(codec="ascii"), max_size=20), symbology=st.sampled_from(["code128", "ean13"]))
@example(data="160401", symbology="code128")  # as pairs of digits: DLE EOT 1
@example(data="1620010001", symbology="code128")  # DLE DC4: the drawer
@example(data="1620020108", symbology="code128")  # DLE DC4: power off
def test_a_code_is_printed_as_it_is_or_refused(data: str, symbology: str) -> None:
    for block in (Barcode(symbology, data), QrCode(data)):  # type: ignore[arg-type]
        document = Document((block,))
        if not scannable(block):
            with pytest.raises(DeviceError, match="cannot be printed"):
                encode_document(document, Paper(columns=48))
            continue
        chunks = encode_document(document, Paper(columns=48))
        assert not any(request in b"".join(chunks) for request in (b"\x10\x04", b"\x10\x05", b"\x10\x14"))
        (piece,) = printed(chunks, 48)
        assert piece.problems == []
        assert [code.data for code in piece.codes()] == [data]


def scannable(block: Barcode | QrCode) -> bool:
    """Said anew, from the symbologies' own rules: what a code may hold."""
    text = all(" " <= character <= "~" for character in block.data) and bool(block.data)
    if isinstance(block, QrCode):
        return text
    if block.symbology == "code128":
        return text and (len(block.data) <= 20)
    digits = [int(digit) for digit in block.data] if len(block.data) == 13 and block.data.isdigit() else [1]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_only_the_drawer_block_opens_the_drawer() -> None:
    (piece,) = printed(encode_document(Document((OpenDrawer(),)), Paper()), 42)
    assert piece.drawer_pulses == 1
