"""The time that till and back-office of a scenario see. It stands still between two moments of a scenario."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from firmware_sim.clock_file import set_clock

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ZONE = ZoneInfo("Europe/Berlin")


class ShopClock:
    """Goes forward only. `shown`: what it shows now, in the store's zone."""

    def __init__(self, path: Path, first: datetime) -> None:
        self.path = path
        self.shown = first
        self.monday = first
        self.show(first)

    def show(self, moment: datetime) -> None:
        """Stand at that moment."""
        assert moment >= self.shown, f"a shop's clock does not go back from {self.shown} to {moment}"
        self.shown = moment
        set_clock(self.path, moment.astimezone(UTC), speed=0)

    def new_week(self) -> None:
        """Eight in the morning of the next Monday on which nothing has happened yet."""
        days = 7 - self.shown.weekday()
        self.monday = datetime.combine(self.shown.date() + timedelta(days=days), time(8), ZONE)
        self.show(self.monday)

    def moment(self, day: str, at: str) -> datetime:
        """`Friday`, `next Friday` (the week after), `in 3 weeks Friday`: of the scenario's weeks, and a time of day."""
        *when, name = day.split()
        weeks = {"": 0, "next": 1}.get(" ".join(when[:1]), 0) if len(when) < 2 else int(when[1])
        date = self.monday.date() + timedelta(weeks=weeks, days=WEEKDAYS.index(name))
        return datetime.combine(date, time.fromisoformat(at), ZONE)

    def day(self, day: str) -> str:
        """A day as forms and files write it."""
        return self.moment(day, "00:00").date().isoformat()
