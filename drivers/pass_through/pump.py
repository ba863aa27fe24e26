"""The cable itself: two serial lines, bytes passed both ways as they come. A thin layer of I/O around `relay`."""

from __future__ import annotations

import contextlib
import os
import select
import termios
import threading
import time
from collections.abc import Callable

import serial
from typing_extensions import override

from drivers.address import EscposSerialAddress
from drivers.errors import pass_through_gone
from drivers.escpos.encoder import encode_document
from drivers.pass_through.relay import Relay
from pos_engine.ports.devices import DeviceError
from pos_engine.ports.document import Cut, Document
from pos_engine.ports.pass_through import Decide, PassThrough

PIECE_BYTES_MAX = 4096
WAITING_BYTES_MAX = 65_536
"""For one side that takes nothing (a printer without paper): then the other side is not read, and waits as it would."""


class SerialPassThrough(PassThrough):
    """One register's line and one printer's."""

    def __init__(
        self,
        register_path: str,
        printer: EscposSerialAddress,
        encoding: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`register_path`: where the register's cable ends; speed and flow are the printer's. `encoding`: see Relay."""
        self._printer_address = printer
        self._encoding = encoding
        self._monotonic = monotonic
        self._register = self._line(register_path)
        self._printer = self._line(printer.path)
        self._to_printer = bytearray()
        self._to_register = bytearray()
        self._relay = Relay(encoding)
        self._wake: tuple[int, int] | None = None
        self._decisions: list[tuple[Relay, bytes]] = []

    @override
    def open(self) -> None:
        self.close()
        for line in (self._register, self._printer):
            try:
                line.open()
            except (OSError, ValueError, termios.error) as error:
                self.close()
                raise pass_through_gone(str(line.port), error) from error
        self._wake = os.pipe2(os.O_NONBLOCK)
        self._relay = Relay(self._encoding)

    @override
    def serve(self, decide: Decide, timeout_s: float) -> None:
        deadline_s = self._monotonic() + timeout_s
        while (now_s := self._monotonic()) < deadline_s:
            try:
                self._turn(decide, now_s, deadline_s)
            except (OSError, TypeError, ValueError, termios.error) as error:
                raise pass_through_gone(f"{self._register.port} or {self._printer.port}", error) from error

    @override
    def close(self) -> None:
        for line in (self._register, self._printer):
            with contextlib.suppress(OSError, termios.error):
                line.close()
        if self._wake is not None:
            for descriptor in self._wake:
                os.close(descriptor)
            self._wake = None
        self._to_printer.clear()
        self._to_register.clear()

    def _turn(self, decide: Decide, now_s: float, deadline_s: float) -> None:
        wake = self._wake
        if wake is None:
            raise OSError("it is not open")
        register, printer = self._register.fileno(), self._printer.fileno()
        reading = [wake[0]]
        if len(self._to_printer) < WAITING_BYTES_MAX and not self._relay.full:
            reading.append(register)
        if len(self._to_register) < WAITING_BYTES_MAX:
            reading.append(printer)
        writing = [line for line, waits in ((printer, self._to_printer), (register, self._to_register)) if waits]
        due_s = min(deadline_s, self._relay.due_s or deadline_s)
        readable, writable, _ = select.select(reading, writing, [], max(0.0, due_s - now_s))
        now_s = self._monotonic()
        if wake[0] in readable:
            os.read(wake[0], PIECE_BYTES_MAX)
            self._take_decisions(now_s)
        if printer in readable:
            self._to_register += _read(printer)
        if register in readable:
            self._to_printer += self._relay.feed(_read(register), now_s)
        self._to_printer += self._relay.pass_time(now_s)
        receipt = self._relay.take_receipt()
        if receipt is not None:
            threading.Thread(
                target=self._decide, args=(self._relay, wake[1], receipt, decide), name="coupon", daemon=True
            ).start()
        for line, waits in ((printer, self._to_printer), (register, self._to_register)):
            if waits and (line in writable or line not in writing):
                _write(line, waits)

    def _decide(self, relay: Relay, wake: int, receipt: tuple[str, ...], decide: Decide) -> None:
        printout = b"".join(self._encoded(document) for document in decide(receipt))
        self._decisions.append((relay, printout))
        with contextlib.suppress(OSError):  # the line was closed meanwhile
            os.write(wake, b"!")

    def _take_decisions(self, now_s: float) -> None:
        while self._decisions:
            relay, printout = self._decisions.pop(0)
            if relay is self._relay:  # not that of a line that was lost meanwhile
                self._to_printer += relay.decided(printout, now_s)

    def _encoded(self, document: Document) -> bytes:
        """The register cuts the paper, so the document does not."""
        uncut = Document(tuple(block for block in document.blocks if not isinstance(block, Cut)), document.language)
        try:
            return b"".join(encode_document(uncut, self._printer_address.paper))
        except DeviceError:  # a code that cannot be printed: the receipt goes on without it
            return b""

    def _line(self, path: str) -> serial.Serial:
        address = self._printer_address
        line = serial.Serial(
            None,
            address.baud,
            timeout=0,
            rtscts=address.flow == "rts",
            xonxoff=address.flow == "xon",
            dsrdtr=address.flow == "dsr",
            exclusive=True,
        )
        line.port = path
        return line


def _read(line: int) -> bytes:
    data = os.read(line, PIECE_BYTES_MAX)
    if not data:
        raise OSError("the line was closed")
    return data


def _write(line: int, waits: bytearray) -> None:
    with contextlib.suppress(BlockingIOError):
        del waits[: os.write(line, waits)]
