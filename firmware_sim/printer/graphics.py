"""The commands that print codes and pictures. Source: Epson TM reference, GS k, GS h/w/H/f, GS ( k, GS v 0, ESC *."""

from __future__ import annotations

from typing import Literal

import segno

from firmware_sim.printer.barcodes import NAMES, SYSTEMS, BarcodeError
from firmware_sim.printer.paper import LINE_DOTS, BarcodeRow, ImageRow, QrRow
from firmware_sim.printer.typesetter import Typesetter

HUMAN: tuple[Literal["none", "above", "below", "both"], ...] = ("none", "above", "below", "both")
QR_LEVELS = {48: "l", 49: "m", 50: "q", 51: "h"}
QR_FUNCTION = 49
QR_BYTES_MAX = 7089
BIT_IMAGE_BYTES_PER_COLUMN = {0: 1, 1: 1, 32: 3, 33: 3}
IMAGE_BYTES_MAX = 512 * 1024
"""Two metres of paper; a larger size is a command that was torn, and waiting for its end would swallow all receipts."""
DEFAULT_HEIGHT_DOTS = 162
DEFAULT_MODULE_DOTS = 3


class Graphics:
    """Settings of codes, and the commands that have data of varying length."""

    def __init__(self, typesetter: Typesetter) -> None:
        self._type = typesetter
        self.reset()

    def reset(self) -> None:
        """ESC @."""
        self._height_dots = DEFAULT_HEIGHT_DOTS
        self._module_dots = DEFAULT_MODULE_DOTS
        self._human = HUMAN[0]
        self._qr_module_dots = DEFAULT_MODULE_DOTS
        self._qr_level = "l"
        self._qr_data = b""

    def step(self, buffer: bytearray) -> int | None:
        """Carry out the command at the front: bytes used, 0 when more are needed, None when it is none of these."""
        name = bytes(buffer[:2])
        if name in {b"\x1dh", b"\x1dw", b"\x1dH", b"\x1df"}:
            return self._setting(buffer)
        if name == b"\x1dk":
            return self._barcode(buffer)
        if name == b"\x1dv":
            return self._raster(buffer)
        if name == b"\x1b*":
            return self._bit_image(buffer)
        if name in {b"\x1d(", b"\x1c("}:
            return self._extended(buffer)
        return None

    def _setting(self, buffer: bytearray) -> int:
        if len(buffer) < 3:
            return 0
        value = buffer[2]
        match buffer[1]:
            case 0x68:
                self._height_dots = max(1, value)
            case 0x77:
                self._module_dots = min(6, max(2, value))
            case 0x48:
                self._human = HUMAN[value & 3]
            case _:
                pass  # GS f: the font of the digits, which this printer has only one of
        return 3

    def _barcode(self, buffer: bytearray) -> int:
        if len(buffer) < 4:
            return 0
        system = buffer[2]
        if system <= 6:
            end = buffer.find(b"\x00", 3)
            if end < 0:
                return 0
            data, used = bytes(buffer[3:end]), end + 1
        else:
            used = 4 + buffer[3]
            if len(buffer) < used:
                return 0
            data = bytes(buffer[4:used])
        self._print_barcode(system, data.decode("latin-1"))
        return used

    def _print_barcode(self, system: int, data: str) -> None:
        if system not in SYSTEMS:
            self._type.complain(f"barcode system {system} is not known to this printer")
            return
        try:
            text, bars = SYSTEMS[system](data)
        except BarcodeError as problem:
            self._type.complain(f"barcode not printed: {problem}")
            return
        width = sum(bars) * self._module_dots
        if width > self._type.width_dots:
            self._type.complain(f"barcode not printed: {width} dots wide, the paper has {self._type.width_dots}")
            return
        if not self._type.at_line_start:
            self._type.end_line()
        row = BarcodeRow(NAMES[system], text, bars, self._module_dots, self._height_dots, self._human, self._type.align)
        self._type.add(row, lines=1 + self._height_dots // LINE_DOTS)

    def _raster(self, buffer: bytearray) -> int:
        """GS v 0 m xL xH yL yH data: x bytes per row, y rows."""
        if len(buffer) < 8:
            return 0
        width, height = buffer[4] + 256 * buffer[5], buffer[6] + 256 * buffer[7]
        used = 8 + width * height
        if used > IMAGE_BYTES_MAX:
            self._type.complain(f"picture of {width * 8} x {height} dots is larger than the printer takes")
            return 8
        if len(buffer) < used:
            return 0
        rows = tuple(bytes(buffer[8 + row * width : 8 + (row + 1) * width]) for row in range(height))
        self._type.add(ImageRow(width * 8, rows, self._type.align), lines=height // LINE_DOTS)
        return used

    def _bit_image(self, buffer: bytearray) -> int:
        """ESC * m nL nH data: columns of 8 or 24 dots."""
        if len(buffer) < 5:
            return 0
        deep = BIT_IMAGE_BYTES_PER_COLUMN.get(buffer[2], 1)
        columns = buffer[3] + 256 * buffer[4]
        used = 5 + columns * deep
        if len(buffer) < used:
            return 0
        data = bytes(buffer[5:used])
        rows = []
        for y in range(deep * 8):
            bits = [data[x * deep + y // 8] >> (7 - y % 8) & 1 for x in range(columns)]
            bits += [0] * (-columns % 8)
            rows.append(bytes(int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits), 8)))
        self._type.add(ImageRow(columns, tuple(rows), self._type.align), lines=1)
        return used

    def _extended(self, buffer: bytearray) -> int:
        """GS ( X and FS ( X: a letter, a two-byte length, that many bytes."""
        if len(buffer) < 5:
            return 0
        used = 5 + buffer[3] + 256 * buffer[4]
        if len(buffer) < used:
            return 0
        if bytes(buffer[:3]) == b"\x1d(k":
            self._symbol(bytes(buffer[5:used]))
        return used

    def _symbol(self, parameters: bytes) -> None:
        """GS ( k: cn fn parameters."""
        if len(parameters) < 2:
            self._type.complain("two-dimensional code command without function")
            return
        if parameters[0] != QR_FUNCTION:
            self._type.complain(f"two-dimensional code {parameters[0]} is not known to this printer")
            return
        function, rest = parameters[1], parameters[2:]
        match function:
            case 67 if rest:
                self._qr_module_dots = min(16, max(1, rest[0]))
            case 69 if rest:
                self._qr_level = QR_LEVELS.get(rest[0], "l")
            case 80:
                self._qr_data = rest[1:][:QR_BYTES_MAX]
            case 81:
                self._print_qr()
            case 65 | 82:
                pass  # the model is always 2; the size is told to nobody
            case _:
                self._type.complain(f"QR function {function} is not known to this printer")

    def _print_qr(self) -> None:
        if not self._qr_data:
            self._type.complain("QR code not printed: no data were stored")
            return
        try:
            text = self._qr_data.decode("utf-8")
        except UnicodeDecodeError:
            text = self._qr_data.decode("latin-1")
        code = segno.make_qr(self._qr_data, error=self._qr_level, boost_error=False)
        matrix = tuple(tuple(int(module) for module in row) for row in code.matrix)
        width = len(matrix) * self._qr_module_dots
        if width > self._type.width_dots:
            self._type.complain(f"QR code not printed: {width} dots wide, the paper has {self._type.width_dots}")
            return
        if not self._type.at_line_start:
            self._type.end_line()
        self._type.add(QrRow(text, matrix, self._qr_module_dots, self._type.align), lines=1 + width // LINE_DOTS)
