"""The open purchase: what the register has rung up so far, in integers only."""

# Not compiled: documents only.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pos_engine.core.document import document

LineKind = Literal["goods", "service", "deposit", "price_fixed"]
"""goods: ordinary; service: labour and fees, touched only by offers that select services; deposit: never touched,
never counted towards a threshold; price_fixed (books, tobacco): never touched, but counted."""


@document
@dataclass(frozen=True)
class BasketLine:
    """One line of the basket: `quantity` equal units at `unit_price_minor` each.

    A weighed or metered line (1.234 kg) is one unit with its own price; `measure` says the weight in words for paper.
    `categories` runs from the widest to the narrowest category the product belongs to. `vat_bp` is the rate in basis
    points; None means unknown, and the organisation's stated rate applies. `attributes` are texts
    such as `colour=red`. `unit_price_floor_minor`: no offer makes a unit of this line cheaper than that.
    """

    line_id: str
    product_id: str
    unit_price_minor: int
    quantity: int = 1
    name: str = ""
    measure: str = ""
    vat_bp: int | None = None
    categories: tuple[str, ...] = ()
    line_kind: LineKind = "goods"
    already_reduced: bool = False
    department: str = ""
    brand: str = ""
    family: str = ""
    attributes: tuple[str, ...] = ()
    unit_price_floor_minor: int = 0


@document
@dataclass(frozen=True)
class PresentedCoupon:
    """A paper coupon or typed number handed over at this sale; `series_id` is what the coupon belongs to."""

    coupon_id: str
    series_id: str


@document
@dataclass(frozen=True)
class PointsSpending:
    """Points that the member wants to use up as a discount: at most `points`, in whole steps.

    Each `points_step` points take `step_minor` off the goods. `programme_version`: where these two come from.
    """

    points: int
    points_step: int
    step_minor: int
    programme_version: int = 0


@document
@dataclass(frozen=True)
class Basket:
    """The whole purchase, where it happens, and the coupons handed over with it.

    `declined_offer_ids` are offers the customer or cashier took off this sale. `chosen_products` says, per offer with
    several free products to choose from, which one was taken.
    `at_register_price`: sold while nobody could ask for offers; none applies. `tender`: how it is settled,
    once that is known. `points_spending`: points used as a discount; a tender of points is no matter of prices.
    """

    lines: tuple[BasketLine, ...] = ()
    store_id: str = ""
    workstation_id: str = ""
    channel: str = "till"
    presented_coupons: tuple[PresentedCoupon, ...] = ()
    declined_offer_ids: tuple[str, ...] = ()
    chosen_products: Mapping[str, str] = field(default_factory=dict)
    at_register_price: bool = False
    tender: str = ""
    points_spending: PointsSpending | None = None
