"""What reading a message needs to know of the till besides the checkout, as plain questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pos_engine.checkout.answers import ClosedReturn, ClosedSale, Quote, SaleStatus
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, ReturnRequest


class Checkout(Protocol):
    """The part of `CheckoutService` that a register uses."""

    def quote(self, request: QuoteRequest) -> Quote:
        """Price the whole basket of a sale."""

    def commit(self, request: CommitRequest) -> ClosedSale:
        """Close a sale durably at its last quote."""

    def void(self, sale_ref: str, operator: str) -> None:
        """Give up an open sale, or undo a closed one."""

    def take_back(self, request: ReturnRequest) -> ClosedReturn:
        """Take goods of a closed sale back, of this till or another."""

    def status(self, sale_ref: str) -> SaleStatus:
        """What is known of a sale."""

    def park(self, sale_ref: str) -> None:
        """Put an open sale aside."""

    def resume(self, sale_ref: str) -> Quote:
        """Bring a parked sale to the front."""

    def training_said(self) -> str:
        """What a register must know of training; empty while everything is real."""


@dataclass(frozen=True)
class Devices:
    """The state of the hardware in nexo's words (D4)."""

    printer_status: str
    card_reader_ok: bool
    backoffice_reached: bool


@dataclass(frozen=True)
class Lookups:
    """`currency`: of the shop, None before enrolment. `is_coupon`: whether the till knows a coupon of that code.

    `sale_of_receipt`: the sale of a receipt id, None when the journal has no such receipt.
    """

    currency: Callable[[], str | None]
    is_product: Callable[[str], bool]
    is_coupon: Callable[[str], bool]
    sale_of_receipt: Callable[[str], str | None]
    devices: Callable[[], Devices]
