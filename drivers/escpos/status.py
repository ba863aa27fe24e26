"""What a printer says about itself: DLE EOT 1 to 4, one byte each (Epson ESC/POS, real-time status). Pure."""

from __future__ import annotations

from pos_engine.ports.devices import PrinterStatus

QUESTIONS = (1, 2, 3, 4)
# Bits 0, 1, 4 and 7 are fixed in every real-time status byte, so that it can be told from anything else on the line
FIXED_MASK, FIXED_BITS = 0b1001_0011, 0b0001_0010

OFFLINE = 0x08  # n=1
COVER_OPEN = 0x04  # n=2
STOPPED_FOR_PAPER = 0x20  # n=2
ERROR_STATE = 0x40  # n=2
ERRORS = 0x08 | 0x20 | 0x40  # n=3: cutter, unrecoverable, recovers by itself
NEAR_END = 0x0C  # n=4
PAPER_OUT = 0x60  # n=4

# GS r 1 goes through the printer's buffer: its answer means that everything before it was worked off. Bits 4, 7 are 0.
PAPER_QUESTION = b"\x1dr\x01"
BUFFERED_MASK = 0b1001_0000

# Real-time requests too: both make the printer forget what it has received and not yet printed
CLEAR_BUFFERS = bytes.fromhex("10140801031401060208")  # DLE DC4 8
CLEAR_AFTER_ERROR = bytes.fromhex("100502")  # DLE ENQ 2


def question(number: int) -> bytes:
    """DLE EOT n."""
    return bytes((0x10, 0x04, number))


def is_status_byte(byte: int) -> bool:
    """Whether this can be an answer to DLE EOT."""
    return byte & FIXED_MASK == FIXED_BITS


def is_buffered_answer(byte: int) -> bool:
    """Whether this can be the answer to GS r 1."""
    return byte & BUFFERED_MASK == 0


def parse_status(answers: tuple[int, int, int, int]) -> PrinterStatus:
    """The meaning of the four answers in order."""
    offline, cause, error, paper = answers
    paper_out = bool(paper & PAPER_OUT or cause & STOPPED_FOR_PAPER)
    cover_open = bool(cause & COVER_OPEN)
    wrong = bool(error & ERRORS or cause & ERROR_STATE)
    # off line for none of the reasons it can name is a trouble all the same
    unexplained = bool(offline & OFFLINE) and not (paper_out or cover_open or wrong)
    return PrinterStatus(
        online=True,
        paper_out=paper_out,
        paper_near_end=bool(paper & NEAR_END),
        cover_open=cover_open,
        error=wrong or unexplained,
    )
