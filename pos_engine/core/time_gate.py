"""Which offers pass at a moment: by day, weekday and hour."""

from __future__ import annotations

from datetime import date, timedelta

from pos_engine.core.conditions.time_windows import TimeWindow
from pos_engine.core.moment import MINUTES_PER_DAY, Moment
from pos_engine.core.rank_bits import bits_of
from pos_engine.core.remembered import Remembered

DAYS_KEPT = 512
"""Days whose offers are remembered; a till needs two, a replay of a year every one."""

FEW = 8
"""So few offers with the same days are kept as a list: ten thousand different runs would be megabytes of bits."""


class TimeGate:
    """Offers by day, weekday and hour. An open window past midnight is also read as the day before."""

    def __init__(self) -> None:
        self._runs: dict[tuple[date, date], list[int]] = {}
        self._weekdays: dict[frozenset[int], list[int]] = {}
        self._windows: dict[tuple[TimeWindow, ...], list[int]] = {}
        self._late: list[int] = []
        self._late_bits = 0
        self._few: dict[tuple[date, date], list[int]] = {}
        self._many: dict[tuple[date, date], int] = {}
        self._by_weekday: list[int] = []
        self._days: Remembered[date, int] = Remembered(DAYS_KEPT)
        # Empty: no offer asks for the hour.
        self._by_minute: list[int] = []

    def ask(
        self, rank: int, run: tuple[date, date], weekdays: frozenset[int] | None, windows: tuple[TimeWindow, ...] | None
    ) -> None:
        """Let an offer through on some days only: local dates, both included; None: any weekday, any hour."""
        self._runs.setdefault(run, []).append(rank)
        if weekdays is not None:
            self._weekdays.setdefault(weekdays, []).append(rank)
        if windows is not None:
            self._windows.setdefault(windows, []).append(rank)

    def ask_late(self, rank: int) -> None:
        """An offer with a window past midnight."""
        self._late.append(rank)

    def close(self, everyone: int) -> None:
        """All offers are known: prepare runs of days, weekdays, and the stretches between two edges of windows."""
        self._few = {run: ranks for run, ranks in self._runs.items() if len(ranks) <= FEW}
        self._many = {run: bits_of(ranks) for run, ranks in self._runs.items() if len(ranks) > FEW}
        self._runs = {}
        for weekday in range(7):
            closed = bits_of([r for days, ranks in self._weekdays.items() if weekday not in days for r in ranks])
            self._by_weekday.append(everyone & ~closed)
        self._late_bits = bits_of(self._late)
        if self._windows:
            self._by_minute = self._minutes(everyone)

    def _minutes(self, everyone: int) -> list[int]:
        """The offers of every minute of a day and the next; the same integer between two edges of windows."""
        asking = [(windows, bits_of(ranks)) for windows, ranks in self._windows.items()]
        free = everyone
        for _, bits in asking:
            free &= ~bits
        edges = {0} | {
            at for w in self._windows for one in w for at in (one.from_minute, one.from_minute + one.length())
        }
        found: list[int] = []
        passing = free
        for minute in range(2 * MINUTES_PER_DAY):
            if minute in edges:
                passing = free
                for windows, bits in asking:
                    if any(0 <= minute - window.from_minute < window.length() for window in windows):
                        passing |= bits
            found.append(passing)
        return found

    def _on(self, day: date) -> int:
        """The offers of a local date."""
        known = self._days.get(day)
        if known is None:
            known = bits_of([r for (first, last), ranks in self._few.items() if first <= day <= last for r in ranks])
            for (first, last), bits in self._many.items():
                if first <= day <= last:
                    known |= bits
            known &= self._by_weekday[day.weekday()]
            self._days.keep(day, known)
        return known

    def passing(self, moment: Moment) -> int:
        """The offers of this moment."""
        passing = self._on(moment.local_date)
        late = self._late_bits
        if late:
            late &= self._on(moment.local_date - timedelta(days=1))
        if self._by_minute:
            minute = moment.minute_of_day
            passing &= self._by_minute[minute]
            late &= self._by_minute[minute + MINUTES_PER_DAY]
        return passing | late
