"""Screen states as tests need them, and a checkout that shows them and notes what was tapped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from typing_extensions import override

from pos_engine.checkout.answers import CouponAnswer, MemberView, Message, OfferNote, QuotedLine, ReceiptSummary
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.screen import DeviceNote, ParkedSale, SaleView, ScreenState
from pos_engine.daemon.screen.source import ScreenSource

MEMBER = MemberView(
    member_id="m-1",
    card_id="iso14443a:04A1B2C3D4E5F6",
    display_name="Anna Nováková",
    language="cs",
    points=1240,
    groups=("regulars",),
    tier="Gold",
    coupons_held=3,
)


def line(line_id: str, name: str, value_minor: int, discount_minor: int = 0, quantity: int = 1) -> QuotedLine:
    return QuotedLine(
        line_id=line_id,
        product_id=f"p-{line_id}",
        name=name,
        quantity=quantity,
        measure="",
        vat_bp=700,
        value_minor=value_minor,
        discount_minor=discount_minor,
        due_minor=value_minor - discount_minor,
        discounts=(),
    )


LINES = (
    line("1", "Goulash with dumplings", 1290, 129),
    line("2", "Rye bread 1 kg", 480, 48),
    line("3", "Coffee", 640, quantity=2),
    line("4", "Apple strudel", 390),
)

SALE = SaleView(
    sale_ref="4711@2026-11-20",
    state="quoted",
    operator="eva",
    lines=LINES,
    total_value_minor=2800,
    total_discount_minor=177,
    total_due_minor=2623,
)


def offer(offer_id: str, name: str, saving_minor: int, text: str = "", code: str = "applied") -> OfferNote:
    return OfferNote(f"c-{offer_id}", offer_id, name, saving_minor, code, text)


IDLE = ScreenState(
    version=1,
    mode="idle",
    language="en",
    currency="EUR",
    store_name="Bakery at the Mill",
    workstation_id="till-1",
    zone="Europe/Prague",
    devices=(DeviceNote("Reader", "reader", "ok"), DeviceNote("Printer", "printer", "ok")),
)

FULL = replace(
    IDLE,
    version=2,
    mode="sale",
    sale=SALE,
    member=MEMBER,
    applied=(
        offer("mondays", "Mondays 10 % on all main dishes", 129),
        offer("bread", "10 % on every kind of bread", 48),
    ),
    declined=(offer("coffee", "One coffee free", 320),),
    available=(
        offer("small", "5 off from 30", 150, "add 2.00", "minimum_missing"),
        offer("large", "Cake for the table", 500, "add 4.20", "minimum_missing"),
    ),
    reasons=lambda: (offer("late", "Evening bread", 0, "Only from 17:00 to 19:00", "outside_hours"),),
    parked=(ParkedSale("4709@2026-11-20", "Petr Svoboda", 3, 1210, datetime(2026, 11, 20, 9, 5, tzinfo=UTC)),),
)

TROUBLE = replace(
    FULL,
    version=3,
    member=None,
    applied=(),
    declined=(),
    message=Message("card_unknown", "error", "This card is not known here. The sale goes on without it."),
    devices=(
        DeviceNote("Reader", "reader", "ok"),
        DeviceNote("Printer", "printer", "error", "The printer is out of paper. Put in a new roll."),
    ),
    coupons=(CouponAnswer("ABC", accepted=False, reason="used", text="This coupon was used on 3 Nov."),),
    offline=True,
    outbox_count=4,
)

CLOSED = replace(
    FULL, version=4, mode="closed", sale=replace(SALE, state="closed", sequence_no=17, receipt_id="till-1:1:17")
)

RECEIPT = ReceiptSummary(
    receipt_id="till-1:1:17",
    business_day=date(2026, 11, 20),
    sequence_no=17,
    kind="sale",
    sale_ref="4711@2026-11-20",
    closed_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    operator="eva",
    member_id="m-1",
    total_value_minor=2800,
    total_discount_minor=177,
    total_due_minor=2623,
    uploaded=False,
)


@dataclass
class ShownCheckout(ScreenSource):
    """Shows the state it is given; taps are noted, and refused when `refuse_text` says so."""

    state: ScreenState = IDLE
    receipts: tuple[ReceiptSummary, ...] = (RECEIPT,)
    refuse_text: str = ""
    taps: list[tuple[str, ...]] = field(default_factory=list)
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def show(self, state: ScreenState) -> None:
        self.state = state
        for listener in tuple(self.listeners):
            listener()

    def _tap(self, *tap: str) -> None:
        if self.refuse_text:
            raise CheckoutError("sale_closed", self.refuse_text)
        self.taps.append(tap)

    @override
    def screen(self) -> ScreenState:
        return self.state

    @override
    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    @override
    def decline(self, sale_ref: str, offer_id: str) -> None:
        self._tap("decline", sale_ref, offer_id)

    @override
    def accept(self, sale_ref: str, offer_id: str) -> None:
        self._tap("accept", sale_ref, offer_id)

    @override
    def use_points(self, sale_ref: str, points: int) -> None:
        self._tap("points", sale_ref, str(points))

    @override
    def park(self, sale_ref: str) -> None:
        self._tap("park", sale_ref)

    @override
    def resume(self, sale_ref: str) -> None:
        self._tap("resume", sale_ref)

    @override
    def send_customer_away(self) -> None:
        self._tap("send_customer_away")

    @override
    def recent_receipts(self, limit: int = 100) -> tuple[ReceiptSummary, ...]:
        return self.receipts[:limit]

    @override
    def reprint(self, receipt_id: str, operator: str) -> None:
        self._tap("reprint", receipt_id, operator)
