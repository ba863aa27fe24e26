"""Lines to registers under supervision: one thread each, opened again for ever, answered by the nexo endpoint."""

from __future__ import annotations

from typing_extensions import override

from pos_engine.daemon.device_thread import DeviceThread
from pos_engine.ports.clock import Clock
from pos_engine.ports.register_line import Handler, RegisterLine

SERVE_S = 0.5  # how soon a thread notices that it is to stop


class RegisterLineSupervisor(DeviceThread):
    """One line."""

    stop_wait_s = 10.0  # a message that is being worked on is answered first (T1: 5 s)

    def __init__(self, name: str, line: RegisterLine, handle: Handler, clock: Clock) -> None:
        """`handle` answers messages; it is called on this thread, or on those of the line's connections."""
        super().__init__(name, "register", clock)
        self._line = line
        self._handle = handle

    @override
    def serve(self) -> None:
        self._line.open()
        while not self._stopping.is_set():
            self._record.beat()
            if self._line.serve(self._handle, SERVE_S):
                self._record.good()
            else:
                silent = f"Nothing is heard from the register {self.name}. Is it on? Check cable and speed."
                self._record.answered_with_trouble("register_silent", silent)

    @override
    def close(self) -> None:
        self._line.close()
