"""The instant of a sale with its local reading. The time zone is resolved before the core is asked."""

# Not compiled: documents only.

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from pos_engine.core.document import document

MINUTES_PER_DAY = 24 * 60


@document
@dataclass(frozen=True)
class Moment:
    """`instant`: UTC. `local_date` and `minute_of_day` (0 to 1439): the wall clock of the store at that instant."""

    instant: datetime
    local_date: date
    minute_of_day: int

    @property
    def weekday(self) -> int:
        """Monday is 0."""
        return self.local_date.weekday()


def moment_at(instant: datetime, zone: tzinfo) -> Moment:
    """Read an aware instant on the wall clock of a zone."""
    local = instant.astimezone(zone)
    return Moment(instant.astimezone(UTC), local.date(), local.hour * 60 + local.minute)


@document
@dataclass(frozen=True)
class SimulatedTime:
    """A clock that was set: at real instant `real_anchor` it showed `shown_anchor` and ran `speed` times as fast."""

    real_anchor: datetime
    shown_anchor: datetime
    speed: int = 1

    def at(self, real: datetime) -> datetime:
        """What the simulated clock shows at a real instant."""
        elapsed: timedelta = (real - self.real_anchor) * self.speed
        return self.shown_anchor + elapsed
