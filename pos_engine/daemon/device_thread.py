"""A device under supervision: one thread, opened again for ever, and never in the way of a sale."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

import structlog

from pos_engine.daemon.device_health import HealthRecord
from pos_engine.ports.clock import Clock
from pos_engine.ports.devices import DeviceError, DeviceHealth, DeviceKind

STOP_WAIT_S = 5.0  # for each thread, when the daemon ends; a thread that hangs in a driver is left behind

log = structlog.get_logger()


class DeviceThread(ABC):
    """Serves a device until it fails, closes it, waits a bounded time, and begins again."""

    stop_wait_s = STOP_WAIT_S
    """How long the end of its work is waited for."""

    def __init__(self, name: str, kind: DeviceKind, clock: Clock) -> None:
        self._record = HealthRecord(name, kind, clock)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{kind} {name}", daemon=True)

    @abstractmethod
    def serve(self) -> None:
        """Open the device and work with it until `_stopping` is set; DeviceError when it fails."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the device, open or not; never raises."""

    def pause(self, timeout_s: float) -> None:
        """Wait before the next try; ends early when the thread is to stop."""
        self._stopping.wait(timeout_s)

    @property
    def name(self) -> str:
        """The device's name in the configuration."""
        return self._record.name

    def start(self) -> None:
        """Begin; once in a life."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Tell the thread to end; `join` waits for it."""
        self._stopping.set()

    def join(self, timeout_s: float | None = None) -> bool:
        """Whether the thread ended in time (`stop_wait_s` when no other is given)."""
        if self._thread.ident is not None:
            self._thread.join(self.stop_wait_s if timeout_s is None else timeout_s)
        return not self._thread.is_alive()

    def health(self) -> DeviceHealth:
        """How the device is now."""
        return self._record.health()

    def _run(self) -> None:
        while not self._stopping.is_set():
            delay_s = 0.0
            try:
                self._record.beat()
                self.serve()
            except DeviceError as error:
                delay_s = self._record.missed(error)
                log.warning(
                    "device_missed", device=self.name, state=self.health().state, code=error.code, text=str(error)
                )
            except Exception:
                log.exception("device_fault", device=self.name)
                fault = DeviceError("device_fault", f"{self.name} failed in a way that is in the log.")
                delay_s = self._record.missed(fault)
            finally:
                self.close()
            self.pause(delay_s)
