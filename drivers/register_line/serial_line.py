"""A cash register on a serial line as the till's RegisterLine port: a thin layer of I/O around `link`."""

from __future__ import annotations

import termios
import time
from collections.abc import Callable

import serial
from typing_extensions import override

from drivers.address import RegisterSerialAddress
from drivers.errors import register_line_gone, register_line_not_opened
from drivers.register_line.dle_framing import DleFraming
from drivers.register_line.link import Link
from drivers.register_line.marked_framing import MarkedFraming
from drivers.register_line.packets import Framing
from pos_engine.ports.register_line import Handler, RegisterLine

READ_BYTES_MAX = 4096
WRITE_TIMEOUT_S = 5.0  # one piece at the slowest speed takes 4.3 s
WRITE_BYTES_MAX = 512
FRAMINGS: dict[str, Callable[[], Framing]] = {"dle": DleFraming, "marked": MarkedFraming}


class SerialRegisterLine(RegisterLine):
    """One line."""

    def __init__(self, address: RegisterSerialAddress, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic`: seconds of real time; a line has its own pace, whatever the shop's clock shows."""
        self._address = address
        self._monotonic = monotonic
        self._port = serial.Serial(
            None,
            address.baud,
            stopbits=address.stop_bits,
            timeout=0,
            write_timeout=WRITE_TIMEOUT_S,
            exclusive=True,
        )
        self._port.port = address.path
        self._link = self._fresh_link()

    @override
    def open(self) -> None:
        self.close()
        try:
            self._port.open()
            self._port.reset_input_buffer()
        except (OSError, ValueError, termios.error) as error:  # SerialException is an OSError
            self.close()
            raise register_line_not_opened(self._address.path, error, getattr(error, "errno", None)) from error
        self._link = self._fresh_link()

    @override
    def serve(self, handle: Handler, timeout_s: float) -> bool:
        deadline_s = self._monotonic() + timeout_s
        try:
            while True:
                self._turn(handle, deadline_s)
                if self._monotonic() >= deadline_s:
                    return self._link.heard_lately(self._monotonic())
        except (OSError, TypeError, termios.error) as error:  # TypeError: pyserial after its file was closed under it
            raise register_line_gone(self._address.path, error) from error

    @override
    def close(self) -> None:

        try:
            self._port.close()
        except (OSError, termios.error):
            return

    def _turn(self, handle: Handler, deadline_s: float) -> None:
        now_s = self._monotonic()
        self._link.pass_time(now_s)
        message = self._link.next_message()
        if message is not None:
            self._write(self._link.take_output())  # the acknowledgement must not wait for the answer
            self._link.answer(handle(message, self._address.sale_id), self._monotonic())
        self._write(self._link.take_output())
        if message is None:
            due_s = min(deadline_s, self._link.due_s(self._monotonic()))
            self._port.timeout = max(0.0, due_s - self._monotonic())
            data = bytes(self._port.read(1))
            if data:
                data += bytes(self._port.read(min(self._port.in_waiting, READ_BYTES_MAX)))
                self._link.feed(data, self._monotonic())

    def _write(self, data: bytes) -> None:
        for start in range(0, len(data), WRITE_BYTES_MAX):
            self._port.write(data[start : start + WRITE_BYTES_MAX])

    def _fresh_link(self) -> Link:
        return Link(FRAMINGS[self._address.framing](), self._address.baud, self._monotonic())
