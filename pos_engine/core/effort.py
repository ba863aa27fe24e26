"""The search's purse: an integer number of steps, so that the same inputs stop at the same place on every machine."""

from __future__ import annotations


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
