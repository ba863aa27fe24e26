"""The cable itself: two serial lines, bytes passed both ways as they come. A thin layer of I/O around `relay`.

Runs in a process of its own (`apart`): what else the till computes cannot hold a byte up, not even by a millisecond.
"""

from __future__ import annotations

import contextlib
import os
import select
import termios
import time
from collections.abc import Callable
from typing import Any

import serial

from drivers.address import EscposSerialAddress
from drivers.errors import pass_through_gone
from drivers.pass_through.messages import Lines, encode, printout_of
from drivers.pass_through.precedence import Precedence
from drivers.pass_through.relay import Relay

PIECE_BYTES_MAX = 4096
WAITING_BYTES_MAX = 65_536
"""For one side that takes nothing (a printer without paper): then the other side is not read, and waits as it would."""
TOLD_BYTES_MAX = 8_000_000
"""What the till has not read yet. A till that hangs gets no more receipts; the paper comes all the same."""
ALIVE_S = 0.5


class Pump:
    """One register's line, one printer's, and the two ends of the talk with the till. DeviceError when a line fails."""

    def __init__(
        self,
        register_path: str,
        printer: EscposSerialAddress,
        encoding: str,
        talk: tuple[int, int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`register_path`: where the register's cable ends; speed and flow are the printer's. `encoding`: see Relay.

        `talk`: descriptors to read the till's decisions from and to write to it.
        """
        self._register = _line(register_path, printer)
        self._printer = _line(printer.path, printer)
        self._orders, self._till = talk
        self._monotonic = monotonic
        self._relay = Relay(encoding)
        self._to_printer = bytearray()
        self._to_register = bytearray()
        self._told = bytearray()
        self._heard = Lines()
        self._receipts = 0
        self._alive_s = 0.0

    def open(self, precedence: Precedence) -> None:
        """Claim both lines. `precedence`: told to the till."""
        for line in (self._register, self._printer):
            try:
                line.open()
            except (OSError, ValueError, termios.error) as error:
                raise pass_through_gone(str(line.port), error) from error
            with contextlib.suppress(OSError, ValueError, NotImplementedError):
                # Some USB adapters keep bytes for 16 ms otherwise; what is no serial port has no such mode.
                line.set_low_latency_mode(True)
        os.set_blocking(self._till, False)
        self._told += encode(say="open", precedence=precedence)

    def turn(self) -> bool:
        """Wait for something to do, and do it. False once the till has ended the talk."""
        try:
            return self._turn()
        except (OSError, TypeError, ValueError, termios.error) as error:
            raise pass_through_gone(f"{self._register.port} or {self._printer.port}", error) from error

    def _turn(self) -> bool:
        register, printer = self._register.fileno(), self._printer.fileno()
        now_s = self._monotonic()
        if now_s >= self._alive_s:
            self._tell(encode(say="alive"))
            self._alive_s = now_s + ALIVE_S
        reading = [self._orders]
        if len(self._to_printer) < WAITING_BYTES_MAX and not self._relay.full:
            reading.append(register)
        if len(self._to_register) < WAITING_BYTES_MAX:
            reading.append(printer)
        outgoing = ((printer, self._to_printer), (register, self._to_register), (self._till, self._told))
        writing = [end for end, waits in outgoing if waits]
        due_s = min(self._alive_s, self._relay.due_s or self._alive_s)
        readable, writable, _ = select.select(reading, writing, [], max(0.0, due_s - now_s))
        now_s = self._monotonic()
        if printer in readable:
            self._to_register += _read(printer)
        if register in readable:
            self._to_printer += self._relay.feed(_read(register), now_s)
        goes_on = self._orders not in readable or self._take_decisions(now_s)
        self._to_printer += self._relay.pass_time(now_s)
        self._tell_receipt()
        for end, waits in outgoing:
            if waits and (end in writable or end not in writing):
                _write(end, waits)
        return goes_on

    def _take_decisions(self, now_s: float) -> bool:
        data = os.read(self._orders, PIECE_BYTES_MAX)
        for message in self._heard.feed(data):
            if message["number"] == self._receipts:  # else its cut went on meanwhile, and another receipt waits
                self._to_printer += self._relay.decided(printout_of(message), now_s)
        return bool(data)

    def _tell_receipt(self) -> None:
        receipt = self._relay.take_receipt()
        if receipt is not None:
            self._receipts += 1
            message: dict[str, Any] = {"say": "receipt", "number": self._receipts, "lines": receipt}
            self._tell(encode(**message))

    def _tell(self, message: bytes) -> None:
        if len(self._told) + len(message) <= TOLD_BYTES_MAX:
            self._told += message


def _line(path: str, printer: EscposSerialAddress) -> serial.Serial:
    line = serial.Serial(
        None,
        printer.baud,
        timeout=0,
        rtscts=printer.flow == "rts",
        xonxoff=printer.flow == "xon",
        dsrdtr=printer.flow == "dsr",
        exclusive=True,
    )
    line.port = path
    return line


def _read(line: int) -> bytes:
    data = os.read(line, PIECE_BYTES_MAX)
    if not data:
        raise OSError("the line was closed")
    return data


def _write(end: int, waits: bytearray) -> None:
    with contextlib.suppress(BlockingIOError):
        del waits[: os.write(end, waits)]
