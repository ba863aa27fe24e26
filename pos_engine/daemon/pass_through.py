"""The cable between register and printer under supervision: one thread, opened again for ever."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from typing_extensions import override

from pos_engine.daemon.device_thread import DeviceThread
from pos_engine.journal.journal import Journal
from pos_engine.journal.prints import PrintJob
from pos_engine.ports.clock import Clock
from pos_engine.ports.document import Document
from pos_engine.ports.pass_through import Decide, PassThrough

SERVE_S = 0.5  # how soon the thread notices that it is to stop
JOBS_MAX = 50  # of one receipt: its coupons are at most as many as its offers

log = structlog.get_logger()


class PassThroughSupervisor(DeviceThread):
    """One cable."""

    def __init__(self, name: str, cable: PassThrough, decide: Decide, clock: Clock) -> None:
        super().__init__(name, "printer", clock)
        self._cable = cable
        self._decide = decide

    @override
    def serve(self) -> None:
        log.info("pass_through_open", device=self.name, precedence=self._cable.open())
        while not self._stopping.is_set():
            self._record.good()
            self._cable.serve(self._decide, SERVE_S)

    @override
    def close(self) -> None:
        self._cable.close()


def coupons_for_paper(journal: Journal, paper: Callable[[PrintJob], Document], receipt_id: str) -> tuple[Document, ...]:
    """The coupons of a receipt that a register printed itself; none of its paper is owed any more.

    `paper`: a printout as it goes to the printer.
    """
    coupons: list[Document] = []
    for _ in range(JOBS_MAX):
        job = journal.next_print_job()
        if job is None:
            break
        if journal.print_begun(job.job_no):
            journal.print_done(job.job_no)
            if job.receipt_id == receipt_id and job.kind == "coupon":
                coupons.append(paper(job))
    return tuple(coupons)
