"""A receipt printer that speaks ESC/POS, as the till's Printer port.

Laws: no answer is "offline", never "fine". A document is printed when the printer said so after the last byte: by GS r
1, which it answers only when everything before it was worked off, and by its real-time status. One status question at
a time, each with a short timeout.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from typing_extensions import override

from drivers.address import Paper
from drivers.errors import printer_offline
from drivers.escpos.encoder import encode_document
from drivers.escpos.status import (
    CLEAR_AFTER_ERROR,
    CLEAR_BUFFERS,
    PAPER_QUESTION,
    QUESTIONS,
    is_buffered_answer,
    is_status_byte,
    parse_status,
    question,
)
from drivers.escpos.transport import Transport, TransportError
from pos_engine.ports.devices import DeviceCode, DeviceError, Printer, PrinterStatus
from pos_engine.ports.document import Document

STATUS_TIMEOUT_S = 0.5  # real-time status comes within milliseconds; network printers and USB adapters add some
STRAY_BYTES_MAX = 64  # bytes that are no status and may come before one
WRITE_BYTES_MAX = 512  # 4.3 s on the slowest line, 1200 baud: each write stays below the transport's timeout
LOOK_EVERY_BYTES = 512  # about a dozen lines: so many are in vain when the paper ends
WORKED_OFF_TIMEOUT_S = 20.0  # the slowest printers do 50 mm/s: a metre of receipt
LOOK_EVERY_S = 1.0  # how soon a printer that stopped in the middle is noticed while the end is awaited


class EscposPrinter(Printer):
    """One printer behind a transport."""

    def __init__(self, transport: Transport, paper: Paper, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic`: seconds of real time; paper moves at its own speed, whatever the shop's clock shows."""
        self._transport = transport
        self._paper = paper
        self._monotonic = monotonic
        self._confirms = False

    @override
    def open(self) -> None:
        """Claim the way and ask once. DeviceError printer_offline when nobody answers."""
        self.close()
        try:
            self._transport.open()
            online = self._ask_status().online
            self._confirms = online and self._learn_whether_it_confirms()
        except TransportError as error:
            self.close()
            raise printer_offline(self._transport.where, error) from error
        if not online:
            self.close()
            raise printer_offline(self._transport.where, "no answer to a status question")

    @override
    def status(self) -> PrinterStatus:
        try:
            return self._ask_status()
        except TransportError as error:
            raise printer_offline(self._transport.where, error) from error

    @override
    def print_document(self, document: Document) -> None:
        chunks = encode_document(document, self._paper)
        self._require_good(self.status(), paper_used=False)
        try:
            unseen_bytes = 0
            for chunk in chunks:
                for start in range(0, len(chunk), WRITE_BYTES_MAX):
                    self._transport.write(chunk[start : start + WRITE_BYTES_MAX])
                unseen_bytes += len(chunk)
                if unseen_bytes >= LOOK_EVERY_BYTES:
                    unseen_bytes = 0
                    self._require_good(self._ask_status(), paper_used=True)
            if self._confirms:
                self._wait_until_worked_off()
            self._require_good(self._ask_status(), paper_used=True)
        except TransportError as error:
            raise printer_offline(self._transport.where, error, paper_used=True) from error
        except DeviceError:
            self._forget_the_rest()
            raise

    @override
    def close(self) -> None:
        self._transport.close()

    def _ask_status(self) -> PrinterStatus:
        answers = []
        for number in QUESTIONS:
            self._transport.drop_pending()
            self._transport.write(question(number))
            answer = self._await_byte(is_status_byte, STATUS_TIMEOUT_S)
            if answer is None:
                return PrinterStatus(online=False)
            answers.append(answer)
        first, second, third, fourth = answers
        return parse_status((first, second, third, fourth))

    def _await_byte(self, wanted: Callable[[int], bool], timeout_s: float) -> int | None:
        deadline_s = self._monotonic() + timeout_s
        for _ in range(STRAY_BYTES_MAX):
            byte = self._transport.read_byte(max(0.0, deadline_s - self._monotonic()))
            if byte is None or wanted(byte):
                return byte
        return None

    def _learn_whether_it_confirms(self) -> bool:
        """Whether GS r is answered; a few clones do not know it, and for them the real-time status must do."""
        self._transport.write(PAPER_QUESTION)
        return self._await_byte(is_buffered_answer, STATUS_TIMEOUT_S) is not None

    def _wait_until_worked_off(self) -> None:
        """Until GS r is answered. It is asked again after each look, for a look throws away what was not awaited."""
        deadline_s = self._monotonic() + WORKED_OFF_TIMEOUT_S
        while self._monotonic() < deadline_s:
            self._transport.write(PAPER_QUESTION)
            if self._await_byte(is_buffered_answer, LOOK_EVERY_S) is not None:
                return
            self._require_good(self._ask_status(), paper_used=True)
        raise TransportError("it did not say that it had finished")

    def _forget_the_rest(self) -> None:
        """What a stopped printer still holds would come out before the repeat: tell it to forget.

        Two commands, because models know one or the other; the questions keep them apart in time and see them done.
        """
        with contextlib.suppress(TransportError):
            self._transport.write(CLEAR_BUFFERS)
            self._ask_status()
            self._transport.write(CLEAR_AFTER_ERROR)
            self._ask_status()

    def _require_good(self, status: PrinterStatus, *, paper_used: bool) -> None:
        if status.can_print:
            return
        where = self._transport.where
        if not status.online:
            raise printer_offline(where, "no answer to a status question", paper_used=paper_used)
        code: DeviceCode = "printer_error"
        text = f"The printer at {where} reports an error. Switch it off and on; look at the cutter."
        if status.cover_open:
            code, text = "printer_cover_open", f"The cover of the printer at {where} is open. Close it."
        elif status.paper_out:
            code, text = "printer_paper_out", f"The printer at {where} has no paper. Put in a new roll."
        raise DeviceError(code, text, paper_used=paper_used)
