"""What the checkout answers: quotes, closed sales, status. Frozen, with codes for programs and words for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from pos_engine.core.outcome import Outcome, VatTotal
from pos_engine.core.returns import UnitPlace
from pos_engine.wire.sync import IssuedCoupon, Tender, ToldBalance

Severity = Literal["info", "good", "warning", "error"]
SaleState = Literal["open", "identified", "quoted", "tendered", "closed", "voided"]
CouponVerdict = Literal[
    "accepted",
    "unreadable",
    "unknown",
    "expired",
    "not_yet",
    "used",
    "other_member",
    "cancelled",
    "not_confirmed",
    "not_genuine",
    "taken_back",
]
"""cancelled: the receipt that gave the coupon out was voided. taken_back: by the shop, alone or with its print run.
not_genuine: nobody printed a coupon with this code. other_member: it is held by somebody else's card.
not_confirmed: it may have been used elsewhere, and its campaign accepts nothing that this till holds no right to."""


@dataclass(frozen=True)
class Message:
    """One sentence to the cashier, in the till's language. `code` is stable."""

    code: str
    severity: Severity
    text: str


@dataclass(frozen=True)
class MemberView:
    """Who the card belongs to, as the cashier may see it. `coupons_held` counts coupons that are still open.

    `points_usable`: points that may be used as a discount now; `points_step` at a time. `value_minor`: stored value.
    `stamps`: stamp card and count. `provisional`: the till is off line and counts on its own; `points_off_line`: of the
    points, those that can be used here meanwhile; None: on line, or points cannot be used at all.
    """

    member_id: str
    card_id: str
    display_name: str
    language: str
    points: int
    groups: tuple[str, ...]
    tier: str
    coupons_held: int
    tier_name: str = ""
    points_usable: int = 0
    points_step: int = 1
    value_minor: int = 0
    stamps: tuple[tuple[str, int], ...] = ()
    provisional: bool = False
    points_off_line: int | None = None


@dataclass(frozen=True)
class OfferNote:
    """One offer on this sale: applied, lost, or what is missing. `saving_minor`: what it takes or would take off."""

    campaign_id: str
    offer_id: str
    name: str
    saving_minor: int
    code: str
    text: str


@dataclass(frozen=True)
class LineDiscount:
    """One offer's part in one line."""

    campaign_id: str
    offer_id: str
    name: str
    amount_minor: int


@dataclass(frozen=True)
class QuotedLine:
    """One line with what it costs after all offers."""

    line_id: str
    product_id: str
    name: str
    quantity: int
    measure: str
    vat_bp: int
    value_minor: int
    discount_minor: int
    due_minor: int
    discounts: tuple[LineDiscount, ...]


@dataclass(frozen=True)
class CouponAnswer:
    """What became of one code that was handed over. `code` is the text as read, canonical where it could be read."""

    code: str
    accepted: bool
    reason: CouponVerdict
    text: str


@dataclass(frozen=True)
class OfferNotes:
    """What there is to say of every offer. `available`: at most three offers worth telling, best saving first.

    `lost`: offers that gave way to another one, or could not apply, each with its reason; a thousand campaigns are put
    into words (by `why`) only when somebody asks. `declined`: taken off by the cashier, each may be accepted again.
    """

    applied: tuple[OfferNote, ...] = ()
    available: tuple[OfferNote, ...] = ()
    declined: tuple[OfferNote, ...] = ()
    why: Callable[[], tuple[OfferNote, ...]] = field(default=tuple, compare=False, repr=False)

    @cached_property
    def lost(self) -> tuple[OfferNote, ...]:
        """Worded when it is first asked for."""
        return self.why()


@dataclass(frozen=True)
class Quote:
    """What the sale costs now. Why it does (`offers`) is worked out and worded when it is first asked for.

    `outcome` has no reasons.
    """

    sale_ref: str
    state: SaleState
    parked: bool
    currency: str
    set_version: int
    total_value_minor: int
    total_discount_minor: int
    total_due_minor: int
    lines: tuple[QuotedLine, ...]
    vat: tuple[VatTotal, ...]
    coupons: tuple[CouponAnswer, ...]
    messages: tuple[Message, ...]
    member: MemberView | None
    outcome: Outcome
    explain: Callable[[], OfferNotes] = field(compare=False, repr=False)
    cash_step_minor: int = 1

    @cached_property
    def offers(self) -> OfferNotes:
        """Every offer on this sale: what it gives, or why it does not."""
        return self.explain()

    @property
    def price_minor(self) -> int:
        """What the goods cost after all discounts, with or without tax as the shop's prices are."""
        return self.total_value_minor - self.total_discount_minor


@dataclass(frozen=True)
class ClosedSale:
    """A sale that is durably recorded. `receipt_id` is `workstation:epoch:seq`. `repeated`: it was closed before.

    `balances`: what the member is told of points, stamps and stored value.
    """

    sale_ref: str
    receipt_id: str
    business_day: date
    sequence_no: int
    closed_at: datetime
    currency: str
    total_value_minor: int
    total_discount_minor: int
    total_due_minor: int
    member_id: str
    issued_coupons: tuple[IssuedCoupon, ...]
    outcome: Outcome
    repeated: bool = False
    balances: tuple[ToldBalance, ...] = ()

    @property
    def price_minor(self) -> int:
        """What the goods cost after all discounts, with or without tax as the shop's prices are."""
        return self.total_value_minor - self.total_discount_minor


@dataclass(frozen=True)
class ClosedReturn:
    """A return that is durably recorded. Amounts are above zero. `tenders`: how it was given back.

    `checked`: the back-office was asked. `points_missing`: points that were earned with the goods and stay, as they are
    spent. `repeated`: it was made before.
    """

    return_ref: str
    receipt_id: str
    original_id: str
    refund_minor: int
    tenders: tuple[Tender, ...]
    units: tuple[UnitPlace, ...]
    checked: bool
    currency: str
    repeated: bool = False


@dataclass(frozen=True)
class SaleStatus:
    """What is known of a sale: its last quote while it is open, the closed sale afterwards."""

    sale_ref: str
    state: Literal["unknown", "open", "parked", "closed", "voided"]
    quote: Quote | None = None
    closed: ClosedSale | None = None


@dataclass(frozen=True)
class ReceiptSummary:
    """One row of the list of recent receipts."""

    receipt_id: str
    business_day: date
    sequence_no: int
    kind: Literal["sale", "void", "return", "account"]
    sale_ref: str
    closed_at: datetime
    operator: str
    member_id: str
    total_value_minor: int
    total_discount_minor: int
    total_due_minor: int
    uploaded: bool
    tenders: tuple[Tender, ...] = ()
