"""Campaign → offer → condition + reward: what a shop promises, as immutable data.

The wire law: these classes are what travels to tills. Fields are only appended, always with a default; a kind once
published keeps its tag and its meaning. A campaign version never changes after it was published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

Phase = Literal["line", "bundle", "basket", "coupon", "points"]
PHASES: tuple[Phase, ...] = ("line", "bundle", "basket", "coupon", "points")
"""The fixed order in which discounts are taken; each phase sees what the earlier ones left."""

Policy = Literal["best", "priority", "stack", "exclusive"]
"""best: the best total for the customer (default). priority: the merchant's order, a unit is consumed once.
stack: combines with others, in order of priority, each on what is left. exclusive: one of its group only."""


class Condition:
    """Base of every condition. A subclass is a frozen dataclass with a permanent `KIND` tag."""

    KIND: ClassVar[str]


class Reward:
    """Base of every reward. A subclass is a frozen dataclass with a permanent `KIND` tag."""

    KIND: ClassVar[str]


@dataclass(frozen=True)
class Selector:
    """Which lines an offer looks at. Nothing included means everything; what is excluded never counts.

    A category stands for its whole subtree. Lines of kind deposit are never selected; services only when
    `line_kinds` names them.
    """

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    exclude_products: tuple[str, ...] = ()
    exclude_categories: tuple[str, ...] = ()
    line_kinds: tuple[str, ...] = ("goods", "price_fixed")
    skip_already_reduced: bool = False


@dataclass(frozen=True)
class Rounding:
    """Where and how a computed discount is rounded to minor units; then shared by largest remainder."""

    scope: Literal["unit", "offer"] = "offer"
    mode: Literal["half_up", "down"] = "half_up"


@dataclass(frozen=True)
class Limits:
    """Ceilings of one offer. None: no ceiling. Money is in minor units; uses count applications."""

    uses_per_receipt: int | None = None
    uses_per_member: int | None = None
    uses_total: int | None = None
    budget_minor: int | None = None
    discount_max_minor: int | None = None
    unit_price_floor_minor: int = 0


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


@dataclass(frozen=True)
class Campaign:
    """A container of offers with its own dates (local, inclusive) and an immutable version."""

    campaign_id: str
    version: int
    name: str
    starts_on: date
    ends_on: date
    offers: tuple[Offer, ...]
