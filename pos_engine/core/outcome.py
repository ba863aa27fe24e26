"""What an evaluation says: a per-unit ledger, sums, a reason for every campaign. Same inputs, same bytes."""

# Not compiled: an outcome makes its rows late, in a dictionary and a `__getattr__` that only ordinary classes have.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partialmethod
from typing import Literal

from pos_engine.core.campaign import Phase
from pos_engine.core.document import document

ReasonCode = str
"""Stable code of a reason; `core.reasons` lists all of them, `pos_engine.words` says them in six languages."""

PROGRAMME = "programme"
"""Stands for a campaign in the ledger rows of points used as a discount."""

POINTS_DISCOUNT = "programme:points"
"""Stands for an offer there."""


@document
@dataclass(frozen=True)
class UnitShare:
    """One offer's share in one unit of one line. `unit_index` counts from 0 inside the line.

    role receives: `amount_minor` is taken off this unit. role triggers: the unit was needed, the amount is 0.
    """

    line_id: str
    unit_index: int
    campaign_id: str
    campaign_version: int
    offer_id: str
    role: Literal["receives", "triggers"]
    amount_minor: int
    vat_bp: int
    phase: Phase


@document
@dataclass(frozen=True)
class LineTotal:
    """What one line costs before and after all discounts, in minor units; its units and VAT rate, for returns."""

    line_id: str
    value_minor: int
    discount_minor: int
    due_minor: int
    quantity: int = 0
    vat_bp: int = 0


@document
@dataclass(frozen=True)
class VatTotal:
    """Per VAT rate: value before, discount, what is due, and the tax in it (or on top of it), in minor units."""

    vat_bp: int
    value_minor: int
    discount_minor: int
    due_minor: int
    tax_minor: int


@document
@dataclass(frozen=True)
class AppliedOffer:
    """An offer that gave something: how often, how much, and which coupons it consumed."""

    campaign_id: str
    campaign_version: int
    offer_id: str
    name: str
    uses: int
    discount_minor: int
    redeemed_coupon_ids: tuple[str, ...] = ()


@document
@dataclass(frozen=True)
class Reason:
    """Why an offer applied or did not. `params` fill the sentence: money in minor units, counts, names, ids."""

    campaign_id: str
    campaign_version: int
    offer_id: str
    code: ReasonCode
    params: Mapping[str, int | str] = field(default_factory=dict)


@document
@dataclass(frozen=True)
class CouponGrant:
    """A coupon for a later visit that this receipt earned; the till gives it its number when the sale closes."""

    campaign_id: str
    campaign_version: int
    offer_id: str
    series_id: str
    title: str
    valid_from_days: int
    valid_for_days: int
    medium: Literal["paper", "card"]


@document
@dataclass(frozen=True)
class PointsShare:
    """What one unit of one line earned: points, or stamps."""

    line_id: str
    unit_index: int
    points: int


@document
@dataclass(frozen=True)
class PointsGrant:
    """Points that an offer gave; `shares` sum to `points`."""

    campaign_id: str
    campaign_version: int
    offer_id: str
    points: int
    shares: tuple[PointsShare, ...] = ()


@document
@dataclass(frozen=True)
class StampsGrant:
    """Stamps that an offer gave on a stamp card; `shares` names the units when they were given per unit."""

    campaign_id: str
    campaign_version: int
    offer_id: str
    stamp_card_id: str
    stamps: int
    shares: tuple[PointsShare, ...] = ()


@document
@dataclass(frozen=True)
class PointsSpent:
    """Points used as a discount: so many took `amount_minor` off. `shares` are the points of each unit.

    What they took off each unit stands in the ledger, under the campaign `programme`.
    """

    points: int
    amount_minor: int
    shares: tuple[PointsShare, ...] = ()


@document
@dataclass(frozen=True)
class MessageShown:
    """A sentence for the customer."""

    campaign_id: str
    offer_id: str
    message: str


@document
@dataclass(frozen=True)
class Certificate:
    """How good the price is: `gap_minor` 0 means proven best; else the best is at most that much better."""

    optimal: bool
    gap_minor: int
    effort_used: int


@dataclass(frozen=True)
class Rows:
    """The parts of an outcome that are many: one per line, per VAT rate, per unit that somebody gave to, per offer.

    The last four are what offers gave beside money.
    """

    lines: tuple[LineTotal, ...]
    vat: tuple[VatTotal, ...]
    shares: tuple[UnitShare, ...]
    applied: tuple[AppliedOffer, ...]
    coupon_grants: tuple[CouponGrant, ...] = ()
    points: tuple[PointsGrant, ...] = ()
    stamps: tuple[StampsGrant, ...] = ()
    messages: tuple[MessageShown, ...] = ()


GRANTS = ("coupon_grants", "points", "stamps", "messages")
"""The rows of an outcome that only offers beside money fill."""


@document
@dataclass(frozen=True)
class Outcome:
    """The whole answer for one basket. `total_due_minor` is what the customer pays, tax inside it or put on top.

    `total_discount_minor` is what the applied offers took off, and the points that were used as a discount.

    One that `with_rows_later` made works its rows out when somebody first asks for one of them. Nobody can tell from
    outside: it compares, copies and encodes as the same outcome with its rows.
    """

    total_value_minor: int
    total_discount_minor: int
    total_due_minor: int
    lines: tuple[LineTotal, ...]
    vat: tuple[VatTotal, ...]
    shares: tuple[UnitShare, ...]
    applied: tuple[AppliedOffer, ...]
    reasons: tuple[Reason, ...]
    coupon_grants: tuple[CouponGrant, ...]
    certificate: Certificate
    ruleset_version: int
    points: tuple[PointsGrant, ...] = ()
    stamps: tuple[StampsGrant, ...] = ()
    messages: tuple[MessageShown, ...] = ()
    points_spent: PointsSpent | None = None


def _row_later(outcome: Outcome, name: str) -> object:
    """Work the rows out: Python asks here for an attribute that is not set yet."""
    own = outcome.__dict__
    if name in GRANTS and not own.get("_grants_later"):
        return own.setdefault(name, ())
    make_rows = own.get("_make_rows")
    if make_rows is not None:
        rows = make_rows()
        own.update(vars(rows))
        # Only now: another thread that came here meanwhile finds either the maker or the rows.
        own.pop("_make_rows", None)
    if name in own:
        return own[name]
    raise AttributeError(f"an outcome has no {name}")


def _state(outcome: Outcome) -> dict[str, object]:
    """What is copied: an outcome with its rows."""
    _ = outcome.lines
    return {name: kept for name, kept in outcome.__dict__.items() if not name.startswith("_")}


for _late in GRANTS[1:]:
    # A default is an attribute of the class, which would be found before anybody is asked.
    delattr(Outcome, _late)

# Set from outside, so that a type checker goes on refusing attributes that do not exist; as partial methods, because a
# compiled function does not become a method of a class it is set on.
setattr(Outcome, "__getattr__", partialmethod(_row_later))  # noqa: B010 - see above
setattr(Outcome, "__getstate__", partialmethod(_state))  # noqa: B010 - see above
