"""time_windows: the sale happens inside one of these hours of the day."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.document import document
from pos_engine.core.facts import Facts
from pos_engine.core.moment import MINUTES_PER_DAY, Moment
from pos_engine.core.reasons import WRONG_TIME


@document
@dataclass(frozen=True)
class TimeWindow:
    """From a minute of the day (inclusive) to another (exclusive); an end not after the start lies on the next day.

    Minutes count from local midnight, 0 to 1439; 1440 as an end is midnight.
    """

    from_minute: int
    until_minute: int

    def length(self) -> int:
        """Minutes the window is open."""
        length = self.until_minute - self.from_minute
        return length if length > 0 else length + MINUTES_PER_DAY

    def text(self) -> str:
        """The window as 24-hour clock times, `22:00-02:00`."""
        start, end = self.from_minute, self.until_minute
        return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


@dataclass(frozen=True)
class TimeWindows(Condition):
    """Holds inside any of the windows. The part past midnight belongs to the day the window starts on."""

    windows: tuple[TimeWindow, ...]

    @override
    def answer(self, facts: Facts) -> Answer:
        days_since = (facts.moment.local_date - facts.day).days
        minute = facts.moment.minute_of_day + days_since * MINUTES_PER_DAY
        for window in self.windows:
            if 0 <= minute - window.from_minute < window.length():
                return YES
        return no(WRONG_TIME, {"windows": ", ".join(window.text() for window in self.windows)})

    @override
    def past_midnight(self) -> bool:
        return any(window.from_minute + window.length() > MINUTES_PER_DAY for window in self.windows)

    @override
    def began_yesterday(self, moment: Moment) -> bool:
        minute = moment.minute_of_day + MINUTES_PER_DAY
        return any(minute - window.from_minute < window.length() for window in self.windows)
