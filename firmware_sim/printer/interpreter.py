"""Reads the byte stream that goes to an ESC/POS printer. Written from the Epson TM reference, not from any driver.

Laws: a command is carried out when all its bytes are there, whatever pieces they came in; what is not known is
noted as a problem of the receipt, never guessed; nothing is printed while the mechanism cannot move, the bytes wait.
Real-time requests (DLE) are answered elsewhere, before this buffer; here they are stepped over.
"""

from __future__ import annotations

from collections.abc import Callable

from firmware_sim.printer.code_pages import CHINESE, CODE_PAGES, DEFAULT_CODE_PAGE, chinese_length, decode
from firmware_sim.printer.graphics import Graphics
from firmware_sim.printer.paper import LINE_DOTS, Align
from firmware_sim.printer.typesetter import Typesetter

DLE, ESC, FS, GS = 0x10, 0x1B, 0x1C, 0x1D
LF, CR, HT = 0x0A, 0x0D, 0x09
ALIGNS: tuple[Align, ...] = ("left", "center", "right")
REAL_TIME_LENGTHS = {0x04: 3, 0x05: 3}
"""DLE EOT n, DLE ENQ n."""
REAL_TIME_FUNCTION = 0x14
REAL_TIME_FUNCTION_LENGTHS = {1: 5, 2: 5, 7: 4, 8: 10}
"""DLE DC4 fn …: drawer, power off, status by request, clear the buffers."""
PROCESS_ID_REQUEST = b"\x1d(H"
PROCESS_ID_FUNCTION = b"\x06\x0000"
PROCESS_ID_LENGTH = 11
MODEL_NAME = b"_SIMULATED TM\x00"

Arguments = bytes
Handler = Callable[[Arguments], None]


class Interpreter:
    """Bytes in, rows on the typesetter's paper out; answers of the printer through `reply`."""

    def __init__(self, typesetter: Typesetter, reply: Callable[[bytes], None], *, chinese: bool = False) -> None:
        """`chinese`: a Chinese model, whose two-byte mode is on after ESC @."""
        self._type = typesetter
        self._graphics = Graphics(typesetter)
        self._reply = reply
        self._chinese_model = chinese
        self._chinese_mode = chinese
        self._code_page = DEFAULT_CODE_PAGE
        self._buffer = bytearray()
        self.asb_mask = 0
        self._fixed = self._fixed_commands()

    @property
    def waiting_bytes(self) -> int:
        """Bytes in the receive buffer."""
        return len(self._buffer)

    def clear_buffer(self) -> None:
        """Forget what waits, the unfinished line too."""
        self._buffer.clear()
        self._type.forget_line()

    def feed(self, data: bytes) -> None:
        """Take bytes and carry out what is complete."""
        self._buffer += data
        self.run()

    def run(self) -> None:
        """Carry out what is complete, as far as there is paper."""
        while self._buffer and self._type.state.can_print:
            used = self._step()
            if not used:
                return
            del self._buffer[:used]

    def _step(self) -> int:
        """Carry out the command or character at the front; how many bytes it took, 0 when more are needed."""
        first = self._buffer[0]
        if first == DLE:
            return self._real_time_length()
        if first in {ESC, FS, GS}:
            return self._command()
        if first == LF:
            self._type.end_line()
        elif first == HT:
            self._type.tab()
        elif first >= 0x20:
            return self._character()
        elif first != CR:
            self._type.complain(f"control byte {first:02X} in text")
        return 1

    def _real_time_length(self) -> int:
        if len(self._buffer) < 2:
            return 0
        length = REAL_TIME_LENGTHS.get(self._buffer[1], 1)
        if self._buffer[1] == REAL_TIME_FUNCTION:
            if len(self._buffer) < 3:
                return 0
            length = REAL_TIME_FUNCTION_LENGTHS.get(self._buffer[2], 3)
        return length if len(self._buffer) >= length else 0

    def _character(self) -> int:
        encoding = CHINESE if self._chinese_mode else CODE_PAGES[self._code_page]
        length = chinese_length(bytes(self._buffer[:4])) if self._chinese_mode else 1
        if length:
            text = decode(bytes(self._buffer[:length]), encoding)
            if not text.isascii():
                self._type.note_encoding(encoding)
            if "\ufffd" in text:
                self._type.complain(f"byte {self._buffer[:length].hex()} is nothing in {encoding}")
            for character in text:
                self._type.put(character)
        return length

    def _command(self) -> int:
        if len(self._buffer) < 2:
            return 0
        name = bytes(self._buffer[:2])
        if name in self._fixed:
            arguments, handler = self._fixed[name]
            if len(self._buffer) < 2 + arguments:
                return 0
            handler(bytes(self._buffer[2 : 2 + arguments]))
            return 2 + arguments
        return self._long_command(name)

    def _long_command(self, name: bytes) -> int:
        if name == b"\x1dV":
            return self._cut()
        if name == b"\x1bD":
            return self._buffer.find(b"\x00", 2) + 1  # tab stops, ended by NUL
        if bytes(self._buffer[:3]) == PROCESS_ID_REQUEST:
            return self._process_id()
        used = self._graphics.step(self._buffer)
        if used is not None:
            return used
        self._type.complain(f"unknown command {name.hex().upper()}")
        return 2

    def _cut(self) -> int:
        """GS V: 0/48 full, 1/49 partial, 65/66 the same after feeding n (97, 98, 103, 104 likewise)."""
        if len(self._buffer) < 3:
            return 0
        mode = self._buffer[2]
        if mode in {0, 1, 48, 49}:
            self._type.cut("partial" if mode in {1, 49} else "full")
            return 3
        if len(self._buffer) < 4:
            return 0
        self._type.feed(self._buffer[3])
        self._type.cut("partial" if mode in {66, 98, 104} else "full")
        return 4

    def _process_id(self) -> int:
        """GS ( H 6 0 48 48 d1 d2 d3 d4: answered in its turn, so after all that was printed before."""
        if len(self._buffer) < PROCESS_ID_LENGTH:
            return 0
        if bytes(self._buffer[3:7]) == PROCESS_ID_FUNCTION:
            self._reply(b"\x37\x22" + bytes(self._buffer[7:11]) + b"\x00")
        else:
            self._type.complain("GS ( H with a function that this printer does not know")
        return PROCESS_ID_LENGTH

    def _initialize(self, _arguments: Arguments) -> None:
        """ESC @; automatic status lasts until then (GS a)."""
        self.asb_mask = 0
        self._type.reset()
        self._graphics.reset()
        self._code_page = DEFAULT_CODE_PAGE
        self._chinese_mode = self._chinese_model

    def _select_code_page(self, arguments: Arguments) -> None:
        if arguments[0] in CODE_PAGES:
            self._code_page = arguments[0]
        else:
            self._type.complain(f"unknown code page {arguments[0]}")

    def _select_align(self, arguments: Arguments) -> None:
        place = arguments[0] - 48 if arguments[0] >= 48 else arguments[0]
        if place >= len(ALIGNS):
            self._type.complain(f"unknown alignment {arguments[0]}")
        elif self._type.at_line_start:
            self._type.align = ALIGNS[place]

    def _select_mode(self, arguments: Arguments) -> None:
        bits = arguments[0]
        self._type.restyle(
            bold=bool(bits & 0x08),
            height=2 if bits & 0x10 else 1,
            width=2 if bits & 0x20 else 1,
            underline=bool(bits & 0x80),
        )

    def _select_size(self, arguments: Arguments) -> None:
        self._type.restyle(width=(arguments[0] >> 4 & 7) + 1, height=(arguments[0] & 7) + 1)

    def _pulse_drawer(self, _arguments: Arguments) -> None:
        self._type.receipt.drawer_pulses += 1

    def _set_automatic_status(self, arguments: Arguments) -> None:
        self.asb_mask = arguments[0]
        if self.asb_mask:
            self._reply(self._type.state.automatic_status())

    def _tell_status(self, arguments: Arguments) -> None:
        if arguments[0] in {1, 49}:
            self._reply(bytes([self._type.state.paper_status()]))
        elif arguments[0] in {2, 50}:
            self._reply(bytes([1 if self._type.state.drawer_open else 0]))
        else:
            self._type.complain(f"unknown status {arguments[0]} asked with GS r")

    def _set_chinese(self, on: bool) -> Handler:
        def handler(_arguments: Arguments) -> None:
            self._chinese_mode = on

        return handler

    def _set_line_dots(self, arguments: Arguments) -> None:
        self._type.line_dots = arguments[0]

    def _fixed_commands(self) -> dict[bytes, tuple[int, Handler]]:
        """Commands with a fixed number of argument bytes."""
        typesetter = self._type

        def ignore(_arguments: Arguments) -> None:
            """Changes nothing that this printer shows."""

        return {
            b"\x1b@": (0, self._initialize),
            b"\x1bt": (1, self._select_code_page),
            b"\x1ba": (1, self._select_align),
            b"\x1bE": (1, lambda n: typesetter.restyle(bold=bool(n[0] & 1))),
            b"\x1bG": (1, lambda n: typesetter.restyle(bold=bool(n[0] & 1))),
            b"\x1b-": (1, lambda n: typesetter.restyle(underline=n[0] not in {0, 48})),
            b"\x1b!": (1, self._select_mode),
            b"\x1d!": (1, self._select_size),
            b"\x1dB": (1, lambda n: typesetter.restyle(inverse=bool(n[0] & 1))),
            b"\x1bd": (1, lambda n: typesetter.feed(n[0] * typesetter.line_dots)),
            b"\x1bJ": (1, lambda n: typesetter.feed(n[0])),
            b"\x1b2": (0, lambda _n: setattr(typesetter, "line_dots", LINE_DOTS)),
            b"\x1b3": (1, self._set_line_dots),
            b"\x1bp": (3, self._pulse_drawer),
            b"\x1bi": (0, lambda _n: typesetter.cut("full")),
            b"\x1bm": (0, lambda _n: typesetter.cut("partial")),
            b"\x1bM": (1, ignore),
            b"\x1bR": (1, ignore),
            b"\x1b ": (1, ignore),
            b"\x1b{": (1, ignore),
            b"\x1bV": (1, ignore),
            b"\x1bc": (2, ignore),
            b"\x1b$": (2, ignore),
            b"\x1b\\": (2, ignore),
            b"\x1dL": (2, ignore),
            b"\x1dW": (2, ignore),
            b"\x1dP": (2, ignore),
            b"\x1db": (1, ignore),
            b"\x1da": (1, self._set_automatic_status),
            b"\x1dr": (1, self._tell_status),
            b"\x1dI": (1, lambda n: self._reply(MODEL_NAME if n[0] == 67 else b"\x01")),
            b"\x1c&": (0, self._set_chinese(on=True)),
            b"\x1c.": (0, self._set_chinese(on=False)),
            b"\x1cC": (1, ignore),
            b"\x1c!": (1, ignore),
            b"\x1c-": (1, ignore),
            b"\x1cS": (2, ignore),
            b"\x1cW": (1, ignore),
        }
