"""What is drawn: a screen state put into words and into order, so that the templates decide nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from pos_engine import words
from pos_engine.checkout.answers import MemberView, OfferNote, QuotedLine, ReceiptSummary, Severity
from pos_engine.checkout.screen import DeviceNote, ScreenMode, ScreenState
from pos_engine.core.outcome import POINTS_DISCOUNT
from pos_engine.daemon.screen.speech import Speech
from pos_engine.wire.sync import MemberBody

COUPONS_MAX = 3
"""Offers within reach that are shown: a cashier has one second."""

DIGIT_KEYS_MAX = 9
"""Offers that have a key of their own."""

OfferPlace = Literal["applied", "declined", "available"]


@dataclass(frozen=True)
class Banner:
    """One big sentence. `symbol` repeats the severity for those who do not see its colour."""

    severity: Severity
    symbol: str
    text: str


@dataclass(frozen=True)
class OfferCard:
    """One offer on the screen. `wanted`: what a tap asks for (`yes` puts it back, `no` leaves it out), or nothing."""

    campaign_id: str
    offer_id: str
    place: OfferPlace
    name: str
    saving: str
    note: str
    wanted: Literal["yes", "no", ""]
    tap_text: str
    key: str = ""


@dataclass(frozen=True)
class CustomerCard:
    """The member: name, tier and points; `others`: stored value, stamps, and whether all of it is provisional."""

    name: str
    tier: str
    points: str
    initials: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class PointsField:
    """Where the cashier says how many points are used: whole steps, as far as they may be."""

    sale_ref: str
    step: int
    most: int


@dataclass(frozen=True)
class BasketLine:
    """One line as it was rung up, with what it costs after discounts. `quantity` is empty for one piece."""

    name: str
    quantity: str
    value: str
    due: str
    reduced: bool


@dataclass(frozen=True)
class SalePanel:
    """The basket and its totals."""

    sale_ref: str
    lines: tuple[BasketLine, ...]
    count: str
    value: str
    discount: str
    due: str
    due_label: str
    closed: bool


@dataclass(frozen=True)
class DeviceSign:
    """A small sign in the status bar."""

    name: str
    health: str
    hint: str


@dataclass(frozen=True)
class ScreenView:
    """Everything the live part of the page shows."""

    mode: ScreenMode
    speech: Speech
    store: str
    title: str
    help: str
    banners: tuple[Banner, ...]
    customer: CustomerCard | None
    sale: SalePanel | None
    offers: tuple[OfferCard, ...]
    devices: tuple[DeviceSign, ...]
    offline: str
    parked_count: int
    points: PointsField | None = None
    card_value: bool = False
    scanned_receipt: str = ""
    training: str = ""
    allow_spending: bool = False
    send_away: bool = False


SYMBOLS: dict[Severity, str] = {"info": "i", "good": "✓", "warning": "!", "error": "✕"}


def screen_view(state: ScreenState, speech: Speech) -> ScreenView:
    """Put a state into words and order."""
    title, help_text = _headline(state, speech)
    return ScreenView(
        mode=state.mode,
        speech=speech,
        store=" · ".join(part for part in (state.store_name, state.workstation_id) if part),
        title=title,
        help=help_text,
        banners=_banners(state, speech),
        customer=_customer(state.member, speech) if state.member else None,
        sale=_sale(state, speech),
        offers=_offers(state, speech),
        devices=tuple(DeviceSign(device.name, device.health, device.text) for device in state.devices),
        offline=speech.text("off_line_help", count=state.outbox_count) if state.offline else "",
        parked_count=len(state.parked),
        points=_points_field(state),
        card_value=state.card_value and state.member is not None and state.mode != "closed",
        scanned_receipt=state.scanned_receipt,
        training=words.text("training.screen", speech.language) if state.training else "",
        send_away=state.can_send_away,
        allow_spending=state.asks_factor and state.mode != "closed",
    )


def _headline(state: ScreenState, speech: Speech) -> tuple[str, str]:
    """The big line, and what to do next."""
    if state.mode == "closed" and state.sale is not None:
        number = state.sale.sequence_no
        return speech.text("closed_title"), speech.text("closed_help", number=number) if number else ""
    if state.mode == "sale" and state.member is None:
        return speech.text("no_card_title"), speech.text("no_card_help")
    if state.mode == "sale":
        return "", ""
    return speech.text(f"{state.mode}_title"), speech.text(f"{state.mode}_help")


def _banners(state: ScreenState, speech: Speech) -> tuple[Banner, ...]:
    """Trouble in big words: what just happened first, then devices that are not well, then refused coupons."""
    banners = []
    if state.message is not None:
        banners.append(_banner(state.message.severity, state.message.text))
    banners += [_banner("error", doubt) for doubt in state.card_doubts]
    banners += [_banner(_device_severity(device), device.text) for device in state.devices if _is_trouble(device)]
    banners += [_banner("warning", coupon.text) for coupon in state.coupons if not coupon.accepted]
    if state.inactive_campaigns:
        banners.append(_banner("warning", speech.text("inactive_campaigns", count=state.inactive_campaigns)))
    # A sentence may come from two sides (the sale's message and the coupon's answer); it is said once.
    return tuple(dict.fromkeys(banners))


def _banner(severity: Severity, text: str) -> Banner:
    return Banner(severity, SYMBOLS[severity], text)


def _is_trouble(device: DeviceNote) -> bool:
    return device.health in {"warning", "error"} and bool(device.text)


def _device_severity(device: DeviceNote) -> Severity:
    return "error" if device.health == "error" else "warning"


def _points_field(state: ScreenState) -> PointsField | None:
    """Only on an open sale of a member who has points to use."""
    if state.mode != "sale" or state.sale is None or state.member is None or not state.member.points_usable:
        return None
    return PointsField(state.sale.sale_ref, state.member.points_step, state.member.points_usable)


def _customer(member: MemberView, speech: Speech) -> CustomerCard:
    letters = [word[0].upper() for word in member.display_name.split() if word[0].isalnum()]
    initials = "".join(letters[:1] + letters[-1:] if len(letters) > 1 else letters)
    others = [f"{speech.money(member.value_minor)} {speech.text('value')}"] if member.value_minor else []
    others += [speech.text("stamps", card=card, count=count) for card, count in member.stamps]
    if member.points_off_line is not None and member.points:
        others.append(speech.text("points_off_line", points=member.points_off_line))
    others += [speech.text("provisional")] if member.provisional and (member.points or others) else []
    tier = member.tier_name or member.tier
    return CustomerCard(member.display_name, tier, str(member.points), initials, tuple(others))


def _offers(state: ScreenState, speech: Speech) -> tuple[OfferCard, ...]:
    """Applied offers, those left out, the best within reach. A tap (or a digit key) acts while the sale is open."""
    left_out = {(note.campaign_id, note.offer_id) for note in state.declined}
    reachable = [note for note in state.available if (note.campaign_id, note.offer_id) not in left_out]
    reachable.sort(key=lambda note: -note.saving_minor)
    cards = [
        *(_applied(note, speech) for note in state.applied),
        *(_declined(note, speech) for note in state.declined),
        *(_reachable(note, speech) for note in reachable[:COUPONS_MAX]),
    ]
    if state.mode == "closed":
        return tuple(replace(card, wanted="", tap_text="") for card in cards if card.place == "applied")
    if state.mode != "sale":
        return tuple(replace(card, wanted="", tap_text="") for card in cards)
    return tuple(
        replace(card, key=str(place)) if card.wanted and place <= DIGIT_KEYS_MAX else card
        for place, card in enumerate(cards, start=1)
    )


def _applied(note: OfferNote, speech: Speech) -> OfferCard:
    saving = speech.discount(note.saving_minor)
    text = note.text if not saving or note.offer_id == POINTS_DISCOUNT else ""
    return _card(note, "applied", saving, text, wanted="no", tap_text=speech.text("leave_out"))


def _declined(note: OfferNote, speech: Speech) -> OfferCard:
    return _card(note, "declined", _would_save(note, speech), speech.text("left_out"), "yes", speech.text("put_back"))


def _reachable(note: OfferNote, speech: Speech) -> OfferCard:
    if note.offer_id == POINTS_DISCOUNT:
        saving = _would_save(note, speech)
        return _card(note, "available", saving, note.text, wanted="yes", tap_text=speech.text("points_use"))
    return _card(note, "available", _would_save(note, speech), note.text)


def _would_save(note: OfferNote, speech: Speech) -> str:
    return speech.text("would_save", amount=speech.money(note.saving_minor)) if note.saving_minor else ""


def _card(
    note: OfferNote,
    place: OfferPlace,
    saving: str,
    text: str,
    wanted: Literal["yes", "no", ""] = "",
    tap_text: str = "",
) -> OfferCard:
    return OfferCard(note.campaign_id, note.offer_id, place, note.name, saving, text, wanted, tap_text)


def _sale(state: ScreenState, speech: Speech) -> SalePanel | None:
    sale = state.sale
    if sale is None:
        return None
    pieces = sum(line.quantity for line in sale.lines)
    closed = state.mode == "closed"
    return SalePanel(
        sale_ref=sale.sale_ref,
        lines=tuple(_line(line, speech) for line in sale.lines),
        count=speech.text("pieces", count=pieces),
        value=speech.money(sale.total_value_minor),
        discount=speech.discount(sale.total_discount_minor),
        due=speech.money(sale.total_due_minor),
        due_label=speech.text("paid" if closed else "total"),
        closed=closed,
    )


def _line(line: QuotedLine, speech: Speech) -> BasketLine:
    return BasketLine(
        name=line.name or line.product_id,
        quantity=str(line.quantity) if line.quantity != 1 else "",
        value=speech.money(line.value_minor),
        due=speech.money(line.due_minor),
        reduced=line.discount_minor > 0,
    )


@dataclass(frozen=True)
class ReasonRow:
    """An offer that is not on this sale, and why not."""

    name: str
    why: str


def reason_rows(state: ScreenState) -> tuple[ReasonRow, ...]:
    """All of them, in the order of the campaigns."""
    return tuple(ReasonRow(note.name, note.text) for note in state.reasons())


@dataclass(frozen=True)
class ParkedRow:
    """A parked sale, to be told from the others and brought back."""

    sale_ref: str
    label: str
    since: str
    pieces: str
    due: str


def parked_rows(state: ScreenState, speech: Speech) -> tuple[ParkedRow, ...]:
    """Parked sales, the longest waiting first."""
    return tuple(
        ParkedRow(
            parked.sale_ref,
            parked.label,
            speech.time(parked.parked_at),
            speech.text("lines", count=parked.line_count),
            speech.money(parked.total_due_minor),
        )
        for parked in sorted(state.parked, key=lambda parked: parked.parked_at)
    )


@dataclass(frozen=True)
class ReceiptRow:
    """A receipt that can be printed again."""

    receipt_id: str
    number: str
    day: str
    time: str
    operator: str
    due: str
    discount: str
    is_void: bool
    waits: bool
    sale_ref: str = ""
    """Empty: it is no sale that can be cancelled."""


@dataclass(frozen=True)
class FoundRow:
    """A member found by phone number: so much that the customer can be asked, and no more."""

    member_id: str
    initials: str
    number: str


def found_rows(members: Iterable[MemberBody]) -> tuple[FoundRow, ...]:
    """Initials and number; never the name, which somebody else's phone number would tell."""
    return tuple(FoundRow(each.member_id, initials_of(each.display_name), each.number) for each in members)


def initials_of(name: str) -> str:
    """The first letters of a name's words, as `A. L.`."""
    return " ".join(f"{word[0].upper()}." for word in name.split() if word[0].isalpha())


def receipt_rows(receipts: Iterable[ReceiptSummary], speech: Speech) -> tuple[ReceiptRow, ...]:
    """Recent receipts in the order they came (newest first)."""
    return tuple(
        ReceiptRow(
            receipt.receipt_id,
            str(receipt.sequence_no),
            speech.date(receipt.business_day),
            speech.time(receipt.closed_at),
            receipt.operator,
            speech.money(receipt.total_due_minor),
            speech.discount(receipt.total_discount_minor),
            is_void=receipt.kind == "void",
            waits=not receipt.uploaded,
            sale_ref=receipt.sale_ref if receipt.kind == "sale" else "",
        )
        for receipt in receipts
    )
