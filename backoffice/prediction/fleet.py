"""What is known of many vehicles, as numbers: no database, no texts. Days are ordinals, odometers kilometres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backoffice.workshop.operations import Family

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Marks = NDArray[np.bool_]

FAMILIES: Final = tuple(Family)
"""A family's number is its place here."""


@dataclass(frozen=True)
class Fleet:
    """Vehicles 0 … count - 1, all that was read off them, and each time that a family's interval began anew.

    `registered`: first registration, nan: unknown. `segment`: a number, vehicles of one number are alike.
    `inspection_until`: as the papers say today, nan: unknown. `done_km` nan: nobody read it.
    `visit_*`: every visit, for whatever it was.
    """

    count: int
    segment: Counts
    registered: Floats
    inspection_until: Floats
    read_who: Counts
    read_day: Counts
    read_km: Floats
    done_who: Counts
    done_family: Counts
    done_day: Counts
    done_km: Floats
    visit_who: Counts
    visit_day: Counts

    def until(self, day: int) -> Fleet:
        """What was known at the end of a day. The papers' inspection date is today's, so it was not known then."""
        read, done, visit = self.read_day <= day, self.done_day <= day, self.visit_day <= day
        return Fleet(
            self.count,
            self.segment,
            np.where(self.registered <= day, self.registered, np.nan),
            np.full(self.count, np.nan),
            self.read_who[read],
            self.read_day[read],
            self.read_km[read],
            self.done_who[done],
            self.done_family[done],
            self.done_day[done],
            self.done_km[done],
            self.visit_who[visit],
            self.visit_day[visit],
        )

    def last_visit(self) -> Floats:
        """Day of each vehicle's last visit, nan: never here."""
        last = np.full(self.count, -np.inf)
        np.maximum.at(last, self.visit_who, self.visit_day.astype(np.float64))
        return np.where(np.isfinite(last), last, np.nan)

    def first_visit(self) -> Floats:
        """Day of each vehicle's first visit, nan: never here."""
        first = np.full(self.count, np.inf)
        np.minimum.at(first, self.visit_who, self.visit_day.astype(np.float64))
        return np.where(np.isfinite(first), first, np.nan)
