"""The search's purse: an integer number of steps, so that the same inputs stop at the same place on every machine."""

from __future__ import annotations

UNITS_A_STEP = 256
"""Units that are gone through in the time of one step more: what looks at all units of a large basket costs more."""


class Effort:
    """Counts steps; once the purse is empty every search goes home with the best it has."""

    def __init__(self, steps_max: int) -> None:
        self.steps_max = steps_max
        self.used = 0

    @property
    def spent(self) -> bool:
        """Whether the purse is empty."""
        return self.used >= self.steps_max

    def step(self) -> bool:
        """Take one step; False when the purse is empty."""
        if self.used >= self.steps_max:
            return False
        self.used += 1
        return True

    def gone_through(self, units: int) -> None:
        """Pay for looking at so many units one by one; nothing for those of an ordinary basket."""
        self.used = min(self.steps_max, self.used + units // UNITS_A_STEP)
