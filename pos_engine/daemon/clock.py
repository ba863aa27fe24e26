"""Where the till's time comes from: the machine, or in simulation mode a small file that may be set at any moment.

These adapters and `ids` are the only places that ask the operating system for time or identity.
"""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from typing_extensions import override

from pos_engine.core.moment import SimulatedTime
from pos_engine.ports.clock import Clock


class SystemClock(Clock):
    """The machine's clock."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the clock adapter

    @override
    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class ClockFileError(Exception):
    """The clock file cannot be used; the text says why and what it should hold."""


class SimulatedClock(SystemClock):
    """A clock set by a file: `{"real_anchor": …, "shown_anchor": …, "speed": 1}`, read again when it changes.

    A file that is being replaced, or broken for a moment, leaves the clock as it was set before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp = self._stamp_of_file()
        self._time = _read(path)

    @override
    def now(self) -> datetime:
        real = super().now()
        with self._lock:
            stamp = self._stamp_of_file()
            if stamp is not None and stamp != self._stamp:
                with contextlib.suppress(ClockFileError):  # half written: the next question reads it again
                    self._time, self._stamp = _read(self._path), stamp
            return self._time.at(real)

    def _stamp_of_file(self) -> tuple[int, int, int] | None:
        try:
            state = self._path.stat()
        except OSError:
            return None
        return state.st_mtime_ns, state.st_size, state.st_ino


def _read(path: Path) -> SimulatedTime:
    try:
        simulated = msgspec.json.decode(path.read_bytes(), type=SimulatedTime)
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        wanted = '{"real_anchor": "2026-11-21T10:00:00Z", "shown_anchor": "2026-11-23T08:00:00Z", "speed": 1}'
        raise ClockFileError(f"{path}: {error}. A clock file holds {wanted}") from error
    if simulated.real_anchor.tzinfo is None or simulated.shown_anchor.tzinfo is None:
        raise ClockFileError(f"{path}: both anchors need a time zone, such as Z for UTC")
    return simulated
