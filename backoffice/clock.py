"""The one place where the back-office asks for the time.

The system's clock; or, in simulation mode only, the clock described by the small JSON file that the environment
variable BACKOFFICE_CLOCK_FILE names, read again each time it changes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec
from typing_extensions import override

from pos_engine.core.moment import SimulatedTime

CLOCK_FILE_VARIABLE: Final = "BACKOFFICE_CLOCK_FILE"


class Clock(Protocol):
    """Tells the time; a port."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...


class SystemClock(Clock):
    """The operating system's clock."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the adapter everybody else asks


class StillClock(Clock):
    """One moment, for what belongs to an act that has begun."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    @override
    def now(self) -> datetime:
        return self._moment


class SimulatedClock(Clock):
    """A clock that a file sets. The file is read again when its identity, size or time of change differ."""

    def __init__(self, path: Path, real: Clock) -> None:
        self._path = path
        self._real = real
        self._seen: tuple[int, int, int] | None = None
        self._time: SimulatedTime | None = None

    @override
    def now(self) -> datetime:
        stat = self._path.stat()
        seen = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if self._time is None or seen != self._seen:
            self._time = msgspec.json.decode(self._path.read_bytes(), type=SimulatedTime)
            self._seen = seen
        return self._time.at(self._real.now())


def clock_from_environment(environment: Mapping[str, str] = os.environ) -> Clock:
    """The simulated clock when BACKOFFICE_CLOCK_FILE is set, the system's otherwise."""
    path = environment.get(CLOCK_FILE_VARIABLE, "")
    return SimulatedClock(Path(path), SystemClock()) if path else SystemClock()


def local_date(clock: Clock, zone: str) -> date:
    """Today's date on the wall clock of a zone."""
    return clock.now().astimezone(ZoneInfo(zone)).date()
