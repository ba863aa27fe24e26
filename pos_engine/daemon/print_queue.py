"""The printer's thread: documents wait here, bounded, until the printer confirms each one.

Laws: a document leaves the queue when the printer confirmed it, or when it can never be printed; it is printed in the
order it came; what the printer knows to be on paper is not printed again: the rest follows, marked as continued, and
where nobody knows, the whole comes again, marked as a repeat; who submits never waits for paper.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from typing_extensions import override

from pos_engine.daemon.device_thread import DeviceThread
from pos_engine.ports.clock import Clock
from pos_engine.ports.devices import DeviceCode, DeviceError, DeviceHealth, PrintedPart, Printer, PrinterStatus
from pos_engine.ports.document import Document
from pos_engine.receipts.interrupted import continued, printed_again, rest_of

WAITING_MAX = 50  # half an hour of a busy till without paper; later ones can be printed again from the journal
IDLE_LOOK_S = 3.0  # how soon an idle printer's open cover or missing paper is seen on the cashier's screen
FAULTS_MAX = 3  # unforeseen failures over one document, after which it is this document and not chance
UNPRINTABLE = "document_unprintable"  # the driver's code for a document that no repeat will help
ANSWERED = frozenset({"printer_paper_out", "printer_cover_open", "printer_error"})  # the printer itself said so

log = structlog.get_logger()

OnDone = Callable[[str], None]


class PrintQueueFullError(DeviceError):
    """So many documents wait already that this one is not taken."""

    def __init__(self) -> None:
        super().__init__(
            "print_queue_full", f"{WAITING_MAX} printouts wait for the printer. See to it; print this one again later."
        )


@dataclass(frozen=True)
class _Job:
    """`document`: what is still to be printed. `given`: what the printer got last and did not finish, with its note."""

    key: str
    document: Document
    given: Document | None = None
    is_rest: bool = False
    faults: int = 0


class PrintQueue(DeviceThread):
    """One printer and its thread."""

    def __init__(self, name: str, printer: Printer, clock: Clock, on_done: OnDone | None = None) -> None:
        """`on_done` hears the key of each document that was confirmed."""
        super().__init__(name, "printer", clock)
        self._printer = printer
        self._on_done = on_done
        self._logo = b""
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()

    def use_logo(self, png: bytes) -> None:
        """The shop's logo from now on; empty: none. Told again it costs nothing."""
        if png == self._logo:
            return
        self._logo = png
        try:
            self._printer.use_logo(png)
        except ValueError:
            log.exception("logo_not_printable", printer=self.name)

    def submit(self, key: str, document: Document) -> bool:
        """Queue a document. False when one of the same key waits already. PrintQueueFullError when too many wait."""
        with self._changed:
            if any(job.key == key for job in self._jobs):
                return False
            if len(self._jobs) >= WAITING_MAX:
                raise PrintQueueFullError
            self._jobs.append(_Job(key, document))
            self._changed.notify_all()
        return True

    def waiting(self) -> tuple[str, ...]:
        """The keys of the documents that are not confirmed yet, in order."""
        with self._changed:
            return tuple(job.key for job in self._jobs)

    @override
    def ask_to_stop(self) -> None:
        """Tell the thread to end after what it is doing; what waits is in the journal and can be printed again."""
        super().ask_to_stop()
        with self._changed:
            self._changed.notify_all()

    @override
    def health(self) -> DeviceHealth:
        """How the printer is now, and how many documents wait."""
        return self._record.health(waiting=len(self.waiting()))

    @override
    def serve(self) -> None:
        self._printer.open()
        while not self._stopping.is_set():
            self._record.beat()
            try:
                if self._look() and (job := self._first()):
                    self._print(job)
                else:
                    self.pause(IDLE_LOOK_S)
            except DeviceError as error:
                if error.code not in ANSWERED:
                    raise
                # The way to the printer is open: it is asked again, not opened again.
                log.warning("printer_in_trouble", printer=self.name, code=error.code, waiting=len(self.waiting()))
                self._record.answered_with_trouble(error.code, str(error))
                self.pause(IDLE_LOOK_S)
            except Exception:
                self._count_fault()
                raise

    @override
    def close(self) -> None:
        self._printer.close()

    def _look(self) -> bool:
        """Ask the printer how it is; whether it can print."""
        status = self._printer.status()
        if not status.online:
            raise DeviceError(
                "printer_offline", f"The printer {self.name} does not answer. Check that it is switched on."
            )
        if not status.can_print:
            self._record.answered_with_trouble(*_words(self.name, status))
        elif status.paper_near_end:
            self._record.answered_with_trouble(
                "printer_paper_near_end", f"The paper of {self.name} ends soon. Have a roll at hand.", "ok"
            )
        else:
            self._record.good()
        return status.can_print

    def _print(self, job: _Job) -> None:
        still = self._what_is_left(job)
        try:
            if still is not None:
                self._printer.print_document(still)
        except DeviceError as error:
            if error.code == UNPRINTABLE:
                log.exception("document_unprintable", printer=self.name, document=job.key)
                self._drop_first()
                return
            if error.paper_used:
                self._change_first(given=still)
            raise
        self._drop_first()
        if self._on_done is not None:
            try:
                self._on_done(job.key)
            except Exception:
                log.exception("printed_not_taken", printer=self.name, document=job.key)

    def _what_is_left(self, job: _Job) -> Document | None:
        """The document to send now, with its note where it needs one; None when all of it turned out to be printed."""
        part = PrintedPart()
        if job.given is not None:
            notes = len(job.given.blocks) - len(job.document.blocks)
            part = self._printer.printed_part()
            if part.blocks > notes:
                log.info("print_continued", printer=self.name, document=job.key, blocks=part.blocks - notes)
                rest = rest_of(job.document, part.blocks - notes)
                if rest is None:
                    return None
                job = self._change_first(document=rest, given=None, is_rest=True)
        if job.is_rest:
            return job.document if part.joined else continued(job.document)
        return job.document if job.given is None else printed_again(job.document)

    @override
    def pause(self, timeout_s: float) -> None:
        """Ends early when something is submitted to an idle queue, too."""
        with self._changed:
            waiting = len(self._jobs)
            self._changed.wait_for(lambda: self._stopping.is_set() or (not waiting and bool(self._jobs)), timeout_s)

    def _first(self) -> _Job | None:
        with self._changed:
            return self._jobs[0] if self._jobs else None

    def _drop_first(self) -> None:
        with self._changed:
            self._jobs.popleft()

    def _count_fault(self) -> None:
        """A document over which the driver fails again and again is given up, so that the next one gets its turn."""
        with self._changed:
            if not self._jobs:
                return
            first = self._jobs[0]
            job = replace(first, given=first.given or first.document, faults=first.faults + 1)
            if job.faults < FAULTS_MAX:
                self._jobs[0] = job
                return
            self._jobs.popleft()
        log.error("document_given_up", printer=self.name, document=job.key, faults=job.faults)

    def _change_first(self, **changes: Document | bool | None) -> _Job:
        with self._changed:
            job = replace(self._jobs[0], **changes)  # type: ignore[arg-type]
            self._jobs[0] = job
        return job


def _words(name: str, status: PrinterStatus) -> tuple[DeviceCode, str]:
    if status.cover_open:
        return "printer_cover_open", f"The cover of {name} is open. Close it."
    if status.paper_out:
        return "printer_paper_out", f"{name} has no paper. Put in a new roll."
    return "printer_error", f"{name} reports an error. Switch it off and on; look at the cutter."
