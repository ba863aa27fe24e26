from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from firmware_sim.printer.interpreter import Interpreter
from firmware_sim.printer.paper import Receipt, TextRow
from firmware_sim.printer.status import PrinterState
from firmware_sim.printer.typesetter import Typesetter

COLUMNS = 20
CUT = b"\x1dV\x00"
Feeder = Callable[[Interpreter, bytes], None]


class Bench:
    """A printer without its line: bytes in, receipts and answers out."""

    def __init__(self, *, chinese: bool = False) -> None:
        self.receipts: list[Receipt] = []
        self.answers = b""
        self.state = PrinterState()
        self.interpreter = Interpreter(
            Typesetter(COLUMNS, self.state, self.receipts.append), self._answer, chinese=chinese
        )

    def _answer(self, data: bytes) -> None:
        self.answers += data

    def printed(self, data: bytes) -> Receipt:
        self.interpreter.feed(data + CUT)
        return self.receipts[-1]

    def text(self, data: bytes) -> str:
        return self.printed(data).text(COLUMNS)


def whole(interpreter: Interpreter, data: bytes) -> None:
    interpreter.feed(data)


def byte_by_byte(interpreter: Interpreter, data: bytes) -> None:
    for place in range(len(data)):
        interpreter.feed(data[place : place + 1])


def in_random_pieces(interpreter: Interpreter, data: bytes) -> None:
    source = random.Random(len(data))
    while data:
        size = source.randrange(1, 9)
        interpreter.feed(data[:size])
        data = data[size:]


RECEIPT = (
    b"\x1b@\x1bt\x13\x1ba\x01\x1d!\x11Caf\x82\n\x1d!\x00\x1ba\x00Total\t\xd5 6.40\n"
    b"\x1bE\x01bold\x1bE\x00\n\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x03\x1d(k\x0a\x001P0\x10\x04\x01SALE\x1d(k\x03\x001Q0"
    b"\x1dw\x02\x1dk\x02400638133393\x00\x1dk\x43\x0d4006381333931\x1dk\x49\x08{BCOUP-1"
    b"\x1dv0\x00\x02\x00\x02\x00\x1dV\x00\x1b\x1b*\x00\x02\x00\xff\x00\x1bd\x02\x1bp\x00\x19\xfa\x1dV\x42\x10"
)


@pytest.mark.parametrize("feed", [whole, byte_by_byte, in_random_pieces])
def test_a_receipt_reads_the_same_in_whatever_pieces_it_comes(feed: Feeder) -> None:
    bench = Bench()
    feed(bench.interpreter, RECEIPT)
    (receipt,) = bench.receipts
    assert receipt.text(COLUMNS).split("\n")[:3] == ["      Café", "Total   € 6.40", "bold"]
    assert [(code.symbology, code.data) for code in receipt.codes()] == [
        ("qr", "\x10\x04\x01SALE"),
        ("ean13", "4006381333931"),
        ("ean13", "4006381333931"),
        ("code128", "COUP-1"),
    ]
    assert receipt.drawer_pulses == 1
    assert receipt.cut == "partial"
    assert receipt.problems == []
    assert receipt.encodings == ["cp858"]


@pytest.mark.parametrize(
    ("page", "data", "text"),
    [
        (19, b"\xd5 \x84\x94\x81", "€ äöü"),
        (18, b"\x9f\xe7\xd8", "čšě"),
        (45, b"\xe8\x9a\x80", "čš€"),
        (16, b"\x80\xe9", "€é"),
    ],
)
def test_code_pages(page: int, data: bytes, text: str) -> None:
    assert Bench().text(b"\x1bt" + bytes([page]) + data) == text + "\n"


def test_a_reset_brings_back_the_first_code_page() -> None:
    assert Bench().text(b"\x1bt\x13\xd5\n\x1b@\xd5\n") == "€\n╒\n"


def test_chinese_characters_are_two_cells_wide() -> None:
    bench = Bench()
    receipt = bench.printed(b"\x1c&" + "咖啡€半价".encode("gb18030") + b"\x1c.\x1bt\x13\xd5\n")
    (row,) = [row for row in receipt.rows if isinstance(row, TextRow)]
    assert row.text == "咖啡€半价€"
    assert row.columns == 4 * 2 + sum(1 for _ in "€€")
    assert receipt.encodings == ["gb18030", "cp858"]


def test_a_chinese_model_reads_two_bytes_after_a_reset() -> None:
    assert Bench(chinese=True).text(b"\x1b@" + "优惠".encode("gb18030")) == "优惠\n"


def test_a_long_line_is_wrapped_at_the_papers_width() -> None:
    assert Bench().text(b"a" * 25) == "a" * 20 + "\n" + "a" * 5 + "\n"
    assert Bench().text(b"\x1d!\x10" + b"b" * 11) == "b" * 10 + "\n" + "b" + "\n"


def test_alignment_counts_only_at_the_beginning_of_a_line() -> None:
    assert Bench().text(b"ab\x1ba\x02c\nd\n") == "abc\nd\n"
    assert Bench().text(b"\x1ba\x02ab\n") == " " * 18 + "ab\n"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x1bt\xc8x", "code page 200"),
        (b"\x1b\x7fx", "unknown command 1B7F"),
        (b"x\x1dk\x43\x0d4006381333930", "wrong check digit"),
        (b"x\x1dk\x49\x04COUP", "{A, {B or {C"),
        (b"x\x1dw\x06\x1dk\x43\x0d4006381333931", "570 dots wide"),
        (b"x\x1d(k\x03\x001Q0", "no data were stored"),
        (b"\x01x", "control byte 01"),
        (b"\x1bt\x10\x81x", "is nothing in cp1252"),
    ],
)
def test_what_a_printer_would_swallow_is_noted(data: bytes, problem: str) -> None:
    receipt = Bench().printed(data)
    assert len(receipt.problems) == 1
    assert problem in receipt.problems[0]
    assert receipt.codes() == []


def test_paper_that_ends_in_the_middle_stops_the_print_and_keeps_the_rest() -> None:
    bench = Bench()
    bench.state.paper_lines = 2
    bench.interpreter.feed(b"1\n2\n3\n4\n" + CUT)
    assert bench.receipts == []
    assert bench.interpreter.waiting_bytes == len(b"3\n4\n" + CUT)
    bench.state.paper_lines = 100
    bench.interpreter.run()
    assert bench.receipts[0].text(COLUMNS) == "1\n2\n3\n4\n"


def test_a_cut_through_empty_paper_is_no_receipt() -> None:
    bench = Bench()
    bench.interpreter.feed(b"\x1b@\n\n" + CUT)
    assert bench.receipts == []


def test_paper_status_and_automatic_status_are_told_when_asked() -> None:
    bench = Bench()
    bench.interpreter.feed(b"\x1dr\x01\x1da\xff")
    assert bench.answers == b"\x00" + b"\x10\x00\x00\x00"


def test_a_picture_larger_than_any_paper_does_not_swallow_what_follows() -> None:
    receipt = Bench().printed(b"\x1dv0\x00\xff\xff\xff\xffafter\n")
    assert receipt.text(COLUMNS) == "after\n"
    assert "larger" in receipt.problems[0]


def test_nonsense_never_breaks_the_printer() -> None:
    seed = 20261121
    source = random.Random(seed)
    for run in range(500):
        bench = Bench()
        noise = source.randbytes(source.randrange(1, 400))
        in_random_pieces(bench.interpreter, noise)
        again = Bench()
        whole(again.interpreter, noise)
        assert again.receipts == bench.receipts, f"seed {seed}, run {run}"
        assert again.interpreter.waiting_bytes == bench.interpreter.waiting_bytes, f"seed {seed}, run {run}"
