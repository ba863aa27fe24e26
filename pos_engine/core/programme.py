"""The programme of a shop: what a point is worth, how it may be used, when it expires, and the ladder of tiers.

The wire law: this class is what travels to tills, inside the signed set. Fields are only appended, with a default; a
version never changes after it was published.
"""

# Not compiled: documents only.

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pos_engine.core.document import document
from pos_engine.core.money import divide_half_up


@document
@dataclass(frozen=True)
class TierStep:
    """One rung: who reaches `threshold` within the window has this tier."""

    tier_id: str
    name: str
    threshold: int


@document
@dataclass(frozen=True)
class TierLadder:
    """The rungs from the lowest to the highest, and what counts towards them.

    measure: points earned, money paid (minor units), or visits. window: the last `months` months, or the calendar
    year. A tier is reached at once; it is kept to the end of its period, and `grace_days` longer to earn it again.
    """

    measure: Literal["points", "spend", "visits"] = "points"
    window: Literal["rolling", "calendar_year"] = "calendar_year"
    months: int = 12
    grace_days: int = 0
    steps: tuple[TierStep, ...] = ()


@document
@dataclass(frozen=True)
class PointsExpiry:
    """never; months: so many months after they were earned; year_end: at the end of the year these months lead to."""

    policy: Literal["never", "months", "year_end"] = "never"
    months: int = 24


@document
@dataclass(frozen=True)
class OfflineRule:
    """What may be used up while the back-office cannot be asked.

    strict: nothing. bounded: within the last known balance, and at most `ceiling` for each member until the till has
    been on line again; of points, what is lent to the till beside it. In points, or in minor units of money.
    """

    policy: Literal["strict", "bounded"] = "strict"
    ceiling: int = 0


SpentPointsPolicy = Literal["pending_only", "within_balance", "negative"]
"""What a return takes back of the points its goods earned. negative: all, even below zero. within_balance: at most what
the member still has. pending_only: all while they are pending, nothing once they could be used."""


@document
@dataclass(frozen=True)
class Programme:
    """What a shop promises beside its campaigns.

    Each `points_step` points are worth `step_minor`. Points may be used from a balance of `points_min` on: as a
    discount (lowers the price and its VAT), as a tender (settles the price), or both. `pending_days`: points can be
    used so many days after the purchase. `usable_from`, `usable_until`: in each year from this day to that, as month
    and day (`12-01`), over the turn of the year too; empty: all year round. `top_up_product_id`: the article that puts
    its price onto the member's card.
    """

    version: int = 0
    points_step: int = 100
    step_minor: int = 100
    points_min: int = 0
    as_discount: bool = True
    as_tender: bool = False
    pending_days: int = 0
    spent_points: SpentPointsPolicy = "negative"
    expiry: PointsExpiry = PointsExpiry()
    tiers: TierLadder = TierLadder()
    points_offline: OfflineRule = OfflineRule()
    value_offline: OfflineRule = OfflineRule()
    top_up_product_id: str = ""
    usable_from: str = ""
    usable_until: str = ""


def usable_on(programme: Programme, day: date) -> bool:
    """Whether points may be used on a day of the year. A 29 February counts as what it is in that year."""
    first, last = programme.usable_from, programme.usable_until
    if not first or not last:
        return True
    today = day.strftime("%m-%d")
    return first <= today <= last if first <= last else today >= first or today <= last


def points_for(programme: Programme, amount_minor: int) -> int:
    """How many points settle an amount: rounded up, so that a point never buys more than it is worth."""
    return -(-amount_minor * programme.points_step // programme.step_minor)


def worth_minor(programme: Programme, points: int) -> int:
    """What points are worth in whole steps, in minor units; nothing below zero."""
    return max(0, points) // programme.points_step * programme.step_minor


def liability_minor(programme: Programme, points: int) -> int:
    """What open points stand for in the books, half up; all of them count, whole steps or not."""
    return divide_half_up(points * programme.step_minor, programme.points_step)
