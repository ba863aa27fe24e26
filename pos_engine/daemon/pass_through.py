"""The cable between register and printer under supervision: one thread, opened again for ever."""

from __future__ import annotations

import threading

import structlog

from pos_engine.daemon.device_health import HealthRecord
from pos_engine.journal.journal import Journal
from pos_engine.ports.clock import Clock
from pos_engine.ports.devices import DeviceError, DeviceHealth
from pos_engine.ports.document import Document
from pos_engine.ports.pass_through import Decide, PassThrough

SERVE_S = 0.5  # how soon the thread notices that it is to stop
STOP_WAIT_S = 5.0
JOBS_MAX = 50  # of one receipt: its coupons are at most as many as its offers

log = structlog.get_logger()


class PassThroughSupervisor:
    """One cable and its thread."""

    def __init__(self, name: str, cable: PassThrough, decide: Decide, clock: Clock) -> None:
        self._cable = cable
        self._decide = decide
        self._record = HealthRecord(name, "printer", clock)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pass-through {name}", daemon=True)

    @property
    def name(self) -> str:
        """The cable's name on the screen."""
        return self._record.name

    def start(self) -> None:
        """Begin; once in a life."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Tell the thread to end; `join` waits for it."""
        self._stopping.set()

    def join(self, timeout_s: float = STOP_WAIT_S) -> bool:
        """Whether the thread ended in time."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def health(self) -> DeviceHealth:
        """How the cable is now."""
        return self._record.health()

    def _run(self) -> None:
        while not self._stopping.is_set():
            delay_s = 0.0
            try:
                self._record.beat()
                self._cable.open()
                while not self._stopping.is_set():
                    self._record.good()
                    self._cable.serve(self._decide, SERVE_S)
            except DeviceError as error:
                delay_s = self._record.missed(error)
                log.warning("pass_through_missed", code=error.code, text=str(error))
            except Exception:
                log.exception("pass_through_fault")
                fault = DeviceError("device_fault", "The pass-through failed in a way that is in the log.")
                delay_s = self._record.missed(fault)
            finally:
                self._cable.close()
            self._stopping.wait(delay_s)


def coupons_for_paper(journal: Journal, receipt_id: str) -> tuple[Document, ...]:
    """The coupons of a receipt that a register printed itself; none of its paper is owed any more."""
    coupons: list[Document] = []
    for _ in range(JOBS_MAX):
        job = journal.next_print_job()
        if job is None:
            break
        if journal.print_begun(job.job_no):
            journal.print_done(job.job_no)
            if job.receipt_id == receipt_id and job.kind == "coupon":
                coupons.append(job.document)
    return tuple(coupons)
