"""Readers under supervision: one thread each, opened again for ever, and never in the way of a sale."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import structlog

from pos_engine.daemon.device_health import HealthRecord
from pos_engine.daemon.pass_through import PassThroughSupervisor
from pos_engine.daemon.print_queue import PrintQueue
from pos_engine.daemon.register_lines import RegisterLineSupervisor
from pos_engine.ports.clock import Clock
from pos_engine.ports.devices import DeviceError, DeviceHealth, Reader, ReaderEvent

EVENT_WAIT_S = 0.5  # how soon a thread notices that it is to stop
STOP_WAIT_S = 5.0  # for each thread, when the daemon ends; a thread that hangs in a driver is left behind

OnEvent = Callable[[str, ReaderEvent], None]

log = structlog.get_logger()


class ReaderSupervisor:
    """One reader and its thread: open, hand on events, close and open again when it goes away."""

    def __init__(self, name: str, reader: Reader, on_event: OnEvent, clock: Clock) -> None:
        """`on_event` is called on this thread with the reader's name; what it raises is logged and goes no further."""
        self._reader = reader
        self._on_event = on_event
        self._record = HealthRecord(name, "reader", clock)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"reader {name}", daemon=True)

    @property
    def name(self) -> str:
        """The reader's name in the configuration."""
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
        """How the reader is now."""
        return self._record.health()

    def _run(self) -> None:
        while not self._stopping.is_set():
            delay_s = 0.0
            try:
                self._serve()
            except DeviceError as error:
                delay_s = self._record.missed(error)
            except Exception:
                log.exception("reader_fault", reader=self.name)
                delay_s = self._record.missed(
                    DeviceError("device_fault", f"The reader {self.name} failed in a way that is in the log.")
                )
            finally:
                self._reader.close()
            if delay_s:
                self._log_state()
            self._stopping.wait(delay_s)

    def _serve(self) -> None:
        self._record.beat()
        self._reader.open()
        while not self._stopping.is_set():
            self._record.beat()
            event = self._reader.next_event(EVENT_WAIT_S)
            self._record.good()
            if event is not None:
                self._hand_on(event)

    def _hand_on(self, event: ReaderEvent) -> None:
        try:
            self._on_event(self.name, event)
        except Exception:
            log.exception("reader_event_not_taken", reader=self.name, reader_event=type(event).__name__)

    def _log_state(self) -> None:
        health = self.health()
        log.warning("reader_missed", reader=health.name, state=health.state, code=health.code, text=health.text)


class Devices:
    """All devices of one till: started together, stopped together, their health in one list."""

    def __init__(self, readers: Iterable[ReaderSupervisor], printer: PrintQueue | None = None) -> None:
        self._readers = tuple(readers)
        self._lines: tuple[RegisterLineSupervisor | PassThroughSupervisor, ...] = ()
        self.printer = printer

    def add_register_lines(self, lines: Iterable[RegisterLineSupervisor | PassThroughSupervisor]) -> None:
        """Before the start: lines whose messages are answered by what already looks at these devices."""
        self._lines = tuple(lines)

    def start(self) -> None:
        """Start every thread, registers last; a device that is not there stops nothing."""
        for device in self._all():
            device.start()

    def stop(self) -> None:
        """Ask all to end, then wait for each a bounded time."""
        for device in self._all():
            device.ask_to_stop()
        hanging = [device.name for device in self._all() if not device.join()]
        if hanging:
            log.warning("devices_left_behind", devices=hanging)

    def health(self) -> tuple[DeviceHealth, ...]:
        """Readers in the order of the configuration, the printer, then the lines to registers."""
        return tuple(device.health() for device in self._all())

    def _all(self) -> tuple[ReaderSupervisor | PrintQueue | RegisterLineSupervisor | PassThroughSupervisor, ...]:
        printer = () if self.printer is None else (self.printer,)
        return (*self._readers, *printer, *self._lines)
