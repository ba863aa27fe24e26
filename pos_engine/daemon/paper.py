"""From the journal's print jobs to the printer's queue: one at a time, noted before the first byte and after the last.

Laws: what the journal owes is printed in its order; a job that was begun before is marked as a repeat; a job is begun
only when the printer is well, so that a till without paper owes clean documents; what waited so long that its customer
has left is not printed when the printer comes back, because the next customer would wait behind it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import structlog

from pos_engine.daemon.print_queue import PrintQueue
from pos_engine.journal.journal import Journal
from pos_engine.journal.prints import PrintJob
from pos_engine.ports.document import Document

LOOK_S = 0.2
"""How soon a new job is seen: a look is one read of an indexed table, about 30 µs."""

WAITED_MAX = timedelta(minutes=15)
"""After that the customer has left; the cashier can print the receipt again from the list."""

CONFIRMATION_S = 2.0
"""How long after a document left the queue its confirmation may come."""

_log = structlog.get_logger(__name__)


class PaperFeed:
    """Feeds one printer. `heard` is the print queue's `on_done`."""

    def __init__(
        self,
        journal: Journal,
        complete: Callable[[PrintJob], Document],
        mark_repeat: Callable[[Document], Document],
        logo: Callable[[], bytes] = bytes,
    ) -> None:
        """`complete` adds to a document what was not worth the register's time when it was owed. `logo`: the shop's."""
        self._logo = logo
        self._journal = journal
        self._complete = complete
        self._mark_repeat = mark_repeat
        self._confirmed = threading.Condition()
        self._confirmed_keys: set[str] = set()

    def heard(self, key: str) -> None:
        """The printer confirmed a document."""
        with self._confirmed:
            self._confirmed_keys.add(key)
            self._confirmed.notify_all()

    def run(self, queue: PrintQueue, stop: threading.Event) -> None:
        """The thread's work."""
        was_well = False
        while not stop.is_set():
            well = queue.health().state == "ok"
            if well and not was_well:
                self._expire()
            was_well = well
            job = self._journal.next_print_job() if well else None
            if job is None:
                stop.wait(LOOK_S)
            else:
                document = self._completed(job)
                if self._journal.print_begun(job.job_no, document):
                    queue.use_logo(self._logo())
                    self._print(replace(job, document=document), queue, stop)

    def _completed(self, job: PrintJob) -> Document:
        try:
            return self._complete(job)
        except Exception:  # noqa: BLE001 - see below
            # What is owed is printed in any case: the addition is a courtesy.
            _log.exception("print_job_not_completed", job_no=job.job_no, receipt_id=job.receipt_id)
            return job.document

    def _expire(self) -> None:
        """The printer is well (again)."""
        count = self._journal.expire_prints(WAITED_MAX)
        if count:
            _log.warning("print_jobs_waited_too_long", count=count)

    def _print(self, job: PrintJob, queue: PrintQueue, stop: threading.Event) -> None:
        key = str(job.job_no)
        queue.submit(key, self._mark_repeat(job.document) if job.attempts else job.document)
        with self._confirmed:
            while key not in self._confirmed_keys and key in queue.waiting() and not stop.is_set():
                self._confirmed.wait(LOOK_S)
            # A document leaves the queue a moment before its confirmation is told.
            self._confirmed.wait_for(lambda: key in self._confirmed_keys or stop.is_set(), CONFIRMATION_S)
            confirmed = key in self._confirmed_keys
            self._confirmed_keys.discard(key)
        if confirmed:
            self._journal.print_done(job.job_no)
        elif not stop.is_set():
            # The queue gave it up: no printer will ever print it, and the next document must not wait behind it.
            _log.error("print_job_given_up", job_no=job.job_no, receipt_id=job.receipt_id, kind=job.kind)
            self._journal.print_done(job.job_no)
