"""What an offer is made of beside its condition and its reward: the goods it looks at, its rounding, its ceilings.

The wire law of `campaign` holds here too: fields are only appended, always with a default.
"""

# Not compiled: documents only, and compiled code would compare them by identity.

from __future__ import annotations

from dataclasses import dataclass
from sys import intern
from typing import Literal

from pos_engine.core.document import document


@document
@dataclass(frozen=True)
class Selector:
    """Which lines an offer looks at. Nothing included means everything; what is excluded never counts.

    A category stands for its whole subtree. Lines of kind deposit are never selected; services only when
    `line_kinds` names them. Products, categories and departments add up; brands, families, attributes (one of
    those named) and the band of shelf prices (both ends included) narrow what they name. In a workshop, labour is
    lines of kind service, parts are goods.
    """

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    exclude_products: tuple[str, ...] = ()
    exclude_categories: tuple[str, ...] = ()
    line_kinds: tuple[str, ...] = ("goods", "price_fixed")
    skip_already_reduced: bool = False
    departments: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    unit_price_min_minor: int | None = None
    unit_price_max_minor: int | None = None
    exclude_departments: tuple[str, ...] = ()
    exclude_brands: tuple[str, ...] = ()
    exclude_families: tuple[str, ...] = ()
    exclude_attributes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # The same goods stand in many campaigns: each name is kept in memory once, however many documents say it.
        for name in ("products", "categories", "exclude_products", "exclude_categories"):
            object.__setattr__(self, name, tuple(map(intern, getattr(self, name))))


@document
@dataclass(frozen=True)
class Slot:
    """One place of a bundle: `quantity` units that `selector` names."""

    selector: Selector
    quantity: int = 1


@document
@dataclass(frozen=True)
class Rounding:
    """Where and how a computed discount is rounded to minor units; then shared by largest remainder."""

    scope: Literal["unit", "offer"] = "offer"
    mode: Literal["half_up", "down"] = "half_up"


Period = Literal["day", "week", "month"]
"""By the store's business calendar: a day, a week from Monday to Sunday, a calendar month."""


@document
@dataclass(frozen=True)
class PeriodLimit:
    """At most so many `uses` in one period, by one member or by everybody together; the next period begins anew."""

    uses: int
    period: Period = "day"
    counted: Literal["member", "total"] = "member"


@document
@dataclass(frozen=True)
class Limits:
    """Ceilings of one offer. None: no ceiling. Money is in minor units; uses count applications."""

    uses_per_receipt: int | None = None
    uses_per_member: int | None = None
    uses_total: int | None = None
    budget_minor: int | None = None
    discount_max_minor: int | None = None
    unit_price_floor_minor: int = 0
    per_period: tuple[PeriodLimit, ...] = ()
