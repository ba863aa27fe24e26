"""Lines to registers under supervision: one thread each, opened again for ever, answered by the nexo endpoint."""

from __future__ import annotations

import threading

import structlog

from pos_engine.daemon.device_health import HealthRecord
from pos_engine.ports.clock import Clock
from pos_engine.ports.devices import DeviceError, DeviceHealth
from pos_engine.ports.register_line import Handler, RegisterLine

SERVE_S = 0.5  # how soon a thread notices that it is to stop
STOP_WAIT_S = 10.0  # a message that is being worked on is answered first (T1: 5 s)

log = structlog.get_logger()


class RegisterLineSupervisor:
    """One line and its thread."""

    def __init__(self, name: str, line: RegisterLine, handle: Handler, clock: Clock) -> None:
        """`handle` answers messages; it is called on this thread, or on those of the line's connections."""
        self._line = line
        self._handle = handle
        self._record = HealthRecord(name, "register", clock)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"register {name}", daemon=True)

    @property
    def name(self) -> str:
        """The line's name in the configuration."""
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
        """How the line is now."""
        return self._record.health()

    def _run(self) -> None:
        while not self._stopping.is_set():
            delay_s = 0.0
            try:
                self._serve()
            except DeviceError as error:
                delay_s = self._record.missed(error)
                log.warning("register_line_missed", line=self.name, code=error.code, text=str(error))
            except Exception:
                log.exception("register_line_fault", line=self.name)
                fault = DeviceError("device_fault", f"The line {self.name} failed in a way that is in the log.")
                delay_s = self._record.missed(fault)
            finally:
                self._line.close()
            self._stopping.wait(delay_s)

    def _serve(self) -> None:
        self._record.beat()
        self._line.open()
        while not self._stopping.is_set():
            self._record.beat()
            if self._line.serve(self._handle, SERVE_S):
                self._record.good()
            else:
                silent = f"Nothing is heard from the register {self.name}. Is it on? Check cable and speed."
                self._record.answered_with_trouble("register_silent", silent)
