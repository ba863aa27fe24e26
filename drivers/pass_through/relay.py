"""What is passed on and what is held back, without I/O: bytes of the register and the time in, the printer's bytes out.

    passing ──cut──▶ deciding ──documents, or HOLD_S──▶ passing

Laws: what the register sends goes on in its order, and at once, but for a cut and what follows it while a coupon is
being decided; real-time requests go on even then; after `HOLD_S` the cut goes on whatever was decided; what is
printed in between leaves the printer as the register had set it.
"""

from __future__ import annotations

from drivers.pass_through.paper_text import PaperText
from drivers.pass_through.stream import Piece, PrinterStream

HOLD_S = 1.5  # a cashier has one second for a customer; after that the paper must come
HELD_BYTES_MAX = 65_536  # the next receipt; a register that sends more waits


class Relay:
    """The register's direction."""

    def __init__(self, encoding: str) -> None:
        """`encoding`: the code page that the printer has by itself."""
        self._stream = PrinterStream()
        self._text = PaperText(encoding)
        self._held: list[Piece] = []
        self._held_bytes = 0
        self._release_s: float | None = None
        self._receipt: tuple[str, ...] | None = None

    @property
    def full(self) -> bool:
        """Whether nothing more may be read from the register now."""
        return self._held_bytes >= HELD_BYTES_MAX

    @property
    def due_s(self) -> float | None:
        """When what is held goes on; None when nothing is held."""
        return self._release_s

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Bytes of the register → bytes for the printer now."""
        return self._pass(self._stream.feed(data), now_s)

    def take_receipt(self) -> tuple[str, ...] | None:
        """The lines of a receipt that has reached its cut: to be decided now; None when there is none."""
        receipt, self._receipt = self._receipt, None
        return receipt

    def decided(self, printout: bytes, now_s: float) -> bytes:
        """The decision: what goes before the cut, empty for nothing. Comes too late: nothing."""
        if self._release_s is None:
            return b""
        before = printout + self._text.restore() if printout else b""
        return before + self._release(now_s)

    def pass_time(self, now_s: float) -> bytes:
        """What the time that has passed lets go."""
        return self._release(now_s) if self._release_s is not None and now_s >= self._release_s else b""

    def _release(self, now_s: float) -> bytes:
        held, self._held, self._held_bytes, self._release_s = self._held, [], 0, None
        return held[0].data + self._pass(held[1:], now_s)

    def _pass(self, pieces: list[Piece], now_s: float) -> bytes:
        output = bytearray()
        for piece in pieces:
            if piece.kind == "real_time":
                output += piece.data
            elif self._release_s is not None:
                self._held.append(piece)
                self._held_bytes += len(piece.data)
            elif piece.kind == "cut":
                self._receipt = self._text.finish()
                self._release_s = now_s + HOLD_S
                self._held, self._held_bytes = [piece], len(piece.data)
            else:
                self._text.take(piece)
                output += piece.data
        return bytes(output)
