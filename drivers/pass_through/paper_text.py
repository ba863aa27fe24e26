"""The text a register has printed since the last cut, and the settings it has left the printer with. No I/O.

The code page is the printer's own after ESC @ and after power on; ESC t sets another. What a register sets once a day
must be there again after a coupon was printed in between.
"""

from __future__ import annotations

import codecs

from drivers.pass_through.stream import Piece, PrinterStream

LINES_MAX = 2_000  # 500 lines of goods with what stands around them
LINE_BYTES_MAX = 512
LF, FF, CR, HT = b"\n", b"\x0c", b"\r", b"\t"
# ESC t n (Epson TM reference; makers differ above 19, which is why a template may say more)
CODE_PAGES = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
    45: "cp1250",
}
INITIALISE = b"\x1b@"
CODE_PAGE = b"\x1bt"
FEEDS = (b"\x1bd", b"\x1bJ")  # print what is in the line, and feed
# Commands whose last value stays until ESC @: fonts, alignment, spacing, code pages, areas, how barcodes look
STICKY = frozenset(
    {b"\x1b" + letter for letter in (b"!", b"-", b"3", b"2", b"E", b"G", b"M", b"R", b"V", b"a", b"t", b"{", b" ")}
    | {b"\x1d" + letter for letter in (b"!", b"B", b"H", b"L", b"P", b"W", b"a", b"b", b"f", b"h", b"w")}
    | {b"\x1c" + letter for letter in (b"!", b"&", b".", b"C", b"S", b"W")}
)
OPPOSITES = {b"\x1b3": b"\x1b2", b"\x1b2": b"\x1b3", b"\x1c&": b"\x1c.", b"\x1c.": b"\x1c&"}


class PaperText:
    """What stands on the paper since the last cut."""

    def __init__(self, encoding: str = "cp437") -> None:
        """`encoding`: the printer's own code page."""
        codecs.lookup(encoding)
        self._own = encoding
        self._encoding = encoding
        self._line = bytearray()
        self._lines: list[str] = []
        self._sticky: dict[bytes, bytes] = {}

    def take(self, piece: Piece) -> None:
        """One piece of the stream."""
        match piece.kind:
            case "text":
                self._line += piece.data[: max(0, LINE_BYTES_MAX - len(self._line))]
            case "control":
                if piece.data in (LF, FF):
                    self._end_line()
                elif piece.data == HT:
                    self._line += b" "
            case "command":
                self._command(piece.data)
            case "data" | "cut" | "real_time":
                return

    def finish(self) -> tuple[str, ...]:
        """The lines since the last cut; the next receipt begins."""
        self._end_begun_line()
        lines = tuple(self._lines)
        self._lines.clear()
        return lines

    def restore(self) -> bytes:
        """What brings the printer back to where the register left it, after something else was printed."""
        return INITIALISE + b"".join(self._sticky.values())

    def _command(self, command: bytes) -> None:
        name = command[:2]
        if command == INITIALISE:
            self._end_begun_line()
            self._sticky.clear()
            self._encoding = self._own
        elif name in FEEDS:
            self._end_begun_line()
        if name in STICKY:
            self._sticky.pop(OPPOSITES.get(name, b""), None)
            self._sticky[name] = command
        if name == CODE_PAGE:
            # the line is decoded when it ends: one code page for each line is how registers print
            self._encoding = CODE_PAGES.get(command[2], self._own)

    def _end_begun_line(self) -> None:
        if self._line:
            self._end_line()

    def _end_line(self) -> None:
        text = self._line.decode(self._encoding, "replace").rstrip()
        self._line.clear()
        if len(self._lines) < LINES_MAX:
            self._lines.append(text)


def papers(data: bytes, encoding: str) -> list[tuple[str, ...]]:
    """The lines of each receipt in what a register has sent: what stands before a cut, and at the end without one."""
    text = PaperText(encoding)
    found: list[tuple[str, ...]] = []
    for piece in PrinterStream().feed(data):
        text.take(piece)
        if piece.kind == "cut":
            found.append(text.finish())
    rest = text.finish()
    return [*found, rest] if any(rest) else found
