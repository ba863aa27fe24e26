"""True time of the simulated world, and what each till's clock shows of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from typing_extensions import override

from pos_engine.ports.clock import Clock

BEGIN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday morning in Berlin, an hour after the tills of the template were enrolled."""

YEAR_2000 = datetime(2000, 1, 1, tzinfo=UTC)
"""What a machine shows whose clock battery is empty."""


class TrueTime:
    """The back-office's clock too: it is the one that everybody asks for the time. Moved by the scheduler only."""

    def __init__(self, start: datetime = BEGIN) -> None:
        self.instant = start

    def now(self) -> datetime:
        return self.instant

    def forward(self, by: timedelta) -> None:
        self.instant += by


class TillClock(Clock):
    """A till's wall clock, right or wrong, and its counter since the machine was started, which nobody can set."""

    def __init__(self, true: TrueTime) -> None:
        self._true = true
        self._started = true.instant
        self.error = timedelta()

    @override
    def now(self) -> datetime:
        return self._true.instant + self.error

    @override
    def monotonic_ms(self) -> int:
        return 1_000 + int((self._true.instant - self._started).total_seconds() * 1000)

    @property
    def right(self) -> bool:
        return not self.error

    def set_to(self, shown: datetime) -> None:
        self.error = shown - self._true.instant

    def machine_started(self) -> None:
        """The counter begins again; an empty battery or a good one, the wall clock shows what it showed."""
        self._started = self._true.instant
