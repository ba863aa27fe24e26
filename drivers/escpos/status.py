"""What a printer says about itself: DLE EOT 1 to 4, one byte each (Epson ESC/POS, real-time status). Pure."""

from __future__ import annotations

from pos_engine.ports.devices import PrinterStatus

QUESTIONS = (1, 2, 3, 4)
OFFLINE = 0x08  # n=1
COVER_OPEN = 0x04  # n=2
STOPPED_FOR_PAPER = 0x20  # n=2
ERROR_STATE = 0x40  # n=2
ERRORS = 0x08 | 0x20 | 0x40  # n=3: cutter, unrecoverable, recovers by itself
NEAR_END = 0x0C  # n=4
PAPER_OUT = 0x60  # n=4

# Automatic status (GS a), its first three bytes
AUTOMATIC_OFFLINE, AUTOMATIC_COVER_OPEN = 0x08, 0x20
AUTOMATIC_ERRORS = 0x04 | 0x08 | 0x20 | 0x40  # recoverable, cutter, unrecoverable, recovers by itself
AUTOMATIC_NEAR_END, AUTOMATIC_PAPER_OUT = 0x03, 0x0C

# Real-time requests too: both make the printer forget what it has received and not yet printed
CLEAR_BUFFERS = bytes.fromhex("10140801031401060208")  # DLE DC4 8
CLEAR_AFTER_ERROR = bytes.fromhex("100502")  # DLE ENQ 2


def question(number: int) -> bytes:
    """DLE EOT n."""
    return bytes((0x10, 0x04, number))


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


def parse_automatic(status: bytes) -> PrinterStatus:
    """The meaning of the four bytes that the printer sends by itself."""
    first, errors, paper, _ = status
    paper_out, cover_open = bool(paper & AUTOMATIC_PAPER_OUT), bool(first & AUTOMATIC_COVER_OPEN)
    wrong = bool(errors & AUTOMATIC_ERRORS)
    unexplained = bool(first & AUTOMATIC_OFFLINE) and not (paper_out or cover_open or wrong)
    return PrinterStatus(
        online=True,
        paper_out=paper_out,
        paper_near_end=bool(paper & AUTOMATIC_NEAR_END),
        cover_open=cover_open,
        error=wrong or unexplained,
    )
