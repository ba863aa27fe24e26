"""What the rules may know about the person whose card was read. No names, no addresses."""

# Not compiled: documents only.

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pos_engine.core.document import document


@document
@dataclass(frozen=True)
class HeldCoupon:
    """A coupon that a member's card carries (V2): reading the card is enough to redeem it.

    Dates are local and inclusive. `uses_left` counts what is still open; zero means redeemed, or with `unconfirmed`
    that nobody can be asked now whether it was.
    """

    coupon_id: str
    series_id: str
    valid_from: date | None = None
    valid_until: date | None = None
    uses_left: int = 1
    unconfirmed: bool = False


@document
@dataclass(frozen=True)
class Member:
    """The facts of one member at the moment of the sale, as conditions see them.

    Of a birthday only month and day (0: unknown). `visits` counts those before this one; None: nobody counted.
    """

    member_id: str
    groups: tuple[str, ...] = ()
    tier: str = ""
    held_coupons: tuple[HeldCoupon, ...] = ()
    card_technology: str = ""
    segments: tuple[str, ...] = ()
    birth_month: int = 0
    birth_day: int = 0
    visits: int | None = None
    last_visit_on: date | None = None
