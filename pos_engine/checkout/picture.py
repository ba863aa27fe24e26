"""The cashier screen's picture out of the service's state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pos_engine import words
from pos_engine.checkout.answers import ClosedSale, MemberView, Message, OfferNotes, Quote
from pos_engine.checkout.cards import Holder
from pos_engine.checkout.desk import Desk
from pos_engine.checkout.quoting import quote_of, view_of
from pos_engine.checkout.sale import Sale
from pos_engine.checkout.screen import DeviceNote, ParkedSale, SaleView, ScreenMode, ScreenState
from pos_engine.checkout.sending_away import can_be_taken_off
from pos_engine.checkout.taps import Waiting


@dataclass(frozen=True)
class Surroundings:
    """What the screen shows besides sales. `card_value`: this till can take value from cards.

    `scanned_receipt`: whose code was read just now, because its goods come back. `training`: nothing is real.
    `asks_factor`: a second factor would let the customer at hand use points and value up.
    """

    devices: tuple[DeviceNote, ...] = ()
    offline: bool = False
    outbox_count: int = 0
    card_value: bool = False
    card_doubts: tuple[str, ...] = ()
    scanned_receipt: str = ""
    training: bool = False
    asks_factor: bool = False


@dataclass(frozen=True)
class LastClosed:
    """The sale that was closed last, still on the screen until something new begins."""

    quote: Quote
    closed: ClosedSale
    operator: str


def blank(version: int, surroundings: Surroundings) -> ScreenState:
    """A till that belongs to no shop yet."""
    return ScreenState(
        version=version,
        mode="not_enrolled",
        language="en",
        currency="",
        devices=surroundings.devices,
        offline=surroundings.offline,
    )


def picture(
    version: int,
    desk: Desk,
    front: Sale | None,
    sales: Iterable[Sale],
    waiting: Waiting,
    last: LastClosed | None,
    message: Message | None,
    surroundings: Surroundings,
) -> ScreenState:
    """Everything the cashier sees, complete."""
    mode: ScreenMode = "idle"
    quote: Quote | None = None
    view: SaleView | None = None
    member = None if waiting.holder is None else waiting_member(waiting.holder, desk)
    if front is not None and front.shown is not None:
        rules = desk.rules_of(front) or desk.rules.current()
        mode, quote = "sale", quote_of(front, front.shown, rules, desk.language)
        view, member = _sale_view(quote, front.operator), quote.member
    elif waiting.holder is not None or waiting.codes:
        mode = "card_waiting"
    elif last is not None:
        mode, quote = "closed", last.quote
        view, member = _closed_view(last), quote.member
    current = desk.rules.current()
    offers = OfferNotes() if quote is None else quote.offers
    return ScreenState(
        version=version,
        mode=mode,
        language=desk.language,
        currency=current.tariff.currency,
        store_name=desk.till.store_name,
        workstation_id=desk.till.workstation_id,
        sale=view,
        member=member,
        applied=offers.applied,
        available=offers.available,
        reasons=lambda: offers.lost,
        declined=offers.declined,
        coupons=() if quote is None else quote.coupons,
        message=message,
        parked=tuple(_parked(sale, desk) for sale in sales if sale.parked),
        devices=surroundings.devices,
        set_version=current.set_version,
        inactive_campaigns=len(current.inactive),
        offline=surroundings.offline,
        outbox_count=surroundings.outbox_count,
        zone=current.zone or desk.till.zone,
        card_value=surroundings.card_value,
        card_doubts=surroundings.card_doubts,
        scanned_receipt=surroundings.scanned_receipt,
        training=surroundings.training,
        can_send_away=mode == "card_waiting"
        or (mode == "sale" and front is not None and can_be_taken_off(desk, front)),
        asks_factor=surroundings.asks_factor and _has_something_to_spend(desk, front, waiting),
    )


def holder_in(front: Sale | None, waiting: Waiting) -> Holder | None:
    """The customer at hand: of the sale in front, else of the card that waits for one."""
    return waiting.holder if front is None or front.shown is None else front.shown.holder


def _has_something_to_spend(desk: Desk, front: Sale | None, waiting: Waiting) -> bool:
    """Whether the customer at hand has points or value that could be used now if the card were trusted."""
    if front is None or front.shown is None:
        purse = desk.pricing.purse(waiting.holder, desk.rules.current())
    else:
        purse = front.shown.purse
    if purse is None:
        return False
    purse = replace(purse, trusted=True)
    return purse.points.amount > 0 or purse.value.amount > 0


def waiting_member(holder: Holder, desk: Desk) -> MemberView:
    """A member whose card waits; coupons are counted when there is a sale."""
    return view_of(holder, desk.pricing.purse(holder, desk.rules.current()))


def _sale_view(quote: Quote, operator: str) -> SaleView:
    return SaleView(
        sale_ref=quote.sale_ref,
        state=quote.state,
        operator=operator,
        lines=quote.lines,
        total_value_minor=quote.total_value_minor,
        total_discount_minor=quote.total_discount_minor,
        total_due_minor=quote.total_due_minor,
    )


def _closed_view(last: LastClosed) -> SaleView:
    quote, closed = last.quote, last.closed
    return SaleView(
        sale_ref=closed.sale_ref,
        state="closed",
        operator=last.operator,
        lines=quote.lines,
        total_value_minor=closed.total_value_minor,
        total_discount_minor=closed.total_discount_minor,
        total_due_minor=closed.total_due_minor,
        receipt_id=closed.receipt_id,
        sequence_no=closed.sequence_no,
    )


def _parked(sale: Sale, desk: Desk) -> ParkedSale:
    """Recognised by the member's name, else the first article, else the register's number."""
    label = sale.sale_ref
    if sale.shown is not None:
        if sale.shown.holder is not None:
            label = sale.shown.holder.body.display_name or words.text("checkout.member_unnamed", desk.language)
        elif sale.shown.basket.lines:
            label = sale.shown.basket.lines[0].name or sale.shown.basket.lines[0].product_id
    return ParkedSale(
        sale_ref=sale.sale_ref,
        label=label,
        line_count=len(sale.lines),
        total_due_minor=0 if sale.shown is None else sale.shown.outcome.total_due_minor,
        parked_at=sale.changed_at,
    )
