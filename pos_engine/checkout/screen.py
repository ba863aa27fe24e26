"""What the cashier sees now: one immutable picture, complete each time, so that a screen can join at any moment.

Whoever draws it adds nothing: sentences come in the till's language, amounts in minor units of `currency`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pos_engine.checkout.answers import CouponAnswer, MemberView, Message, OfferNote, QuotedLine, SaleState

ScreenMode = Literal["not_enrolled", "idle", "card_waiting", "sale", "closed"]
"""not_enrolled: the till belongs to no shop yet. idle: no sale and no card. card_waiting: a card was tapped and waits
for the next sale. sale: a sale is in front. closed: the last sale was just closed, nothing new has begun."""

DeviceHealth = Literal["ok", "warning", "error", "unknown"]


@dataclass(frozen=True)
class SaleView:
    """The sale in front, as the register rang it up and the rules priced it."""

    sale_ref: str
    state: SaleState
    operator: str
    lines: tuple[QuotedLine, ...]
    total_value_minor: int
    total_discount_minor: int
    total_due_minor: int
    receipt_id: str = ""
    sequence_no: int = 0


@dataclass(frozen=True)
class ParkedSale:
    """A sale that waits. `label` is what a cashier recognises it by: the member's name, or the first article."""

    sale_ref: str
    label: str
    line_count: int
    total_due_minor: int
    parked_at: datetime


@dataclass(frozen=True)
class DeviceNote:
    """One device's state in words, and what to do about it when it is not well."""

    name: str
    kind: Literal["reader", "printer", "register", "other"]
    health: DeviceHealth
    text: str = ""


@dataclass(frozen=True)
class ScreenState:
    """The whole screen. `version` grows with every change, so that a listener can drop what is stale.

    `zone`: the store's time zone (IANA name), for the times that are shown. `reasons`: why all other offers do not
    apply, put into words when somebody asks. `card_value`: this till can take value from cards; `card_doubts`: moves on
    cards of which nobody knows yet whether they happened, in words. `scanned_receipt`: a receipt whose code was read.
    `training`: nothing of it is real. `asks_factor`: with a cashier's PIN the customer at hand
    could use points and value, and without one not. `can_send_away`: the customer at hand, or what waits, can be sent
    away here.
    """

    version: int
    mode: ScreenMode
    language: str
    currency: str
    store_name: str = ""
    workstation_id: str = ""
    sale: SaleView | None = None
    member: MemberView | None = None
    applied: tuple[OfferNote, ...] = ()
    available: tuple[OfferNote, ...] = ()
    reasons: Callable[[], tuple[OfferNote, ...]] = field(default=tuple, compare=False, repr=False)
    declined: tuple[OfferNote, ...] = ()
    coupons: tuple[CouponAnswer, ...] = ()
    message: Message | None = None
    parked: tuple[ParkedSale, ...] = ()
    devices: tuple[DeviceNote, ...] = ()
    set_version: int = 0
    inactive_campaigns: int = 0
    offline: bool = False
    outbox_count: int = 0
    zone: str = "UTC"
    card_value: bool = False
    card_doubts: tuple[str, ...] = ()
    scanned_receipt: str = ""
    training: bool = False
    asks_factor: bool = False
    can_send_away: bool = False
