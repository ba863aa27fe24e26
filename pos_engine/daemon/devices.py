"""Readers under supervision: one thread each, opened again for ever, and never in the way of a sale."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from typing_extensions import override

from pos_engine.daemon.device_thread import DeviceThread
from pos_engine.daemon.print_queue import PrintQueue
from pos_engine.ports.clock import Clock
from pos_engine.ports.devices import DeviceHealth, Reader, ReaderEvent

EVENT_WAIT_S = 0.5  # how soon a thread notices that it is to stop

OnEvent = Callable[[str, ReaderEvent], None]

log = structlog.get_logger()


class ReaderSupervisor(DeviceThread):
    """One reader: its events are handed on as they come."""

    def __init__(self, name: str, reader: Reader, on_event: OnEvent, clock: Clock) -> None:
        """`on_event` is called on this thread with the reader's name; what it raises is logged and goes no further."""
        super().__init__(name, "reader", clock)
        self._reader = reader
        self._on_event = on_event

    @override
    def serve(self) -> None:
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

    @override
    def close(self) -> None:
        self._reader.close()


class Devices:
    """All devices of one till: started together, stopped together, their health in one list."""

    def __init__(self, readers: Iterable[ReaderSupervisor], printer: PrintQueue | None = None) -> None:
        self._readers = tuple(readers)
        self._lines: tuple[DeviceThread, ...] = ()
        self.printer = printer

    def add_register_lines(self, lines: Iterable[DeviceThread]) -> None:
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

    def _all(self) -> tuple[DeviceThread, ...]:
        printer = () if self.printer is None else (self.printer,)
        return (*self._readers, *printer, *self._lines)
