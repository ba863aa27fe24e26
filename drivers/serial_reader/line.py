"""A serial line for one owner. Every way in which a line can fail becomes a DeviceError; nothing else comes out.

Pseudo-terminals have no modem lines and, when their other end closes, raise SerialException or a bare OSError.
"""

from __future__ import annotations

import errno
import termios
from dataclasses import dataclass

import serial

from drivers.errors import reader_gone, reader_missing
from pos_engine.ports.devices import DeviceError

READ_BYTES_MAX = 4096
WRITE_TIMEOUT_S = 1.0  # a question has 20 bytes: a line that does not take them is stuck


@dataclass(frozen=True)
class LineSettings:
    """Where the line is and how fast; always 8 data bits, no parity, 1 stop bit."""

    path: str
    baud: int


class SerialLine:
    """The open line; `read` waits a bounded time for bytes."""

    def __init__(self, settings: LineSettings) -> None:
        """Claim the line. DeviceError reader_missing, reader_busy or reader_denied."""
        self._path = settings.path
        self._port = serial.Serial(None, settings.baud, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
        self._port.port = settings.path
        try:
            self._port.open()
            self._port.reset_input_buffer()  # what came before the till was listening is nobody's card
        except (OSError, ValueError, termios.error) as error:  # SerialException is an OSError
            self.close()
            raise _not_opened(settings.path, error) from error

    def read(self, timeout_s: float) -> bytes:
        """What has come, at least one byte if any comes in time, else empty. DeviceError reader_gone."""
        try:
            self._port.timeout = timeout_s
            first = bytes(self._port.read(1))
            if not first:
                return b""
            return first + bytes(self._port.read(min(self._port.in_waiting, READ_BYTES_MAX)))
        except (OSError, TypeError, termios.error) as error:  # TypeError: pyserial after its file was closed under it
            raise reader_gone(self._path, error) from error

    def write(self, data: bytes) -> None:
        """Send everything. DeviceError reader_gone."""
        try:
            self._port.write(data)
        except (OSError, TypeError, termios.error) as error:
            raise reader_gone(self._path, error) from error

    def close(self) -> None:
        """Give the line back; never raises, for the device may be gone."""
        try:
            self._port.close()
        except (OSError, termios.error):
            return


def _not_opened(path: str, error: Exception) -> DeviceError:
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return DeviceError(
            "reader_denied", f"{path} may not be opened by this user. Add the till's user to the group dialout."
        )
    if number in (errno.EAGAIN, errno.EBUSY) or "exclusively lock" in str(error):
        return DeviceError("reader_busy", f"{path} is used by another program. Stop it, or correct the address.")
    return reader_missing(path, f"Check the cable and the path ({error}).")
