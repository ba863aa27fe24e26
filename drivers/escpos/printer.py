"""A receipt printer that speaks ESC/POS, as the till's Printer port.

Laws: no answer is "offline", never "fine". Behind each block goes a question that the printer answers only when it has
worked off everything before it (GS r 1, or GS ( H with a number if the address says `confirm=process-id`): a block is
printed when its answer came, and a document when all answers came and the real-time status is good. Without paper a
printer keeps what it holds and brings it out on the new roll: those answers are waited for, and nothing is sent twice.
After any other trouble it is told to forget, for the line it was at is spoilt. So the caller can go on behind the last
block that is known to be on paper; only the block at which the power went may come out twice.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

from typing_extensions import override

from drivers.address import Paper
from drivers.errors import printer_offline
from drivers.escpos.answers import Answer, AnswerReader, Automatic, BufferCleared, ProcessDone, RealTime, WorkedOff
from drivers.escpos.encoder import encode_document
from drivers.escpos.progress import END_ID, Progress
from drivers.escpos.raster import load_logo, logo_commands
from drivers.escpos.status import (
    CLEAR_AFTER_ERROR,
    CLEAR_BUFFERS,
    QUESTIONS,
    parse_automatic,
    parse_status,
    question,
)
from drivers.escpos.transport import Transport, TransportError
from pos_engine.ports.devices import DeviceCode, DeviceError, PrintedPart, Printer, PrinterStatus
from pos_engine.ports.document import Document

STATUS_TIMEOUT_S = 1.5  # real-time status comes within milliseconds; adapters and a busy machine add some
STRAY_BYTES_MAX = 4096  # bytes that are no answer to the question and may come before one
WRITE_BYTES_MAX = 512  # 4.3 s on the slowest line, 1200 baud: each write stays below the transport's timeout
LOOK_EVERY_BYTES = 512  # about a dozen lines: how much is in vain when a printer that confirms nothing has no paper
UNCONFIRMED_BLOCKS_MAX = 8  # enough that the paper never waits for the line; few to come out twice at the worst
WORKED_OFF_TIMEOUT_S = 20.0  # the slowest printers do 50 mm/s: a metre of receipt
LOOK_EVERY_S = 0.5  # how soon a printer that stopped in the middle is noticed while an answer is awaited
LATE_ANSWER_TIMEOUT_S = 1.5  # between two blocks that a printer brings out of its memory after new paper

Wanted = TypeVar("Wanted", bound=Answer)


class EscposPrinter(Printer):
    """One printer behind a transport."""

    def __init__(self, transport: Transport, paper: Paper, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic`: seconds of real time; paper moves at its own speed, whatever the shop's clock shows.

        AddressError when the logo of the address cannot be read.
        """
        self._transport = transport
        self._paper = paper
        self._logo = load_logo(paper.logo, paper.columns) if paper.logo else b""
        self._monotonic = monotonic
        self._confirms = False
        self._answers = self._new_reader()
        self._automatic: PrinterStatus | None = None
        self._progress = Progress()
        self._printed_before_trouble = 0
        self._documents = 0

    @override
    def open(self) -> None:
        """Claim the way and ask once. DeviceError printer_offline when nobody answers."""
        self.close()
        try:
            self._transport.open()
            self._answers = self._new_reader()
            if (
                self._paper.confirm == "gs-r"
            ):  # answers without a number that were missed meanwhile cannot be told apart
                self._progress.forget_unconfirmed()
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
    def use_logo(self, png: bytes) -> None:
        if not self._paper.logo:
            self._logo = logo_commands(png, self._paper.columns) if png else b""

    @override
    def print_document(self, document: Document) -> None:
        setup, *blocks = encode_document(document, self._paper, self._logo)
        self._require_good(self.status(), paper_used=False)
        self._documents += 1
        self._progress = Progress(self._documents)
        self._automatic = None
        try:
            self._write(setup)
            unseen_bytes = 0
            for block in blocks:
                self._send(block)
                unseen_bytes += len(block)
                if not self._confirms and unseen_bytes >= LOOK_EVERY_BYTES:
                    unseen_bytes = 0
                    self._require_good(self._ask_status(), paper_used=True)
            if self._confirms:
                self._wait_until_unconfirmed(0)
            self._require_good(self._ask_status(), paper_used=True)
        except TransportError as error:
            self._printed_before_trouble = self._progress.printed
            raise printer_offline(self._transport.where, error, paper_used=True) from error
        except DeviceError as error:
            self._printed_before_trouble = self._progress.printed
            if not (self._confirms and error.code == "printer_paper_out"):
                self._forget_the_rest()
            raise

    @override
    def printed_part(self) -> PrintedPart:
        before = self._printed_before_trouble
        try:
            if self._confirms and self._progress.unconfirmed:
                self._await_late_answers()
        except TransportError as error:
            raise printer_offline(self._transport.where, error) from error
        return PrintedPart(self._progress.printed, joined=self._progress.printed > before)

    @override
    def close(self) -> None:
        self._transport.close()

    def _new_reader(self) -> AnswerReader:
        return AnswerReader(automatic=self._paper.confirm == "process-id")

    def _write(self, data: bytes) -> None:
        for start in range(0, len(data), WRITE_BYTES_MAX):
            self._transport.write(data[start : start + WRITE_BYTES_MAX])

    def _send(self, block: bytes) -> None:
        """One block and the question behind it; waits while too many are unanswered."""
        self._progress.sent += 1
        if not self._confirms:
            self._write(block)
            return
        self._write(block + self._progress.question(self._paper.confirm))
        self._hear_what_came()
        if self._automatic is not None and not self._automatic.can_print:
            self._require_good(self._ask_status(), paper_used=True)
        self._wait_until_unconfirmed(UNCONFIRMED_BLOCKS_MAX)

    def _wait_until_unconfirmed(self, blocks_max: int) -> None:
        """Until at most so many blocks are unanswered for; the printer is looked at while nothing comes."""
        deadline_s = self._monotonic() + WORKED_OFF_TIMEOUT_S
        while self._progress.unconfirmed > blocks_max:
            if self._monotonic() > deadline_s:
                raise TransportError("it did not say that it had finished")
            before = self._progress.printed
            self._await(Answer, LOOK_EVERY_S)
            if self._progress.printed == before:
                self._require_good(self._ask_status(), paper_used=True)

    def _ask_status(self) -> PrinterStatus:
        answers = []
        for number in QUESTIONS:
            self._hear_what_came()
            self._transport.write(question(number))
            answer = self._await(RealTime, STATUS_TIMEOUT_S)
            if answer is None:
                return PrinterStatus(online=False)
            answers.append(answer.byte)
        first, second, third, fourth = answers
        return parse_status((first, second, third, fourth))

    def _hear_what_came(self) -> None:
        """Take in the answers that wait, so that the next one belongs to the next question."""
        for _ in range(STRAY_BYTES_MAX):
            byte = self._transport.read_byte(0)
            if byte is None:
                return
            for answer in self._answers.feed(bytes([byte])):
                self._note(answer)

    def _await(self, wanted: type[Wanted], timeout_s: float) -> Wanted | None:
        """The next answer of this kind; the others before it are noted. None when it does not come in time."""
        deadline_s = self._monotonic() + timeout_s
        for _ in range(STRAY_BYTES_MAX):
            byte = self._transport.read_byte(max(0.0, deadline_s - self._monotonic()))
            if byte is None:
                return None
            for answer in self._answers.feed(bytes([byte])):
                self._note(answer)
                if isinstance(answer, wanted):
                    return answer
        return None

    def _note(self, answer: Answer) -> None:
        match answer:
            case WorkedOff():
                self._progress.worked_off()
            case ProcessDone(process_id):
                self._progress.process_done(process_id)
            case BufferCleared():
                self._progress.forget_unconfirmed()
            case Automatic(status):
                self._automatic = parse_automatic(status)
            case _:  # real-time status: for the one who asked
                pass

    def _learn_whether_it_confirms(self) -> bool:
        """Whether the question behind each block is answered; a few clones do not know it."""
        self._transport.write(Progress().question(self._paper.confirm))
        wanted = WorkedOff if self._paper.confirm == "gs-r" else ProcessDone
        return self._await(wanted, STATUS_TIMEOUT_S) is not None

    def _await_late_answers(self) -> None:
        """What a printer that did not forget has printed since: its answers come before that to one more question."""
        self._transport.write(self._progress.end_question(self._paper.confirm))
        answered = False
        while self._progress.unconfirmed:
            answer = self._await(Answer, LATE_ANSWER_TIMEOUT_S)
            if answer is None or answer == ProcessDone(END_ID):
                break
            answered = answered or isinstance(answer, WorkedOff)
        self._progress.end(answered=answered)

    def _forget_the_rest(self) -> None:
        """What a stopped printer still holds would come out later: tell it to forget.

        Two commands, because models know one or the other; the questions keep them apart in time and see them done.
        """
        with contextlib.suppress(TransportError):
            self._hear_what_came()
            self._transport.write(CLEAR_BUFFERS)
            self._await(BufferCleared, STATUS_TIMEOUT_S)
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
