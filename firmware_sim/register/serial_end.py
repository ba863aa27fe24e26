"""A register's end of a serial line: sends a message, awaits acknowledgement and answer, says that it is there."""

from __future__ import annotations

import os
import select
import termios
import time
import tty
from pathlib import Path

from firmware_sim.register.serial_frames import FRAMINGS, HEARTBEAT, HELLO, MESSAGE, Frame

ACK_WAIT_S = 1.0
TRIES_MAX = 3
HEARTBEAT_S = 2.0
READ_BYTES_MAX = 65_536
SPEEDS = {
    9600: termios.B9600,
    19200: termios.B19200,
    38400: termios.B38400,
    57600: termios.B57600,
    115200: termios.B115200,
}


class SerialEnd:
    """One line, opened at its first use. OSError when the line is gone."""

    def __init__(self, path: Path, baud: int, framing: str) -> None:
        """ValueError for an unknown framing or speed."""
        if framing not in FRAMINGS or baud not in SPEEDS:
            raise ValueError(f"framing is one of {', '.join(FRAMINGS)}, baud one of {', '.join(map(str, SPEEDS))}")
        self._path = path
        self._speed = SPEEDS[baud]
        self._encode, self._take = FRAMINGS[framing]
        self._acknowledges_by_byte = framing == "dle"
        self._line = -1
        self._heard = b""
        self._number = 0

    def exchange(self, message: bytes, wait_s: float) -> bytes | None:
        """The answer; None when none came in time."""
        self._open()
        self._number = self._number % 255 + 1
        frame = self._encode(Frame(MESSAGE, 0, self._number, message))
        deadline = time.monotonic() + wait_s
        self._write(frame)
        tries, resend = 1, time.monotonic() + ACK_WAIT_S
        acknowledged = False
        while time.monotonic() < deadline:
            found = self._next(min(deadline, deadline if acknowledged else resend))
            if isinstance(found, Frame) and found.kind == MESSAGE and found.ack == self._number:
                return found.data
            if found == "ack":
                acknowledged = True
            elif found == "nak" or (found is None and not acknowledged and time.monotonic() >= resend):
                if tries >= TRIES_MAX:
                    return None
                tries, resend = tries + 1, time.monotonic() + ACK_WAIT_S
                self._write(frame)
        return None

    def heartbeat(self) -> None:
        """Say that the register is there."""
        self._open()
        self._write(self._encode(Frame(HEARTBEAT)))

    def close(self) -> None:
        """Hang up."""
        line, self._line, self._heard = self._line, -1, b""
        if line >= 0:
            os.close(line)

    def _open(self) -> None:
        if self._line >= 0:
            return
        line = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._line = line
        try:
            tty.setraw(line)
            settings = termios.tcgetattr(line)
            settings[4] = settings[5] = self._speed
            termios.tcsetattr(line, termios.TCSANOW, settings)
        except termios.error as problem:
            raise OSError(*problem.args) from problem
        self._write(self._encode(Frame(HELLO, 0, 255)))

    def _next(self, until: float) -> Frame | str | None:
        """The next thing from the till, acknowledged where it must be; None when nothing came until then."""
        while True:
            found, self._heard = self._take(self._heard)
            if found == "broken" and self._acknowledges_by_byte:
                self._write(b"\x15")
            elif isinstance(found, Frame):
                self._acknowledge(found)
                return found
            elif found is not None:
                return found
            else:
                readable, _, _ = select.select([self._line], [], [], max(0.0, until - time.monotonic()))
                if not readable:
                    return None
                data = os.read(self._line, READ_BYTES_MAX)
                if not data:
                    raise OSError("the line was closed")
                self._heard += data

    def _acknowledge(self, frame: Frame) -> None:
        if self._acknowledges_by_byte:
            self._write(b"\x06")
        elif frame.number:
            self._write(self._encode(Frame(HEARTBEAT, frame.number)))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            _, writable, _ = select.select([], [self._line], [], ACK_WAIT_S)
            if not writable:
                raise OSError("the line takes no bytes")
            view = view[os.write(self._line, view) :]
