"""Maintenance plans: after how many months and kilometres a family is due, whichever comes first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from backoffice.workshop.operations import Family

MONTH_DAYS: Final = 365.25 / 12


class Interval(msgspec.Struct, frozen=True):
    """Due after so many months or kilometres; None: not counted by it. One of the two is always there."""

    months: int | None
    km: int | None

    def __post_init__(self) -> None:
        """Refuse an interval that never ends."""
        if not (self.months or self.km) or (self.months or 1) <= 0 or (self.km or 1) <= 0:
            raise ValueError("an interval has months or kilometres, more than none of them")


Plan = Mapping[Family, Interval]

USUAL_PLAN: Final[Plan] = {
    Family.BRAKES: Interval(24, 30_000),
    Family.DAMPERS: Interval(None, 80_000),
    Family.SERVICE: Interval(12, 15_000),
    Family.TIMING_BELT: Interval(72, 120_000),
    Family.INSPECTION: Interval(24, None),
    Family.TYRES: Interval(48, 40_000),
    Family.AIR_CONDITIONING: Interval(24, None),
}
"""What workshops commonly go by, for those that have not said otherwise. Makers differ; the shop's own gaps correct it
(`wear`)."""
