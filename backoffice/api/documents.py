"""The documents of the JSON interface: requests are decoded into these types, the OpenAPI document is made of them.

The wire law: fields are only added, with a default; a field is never given another meaning. Money in minor units of
the organisation's currency, rates in basis points, instants in UTC, days as dates of the shop.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backoffice.consent.kinds import Basis, Channel, Decision, Purpose

Item = TypeVar("Item")

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
"""Texts of one line."""
Instant = Annotated[datetime, Meta(tz=True)]
Line20 = Annotated[str, Meta(max_length=20, pattern=_PLAIN)]
Line40 = Annotated[str, Meta(max_length=40, pattern=_PLAIN)]
Line64 = Annotated[str, Meta(max_length=64, pattern=_PLAIN)]
Line100 = Annotated[str, Meta(max_length=100, pattern=_PLAIN)]
Line200 = Annotated[str, Meta(max_length=200, pattern=_PLAIN)]
Line254 = Annotated[str, Meta(max_length=254, pattern=_PLAIN)]
Language = Literal["en", "de", "fr", "it", "cs", "zh"]
Limit = Annotated[int, Meta(ge=1, le=200)]
PAGE_DEFAULT = 50


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sent: a field that is not known is a mistake of the sender's, and is said."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered."""


class Page(Said, Generic[Item], frozen=True, kw_only=True):
    """Some of many. `next_cursor`: ask again with it for what follows; null at the end."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


class NoQuery(Asked, frozen=True, kw_only=True):
    """Nothing behind the question mark."""


class PageQuery(Asked, frozen=True, kw_only=True):
    """Which part of a list. `cursor`: the `next_cursor` of the answer before."""

    cursor: Line200 = ""
    limit: Limit = PAGE_DEFAULT


class Person(Said, frozen=True, kw_only=True):
    """Who a member is."""

    first_name: str
    last_name: str
    email: str
    phone: str
    street: str
    postcode: str
    town: str
    birthday: date | None


class Member(Said, frozen=True, kw_only=True):
    """A member. `person`: null for a token without the scope `persons:read`. `groups`: ids."""

    member_id: str
    number: str
    language: str
    tier: str
    receipts_by_mail: bool
    groups: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    person: Person | None = None


class MemberQuery(PageQuery, frozen=True, kw_only=True):
    """Which members. One of number, card_id, email and phone finds exactly whoever has it; without, all in order."""

    number: Line64 = ""
    card_id: Line64 = ""
    email: Line254 = ""
    phone: Line40 = ""


class PersonChange(Asked, frozen=True, kw_only=True):
    """What is known of a person; what is left out stays as it is, an empty text takes it away."""

    first_name: Line100 | UnsetType = UNSET
    last_name: Line100 | UnsetType = UNSET
    email: Line254 | UnsetType = UNSET
    phone: Line40 | UnsetType = UNSET
    street: Line200 | UnsetType = UNSET
    postcode: Line20 | UnsetType = UNSET
    town: Line100 | UnsetType = UNSET
    birthday: date | UnsetType | None = UNSET


class NewMember(Asked, frozen=True, kw_only=True):
    """A member to be added. `number` empty: the next free one. `card_id`: a first card."""

    person: PersonChange
    number: Line64 = ""
    language: Language = "en"
    groups: tuple[Line64, ...] = ()
    receipts_by_mail: bool = False
    card_id: Line64 = ""


class MemberChange(Asked, frozen=True, kw_only=True):
    """What changes of a member; what is left out stays."""

    person: PersonChange | UnsetType = UNSET
    number: Annotated[Line64, Meta(min_length=1)] | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    groups: tuple[Line64, ...] | UnsetType = UNSET
    receipts_by_mail: bool | UnsetType = UNSET


class Card(Said, frozen=True, kw_only=True):
    """A card. state: active, blocked, replaced."""

    card_id: str
    member_id: str
    state: str
    replaced_by: str
    created_at: datetime
    changed_at: datetime


class NewCard(Asked, frozen=True, kw_only=True):
    """A card for a member; `replaces`: in place of that one, which no till takes any more."""

    card_id: Annotated[Line64, Meta(min_length=1)]
    replaces: Line64 = ""


class CardChange(Asked, frozen=True, kw_only=True):
    """Block a card everywhere, or take that back."""

    state: Literal["active", "blocked"]


class Balance(Said, frozen=True, kw_only=True):
    """One account: `points`, `value` (money) or `stamps:CARD`. `expiring`: so much after `expires_on`."""

    unit: str
    balance: int
    worth_minor: int | None
    expires_on: date | None
    expiring: int


class Balances(Said, frozen=True, kw_only=True):
    """Every account of a member."""

    currency: str
    items: tuple[Balance, ...]


class Posting(Said, frozen=True, kw_only=True):
    """One booking. `kind`: accrual, points_redemption, adjustment, …; `reason`: of what was booked by hand."""

    entry_id: str
    unit: str
    kind: str
    amount: int
    business_day: date
    happened_at: datetime
    expires_on: date | None
    reason: str


class NewPosting(Asked, frozen=True, kw_only=True):
    """Points, or stamps of a card (`stamps:CARD`), that a member is given."""

    amount: Annotated[int, Meta(ge=1, le=1_000_000)]
    reason: Annotated[Line200, Meta(min_length=1)]
    unit: Annotated[str, Meta(max_length=40, pattern=r"^(points|stamps:[^\x00-\x1f\x7f]+)$")] = "points"


class Booked(Said, frozen=True, kw_only=True):
    """A booking that was made, and the balance after it."""

    entry_id: str
    unit: str
    balance: int


class Coupon(Said, frozen=True, kw_only=True):
    """A coupon. state: open, redeemed, taken_back, void, overdrawn. medium: card or paper."""

    coupon_id: str
    campaign_id: str
    member_id: str
    medium: str
    state: str
    valid_from: date | None
    valid_until: date | None
    issued_at: datetime


class CouponQuery(PageQuery, frozen=True, kw_only=True):
    """Which of a member's coupons; `state` empty: all."""

    state: Literal["", "open", "redeemed", "taken_back", "void", "overdrawn"] = ""


class NewCoupon(Asked, frozen=True, kw_only=True):
    """A coupon of a running campaign of the kind coupon."""

    campaign_id: Annotated[Line64, Meta(min_length=1)]


class ApprovalShort(Said, frozen=True, kw_only=True):
    """A question to a second person. kind: campaign, mailing, flow. state: submitted, approved, refused, void."""

    kind: str
    subject_id: str
    name: str
    state: str
    submitted_by: str
    submitted_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str


class MessageShort(Said, frozen=True, kw_only=True):
    """A message in a list. purpose: marketing, service. channel_rule: email, sms, email_else_sms, both, letter.

    state: draft, preparing, scheduled, late, sending, paused, done, cancelled. `campaign_id`: the campaign it speaks
    of, or empty. `send_at` null: as soon as it is launched.
    """

    mailing_id: str
    name: str
    purpose: str
    channel_rule: str
    state: str
    campaign_id: str
    send_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    created_at: datetime


class MessageFull(MessageShort, frozen=True, kw_only=True):
    """What became of it: counts of messages. `states` and `refused`: by state, and by the reason of a refusal of ours.

    `opened` is not reliable: programs open messages too. `cost_e4`: in ten-thousandths of the currency's unit.
    """

    messages: int
    waiting: int
    out: int
    opened: int
    clicked: int
    states: dict[str, int]
    refused: dict[str, int]
    cost_e4: int


class CampaignShort(Said, frozen=True, kw_only=True):
    """A campaign in a list. state: draft, live, paused, ending, stopped."""

    campaign_id: str
    name: str
    state: str
    starts_on: date
    ends_on: date
    live_version: int | None


class CampaignFull(CampaignShort, frozen=True, kw_only=True):
    """A campaign. `sentences`: what it does, in the organisation's language; empty before it was published."""

    kind: str
    sentences: tuple[str, ...]


class Results(Said, frozen=True, kw_only=True):
    """What a campaign brought and cost until now."""

    campaign_id: str
    currency: str
    receipts: int
    campaign_revenue_minor: int
    total_receipts: int
    total_revenue_minor: int
    cost_minor: int
    discount_bp: int | None
    average_receipt_minor: int | None
    total_average_minor: int | None
    issued: int
    redeemed: int
    open: int


class NewReplay(Asked, frozen=True, kw_only=True):
    """What is replayed: a campaign as its form is now; without one, all that tills have.

    `first_day`, `last_day`: of the receipts, both included, at most 400 days; without them, the 400 days up to the
    newest receipt.
    """

    campaign_id: Line64 = ""
    first_day: date | None = None
    last_day: date | None = None


class Replay(Said, frozen=True, kw_only=True):
    """How far a replay is. state: waiting, running, done, stopped, failed."""

    replay_id: str
    campaign_id: str
    name: str
    state: str
    first_day: date | None
    last_day: date | None
    receipts_done: int
    receipts_total: int
    created_at: datetime
    finished_at: datetime | None


class ReplaySums(Said, frozen=True, kw_only=True):
    """Receipts of a day, a store or a member, what the campaign gives there, and what is given more than without it."""

    name: str
    receipts: int
    discount_minor: int
    cost_minor: int


class ReplayCampaign(Said, frozen=True, kw_only=True):
    """What one campaign gives: lines and their value (before discounts) are those it gave something on."""

    campaign_id: str
    name: str
    receipts: int
    members: int
    lines: int
    value_minor: int
    discount_minor: int
    points: int
    coupons: int


class ReplayConflict(Said, frozen=True, kw_only=True):
    """On so many receipts one campaign gave less because of another; `because_of` empty: because of a limit."""

    gives_less: str
    because_of: str
    receipts: int
    less_minor: int


class ReplayReceipt(Said, frozen=True, kw_only=True):
    """A receipt to look at: its id as in `/receipts`, and what the campaign gives there."""

    receipt_id: str
    value_minor: int
    discount_minor: int


class ReplayForecast(Said, frozen=True, kw_only=True):
    """What to expect from the first to the last day: nine times in ten between low and high."""

    first_day: date
    last_day: date
    low_minor: int
    expected_minor: int
    high_minor: int


class ReplayFull(Replay, frozen=True, kw_only=True):
    """A replay with what it found; nulls and nothing before its end. `members`: those who cost most."""

    currency: str
    receipts: int = 0
    receipts_touched: int = 0
    members_touched: int = 0
    discount_minor: int = 0
    cost_minor: int = 0
    campaigns: tuple[ReplayCampaign, ...] = ()
    days: tuple[ReplaySums, ...] = ()
    stores: tuple[ReplaySums, ...] = ()
    members: tuple[ReplaySums, ...] = ()
    conflicts: tuple[ReplayConflict, ...] = ()
    worst: tuple[ReplayReceipt, ...] = ()
    forecast: ReplayForecast | None = None


class ReceiptQuery(PageQuery, frozen=True, kw_only=True):
    """Which receipts: of days (both inclusive), of a member."""

    first_day: date | None = None
    last_day: date | None = None
    member_id: Line64 = ""


class ReceiptShort(Said, frozen=True, kw_only=True):
    """A receipt in a list. kind: sale, void, return, account."""

    receipt_id: str
    store_id: str
    business_day: date
    closed_at: datetime
    kind: str
    member_id: str
    total_value_minor: int
    total_discount_minor: int
    total_due_minor: int


class ReceiptLine(Said, frozen=True, kw_only=True):
    """A line of a receipt."""

    line_id: str
    product_id: str
    name: str
    quantity: int
    value_minor: int
    discount_minor: int
    due_minor: int
    vat_bp: int | None


class ReceiptFull(ReceiptShort, frozen=True, kw_only=True):
    """A receipt with its lines."""

    currency: str
    lines: tuple[ReceiptLine, ...]


class Consent(Said, frozen=True, kw_only=True):
    """What holds for a channel and a purpose. `reason`: why it may be used or not (`allowed`, `no_consent`, …)."""

    channel: str
    purpose: str
    allowed: bool
    reason: str
    given_at: datetime | None


class Consents(Said, frozen=True, kw_only=True):
    """Every channel and purpose."""

    items: tuple[Consent, ...]


class NewConsent(Asked, frozen=True, kw_only=True):
    """A decision of a member. A consent needs the words that were shown. `given_at` left out: now."""

    channel: Channel
    purpose: Purpose
    decision: Decision
    source: Literal["paper_form", "spoken", "till"] = "spoken"
    basis: Basis = Basis.CONSENT
    wording: Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")] = ""
    language: Language = "en"
    given_at: Instant | None = None
    note: Line200 = ""
