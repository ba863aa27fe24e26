"""Barcode scanners on a serial line: prefix, AIM identifier `]cm` (optional), data, suffix, as programmed.

The AIM identifier (ISO/IEC 15424) tells the kind of code, and whether its data are GS1 elements. Without a suffix a
code ends by silence.
"""

from __future__ import annotations

import re

from typing_extensions import override

from drivers.serial_reader.frames import FRAME_BYTES_MAX, BrokenFrame, Frame, FrameCodec, ScanFrame
from drivers.serial_reader.gs1 import check_digit_holds, gs1_elements

# Scanners send a code in one go; even at 1200 baud the next character comes within 10 ms, on USB within 20 ms.
SCAN_SILENCE_S = 0.1
AIM_IDENTIFIER = re.compile(r"\](?P<code>[A-Za-z])(?P<modifier>[0-9A-Za-z])")
LINE_ENDS = b"\r\n"
# Code character and modifier (ISO/IEC 15424, annex A); a longer key wins
SYMBOLOGIES = {
    "E": "ean",
    "C": "code128",
    "C1": "gs1_128",
    "Q": "qr",
    "d": "datamatrix",
    "e": "databar",
}
GS1_IDENTIFIERS = frozenset({"C1", "e0", "d2", "Q3"})
"""GS1-128, GS1 DataBar, GS1 DataMatrix and GS1 QR code (GS1 General Specifications, 5.1.2)."""
EAN_IDENTIFIERS = frozenset({"E0", "E4"})
"""EAN-13 with UPC-A and UPC-E, and EAN-8; without their add-ons."""


class ScannerCodec(FrameCodec):
    """Codes between the programmed prefix and suffix."""

    silence_s = SCAN_SILENCE_S

    def __init__(self, prefix: bytes = b"", suffix: bytes = b"\r", *, aim: bool = True) -> None:
        """`aim`: take an AIM identifier off the front of the data when there is one."""
        self._prefix = prefix
        self._suffix = suffix
        self._aim = aim
        self._buffer = bytearray()
        self._overrun = False

    @override
    def feed(self, data: bytes) -> tuple[Frame, ...]:
        frames: list[Frame] = []
        for byte in data:
            self._buffer.append(byte)
            if self._suffix and self._buffer.endswith(self._suffix):
                frames.extend(self._finish(bytes(self._buffer[: -len(self._suffix)])))
            elif len(self._buffer) > FRAME_BYTES_MAX:
                self._overrun = True
                # keep what may be the beginning of the suffix, so that the end of the flood is found
                del self._buffer[: -max(1, len(self._suffix))]
        return tuple(frames)

    @override
    def timeout(self) -> tuple[Frame, ...]:
        if not self._buffer:
            return ()
        if not self._suffix:
            return self._finish(bytes(self._buffer))
        begun = self._code_in(bytes(self._buffer))
        self._reset()
        return (BrokenFrame("the code stopped in the middle"),) if begun else ()

    def _finish(self, raw: bytes) -> tuple[Frame, ...]:
        overrun = self._overrun
        self._reset()
        if overrun:
            return (BrokenFrame(f"more than {FRAME_BYTES_MAX} bytes without an end"),)
        code = self._code_in(raw)
        return (self._frame(code),) if code else ()

    def _reset(self) -> None:
        self._buffer.clear()
        self._overrun = False

    def _code_in(self, raw: bytes) -> bytes:
        """The data after the prefix; what stands before it is noise, or the line feed of the code before."""
        if self._prefix:
            _noise, found, raw = raw.partition(self._prefix)
            if not found:
                return b""
        return raw.strip(LINE_ENDS)

    def _frame(self, code: bytes) -> Frame:
        try:
            text = code.decode("utf-8")
        except UnicodeDecodeError:
            text = code.decode("latin-1")
        symbology = "unknown"
        if self._aim and (identifier := AIM_IDENTIFIER.match(text)):
            letter, modifier = identifier["code"], identifier["modifier"]
            symbology = SYMBOLOGIES.get(letter + modifier) or SYMBOLOGIES.get(letter, "unknown")
            text = text[identifier.end() :]
            if letter + modifier in EAN_IDENTIFIERS and not check_digit_holds(text):
                return BrokenFrame("the check digit is wrong")
            if letter + modifier in GS1_IDENTIFIERS:
                return ScanFrame(symbology, text, gs1_elements(text)) if text else BrokenFrame("the code is empty")
        return ScanFrame(symbology, text) if text else BrokenFrame("the code is empty")
