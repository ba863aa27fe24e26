"""What a comparison of two groups says: an estimate with its interval, or "cannot tell" with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
Z_TWO_SIDED: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


class Why(StrEnum):
    """Why nothing can be said. The words are the page's."""

    NO_HOLD_OUT = "no_hold_out"
    TOO_FEW_MEMBERS = "too_few_members"
    """In the smaller of the two groups."""
    TOO_FEW_EVENTS = "too_few_events"
    """Too few returns, or too few that stayed away, to be expected in the smaller group."""
    TAILS_TOO_HEAVY = "tails_too_heavy"
    """A few large purchases decide the mean: no interval was shown to cover it."""
    NO_PERIOD_BEFORE = "no_period_before"
    """Too little was bought before to choose where to stop counting."""


@dataclass(frozen=True)
class Effect:
    """Treated less held out, with its 95 % interval. `claims`: the interval leaves out zero, and an exact test agrees.

    Rates are shares between -1 and 1; money is in the unit it was given in.
    """

    estimate: float
    low: float
    high: float
    claims: bool


@dataclass(frozen=True)
class CannotTell:
    """No interval is shown, because it was not proven to hold what it promises."""

    why: Why


Answer = Effect | CannotTell
