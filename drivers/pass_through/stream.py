"""The bytes of a register to an ESC/POS printer, cut into what matters: text, the cut, real-time requests. No I/O.

Laws: every byte comes out again, once and in order; a byte inside image, barcode or character data is never a command;
nothing waits for more than the command it may belong to, which has `HEAD_BYTES_MAX` bytes at most; a command that is
not known has no data. Lengths are those of the Epson ESC/POS command reference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

HEAD_BYTES_MAX = 10
ESC, FS, GS, DLE = 0x1B, 0x1C, 0x1D, 0x10
LEADS = frozenset({ESC, FS, GS, DLE})
EOT, ENQ, DC4 = 0x04, 0x05, 0x14  # what makes a real-time request after DLE
EOT_WITH_ARGUMENT = (7, 8, 18)
CONTROL_MAX = 0x20  # what lies below is no character

PieceKind = Literal["text", "control", "command", "data", "cut", "real_time"]


@dataclass(frozen=True)
class Piece:
    """A run of bytes of one kind. `control`: a single control character; `command`: one whole head of a command."""

    kind: PieceKind
    data: bytes


MORE: Final = 0
Measure = Callable[[bytes], tuple[int, int]]
"""A head so far → length of the head (MORE: not known yet) and length of the data after it (NUL_ENDED: up to a 0)."""
NUL_ENDED: Final = -1
THREE: Final = 3  # lead, letter, and the parameter that tells the rest
USER_CHARACTER_COLUMNS = 12  # of font A; what is defined narrower is set-up that no receipt holds


def _plain(length: int) -> Measure:
    return lambda _: (length, 0)


def _little(head: bytes, start: int, count: int) -> int:
    return int.from_bytes(head[start : start + count], "little")


def _sized(head_length: int, size: Callable[[bytes], int]) -> Measure:
    return lambda head: (head_length, size(head)) if len(head) >= head_length else (MORE, 0)


def _esc_star(head: bytes) -> int:
    return _little(head, 3, 2) * (3 if head[2] in (32, 33) else 1)


def _gs_v_cut(head: bytes) -> tuple[int, int]:
    if len(head) < THREE:
        return MORE, 0
    return (3 if head[2] in (0, 1, 48, 49) else 4), 0


def _gs_k(head: bytes) -> tuple[int, int]:
    if len(head) < THREE:
        return MORE, 0
    if head[2] <= 6:  # noqa: PLR2004 - function A: the code ends with NUL
        return 3, NUL_ENDED
    return (4, head[3]) if len(head) > 3 else (MORE, 0)  # noqa: PLR2004 - function B: its length stands in front


def _gs_8l(head: bytes) -> tuple[int, int]:
    return (7, _little(head, 3, 4)) if len(head) >= 7 else (MORE, 0)  # noqa: PLR2004 - GS 8 L p1 p2 p3 p4


def _dle(head: bytes) -> tuple[int, int]:
    if len(head) < THREE:
        return MORE, 0
    if head[1] == DC4:  # drawer pulse, power off, clear buffers
        return {1: 5, 2: 5, 8: 10}.get(head[2], 3), 0
    return (4 if head[1] == EOT and head[2] in EOT_WITH_ARGUMENT else 3), 0


_P: Final = _sized(5, lambda head: _little(head, 3, 2))  # lead, (, function, pL, pH


def _user_characters(head: bytes) -> int:
    """ESC & y c1 c2: each character is its width and y bytes for each column; counted as of the full width."""
    return max(0, head[4] - head[3] + 1) * (1 + head[2] * USER_CHARACTER_COLUMNS)


def _raster(head: bytes) -> int:
    return _little(head, 4, 2) * _little(head, 6, 2)


_ESC: dict[str, Measure] = (
    dict.fromkeys("!-%=?ERTUVaeu3JdrtMG{ KA", _plain(3))
    | dict.fromkeys("@2LSim<v", _plain(2))
    | dict.fromkeys("$\\cB", _plain(4))
    | {"p": _plain(5), "W": _plain(10), "D": lambda _: (2, NUL_ENDED)}
    | {"*": _sized(5, _esc_star), "(": _P, "&": _sized(5, _user_characters)}
)
_GS: dict[str, Measure] = (
    dict.fromkeys("!/BEHITabfhrwz", _plain(3))
    | dict.fromkeys(":c", _plain(2))
    | dict.fromkeys("$LPW\\", _plain(4))
    | {"^": _plain(5), "C": _plain(5), "g": _plain(6), "V": _gs_v_cut, "k": _gs_k, "(": _P, "8": _gs_8l}
    | {"*": _sized(4, lambda head: head[2] * head[3] * 8), "v": _sized(8, _raster), "Q": _sized(8, _raster)}
)
_FS: dict[str, Measure] = (
    dict.fromkeys("!-CW", _plain(3))
    | dict.fromkeys("&.", _plain(2))
    | {"S": _plain(4), "p": _plain(4), "?": _plain(4), "2": _sized(4, lambda _: 72), "(": _P}
)


CUTS = (b"\x1dV", b"\x1bi", b"\x1bm")


class PrinterStream:
    """Feed bytes of any number, get pieces."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._data_left = 0
        self._until_nul = False

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that these bytes complete, in order."""
        pieces: list[Piece] = []
        at = 0
        while at < len(data):
            if self._data_left:
                end = min(len(data), at + self._data_left)
                self._data_left -= end - at
                pieces.append(Piece("data", data[at:end]))
            elif self._until_nul:
                nul = data.find(0, at)
                end = len(data) if nul < 0 else nul + 1
                self._until_nul = nul < 0
                pieces.append(Piece("data", data[at:end]))
            elif self._head or data[at] in LEADS:
                end = at + 1
                self._head.append(data[at])
                self._settle(pieces)
            elif data[at] < CONTROL_MAX:
                end = at + 1
                pieces.append(Piece("control", data[at:end]))
            else:
                end = at + 1
                while end < len(data) and data[end] >= CONTROL_MAX:
                    end += 1
                pieces.append(Piece("text", data[at:end]))
            at = end
        return pieces

    @property
    def waiting(self) -> bytes:
        """The head of a command that is not whole yet: it has not come out."""
        return bytes(self._head)

    def _settle(self, pieces: list[Piece]) -> None:
        head = bytes(self._head)
        if len(head) == 2 and head[0] == DLE and head[1] not in (EOT, ENQ, DC4):  # noqa: PLR2004 - DLE and what follows
            self._head.clear()
            pieces.append(Piece("control", head[:1]))
            pieces.extend(self.feed(head[1:]))
            return
        length, data_length = _measure(head)
        if length == MORE and len(head) < HEAD_BYTES_MAX:
            return
        if length > len(head):
            return
        self._head.clear()
        kind: PieceKind = "cut" if head[:2] in CUTS else "real_time" if head[0] == DLE else "command"
        pieces.append(Piece(kind, head))
        if data_length == NUL_ENDED:
            self._until_nul = True
        else:
            self._data_left = data_length


def _measure(head: bytes) -> tuple[int, int]:
    if head[0] == DLE:
        return _dle(head)
    if len(head) == 1:
        return MORE, 0
    known = {ESC: _ESC, GS: _GS, FS: _FS}[head[0]].get(chr(head[1]))
    return (2, 0) if known is None else known(head)
