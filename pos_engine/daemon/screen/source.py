"""What the cashier screen needs of the checkout, and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pos_engine.checkout.answers import ClosedReturn, ReceiptSummary
from pos_engine.checkout.requests import ReturnRequest
from pos_engine.checkout.return_look import RefundLook, SaleLook
from pos_engine.checkout.screen import ScreenState


class ScreenSource(Protocol):
    """The part of the checkout service that the screen looks at and acts upon. Refusals are CheckoutError."""

    def screen(self) -> ScreenState:
        """What the cashier should see now."""

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each change, from any thread; the answer ends that."""

    def decline(self, sale_ref: str, offer_id: str) -> object:
        """Leave an offer out of a sale."""

    def accept(self, sale_ref: str, offer_id: str) -> object:
        """Put an offer that was left out back."""

    def use_points(self, sale_ref: str, points: int) -> object:
        """Use points as a discount; 0 uses none."""

    def park(self, sale_ref: str) -> None:
        """Put the sale in front aside."""

    def resume(self, sale_ref: str) -> object:
        """Bring a parked sale to the front."""

    def send_customer_away(self) -> None:
        """Not this customer: what waits goes, or the customer is taken off the sale."""

    def recent_receipts(self, limit: int = 100) -> tuple[ReceiptSummary, ...]:
        """The last receipts, newest first."""

    def reprint(self, receipt_id: str, operator: str) -> None:
        """Print a receipt once more, marked COPY."""


class ReturnSource(Protocol):
    """The part of the checkout service that takes goods back. Refusals are CheckoutError."""

    def find_sales(self, text: str) -> tuple[ReceiptSummary, ...]:
        """Sales of this till by number, card or code; of the card at hand, or the newest, when nothing is given."""

    def look_at_sale(self, receipt_id: str) -> SaleLook:
        """What of a sale can come back."""

    def look_at_refund(self, request: ReturnRequest) -> RefundLook:
        """What a return would refund."""

    def new_return_ref(self) -> str:
        """A number for a return, asked for when it is begun."""

    def take_back(self, request: ReturnRequest) -> ClosedReturn:
        """Record it, once for each number."""
