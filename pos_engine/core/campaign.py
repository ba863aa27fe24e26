"""Campaign → offer → condition + reward: what a shop promises, as immutable data.

The wire law: these classes are what travels to tills. Fields are only appended, always with a default; a kind once
published keeps its tag and its meaning. A campaign version never changes after it was published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from pos_engine.core.document import document
from pos_engine.core.offer_parts import Limits, Rounding, Selector, Slot
from pos_engine.core.offline import Offline

if TYPE_CHECKING:
    from pos_engine.core.answers import Answer
    from pos_engine.core.facts import Facts
    from pos_engine.core.moment import Moment
    from pos_engine.core.terms import Terms

Phase = Literal["line", "bundle", "basket", "coupon", "points"]
PHASES: tuple[Phase, ...] = ("line", "bundle", "basket", "coupon", "points")
"""The fixed order in which discounts are taken; each phase sees what the earlier ones left."""

Policy = Literal["best", "priority", "stack", "exclusive"]
"""best: the best total for the customer (default). priority: the merchant's order, a unit is consumed once; such
offers take their units before the others of the phase. stack: combines with others, in order of priority, each on what
is left. exclusive: one of its group only, on the whole receipt. A higher priority goes first; ties by offer id."""

ReturnsPolicy = Literal["share", "reprice"]


class Condition:
    """Base of every condition. A subclass is a frozen dataclass; `registry.py` gives it its permanent tag.

    A condition answers yes, or a coded "no, because"; it never raises for "no".
    """

    def answer(self, facts: Facts) -> Answer:
        """Whether it holds for these facts."""
        raise NotImplementedError

    def parts(self) -> tuple[Condition, ...]:
        """The conditions inside it."""
        return ()

    def selectors(self) -> tuple[Selector, ...]:
        """The selectors it asks about goods; none means that goods do not matter to it."""
        return ()

    def follows_discounts(self) -> bool:
        """Whether its answer can change from phase to phase, as earlier ones lower what the goods cost."""
        return bool(self.selectors())

    def past_midnight(self) -> bool:
        """Whether it has a window that ends on the day after it began."""
        return any(part.past_midnight() for part in self.parts())

    def began_yesterday(self, moment: Moment) -> bool:  # noqa: ARG002 - most conditions know no hours
        """Whether a window of the day before is still open, past midnight."""
        return False


class Reward:
    """Base of every reward. A subclass is a frozen dataclass; `registry.py` gives it its permanent tag.

    Units are numbers into the basket's goods; `left` says what each still costs. Only units that the offer may touch
    and that have room above the floor are ever passed in.
    """

    def limited(self) -> bool:
        """Whether it picks a number of units in an order of its own, instead of taking all it is offered."""
        return False

    def products(self) -> tuple[str, ...]:
        """The only products it can give; empty: the offer's target decides alone."""
        return ()

    def pick(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        """The units it takes out of those that are free."""
        raise NotImplementedError

    def amounts(self, taken: Sequence[int], left: Sequence[int], terms: Terms) -> list[int]:
        """What it takes off each unit it took, in minor units; never more than the unit's room above the floor."""
        raise NotImplementedError

    def uses(self, amounts: Sequence[int]) -> int:
        """How many applications these amounts are, for the limits."""
        return 1 if any(amounts) else 0

    def grants(self) -> bool:
        """Whether it gives something beside money now: points, stamps, a coupon for later, a message."""
        return False

    def needs_member(self) -> bool:
        """Whether what it gives goes onto a member's card."""
        return False

    def slots(self) -> tuple[Slot, ...]:
        """The goods it asks for beside the offer's target; none: the target decides alone."""
        return ()

    def needed(self, taken: Sequence[int], amounts: Sequence[int]) -> tuple[int, ...]:  # noqa: ARG002 - most need none
        """The units among those it took that got nothing but had to be there."""
        return ()

    def saving_max(self, units: Sequence[int], left: Sequence[int], terms: Terms) -> int:
        """At least as much as it could ever save on any part of these units."""
        raise NotImplementedError


@document
@dataclass(frozen=True)
class Offer:
    """One promise: when `condition` holds, `reward` is given on the lines that `target` selects."""

    offer_id: str
    name: str
    condition: Condition
    reward: Reward
    target: Selector = Selector()
    phase: Phase = "line"
    policy: Policy = "best"
    priority: int = 0
    exclusive_group: str = ""
    rounding: Rounding = Rounding()
    limits: Limits = Limits()


@document
@dataclass(frozen=True)
class Campaign:
    """A container of offers with its own dates (local, inclusive) and an immutable version.

    returns share: goods that come back refund what was paid for them. reprice: the goods that stay are priced again in
    this version, and the difference is refunded. offline: what is accepted while nobody can be asked.
    """

    campaign_id: str
    version: int
    name: str
    starts_on: date
    ends_on: date
    offers: tuple[Offer, ...]
    returns: ReturnsPolicy = "share"
    offline: Offline = Offline()
