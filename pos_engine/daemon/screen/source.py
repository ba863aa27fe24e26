"""What the cashier screen needs of the checkout, and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pos_engine.checkout.answers import ReceiptSummary
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

    def recent_receipts(self, limit: int = 100) -> tuple[ReceiptSummary, ...]:
        """The last receipts, newest first."""

    def reprint(self, receipt_id: str, operator: str) -> None:
        """Print a receipt once more, marked COPY."""
