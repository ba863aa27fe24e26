"""A printed receipt as a sale of the till: it is paid, so nothing is taken off; coupons, points and stamps are given.

Laws: the price is the register's; an offer that would take something off is declined; what cannot be done leaves the
receipt as it was, and is logged; each piece of paper is one sale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from pos_engine.checkout.answers import Quote
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, RegisterLine
from pos_engine.core.money import share_by_largest_remainder
from pos_engine.ports.clock import Clock, Ids
from pos_engine.ports.document import Document
from pos_engine.registers.nexo.lookups import Checkout
from pos_engine.registers.printed.reading import NoReceipt, PrintedLine, PrintedReceipt, read_receipt
from pos_engine.registers.printed.template import Template
from pos_engine.wire.sync import Tender

DECLINES_MAX = 20
"""Offers that are declined one after the other before the rest of them is not asked at all."""

TENDER = "other"

_log = structlog.get_logger(__name__)


class PaperCheckout(Checkout, Protocol):
    """The part of `CheckoutService` that printed receipts need."""

    def decline(self, sale_ref: str, offer_id: str) -> Quote:
        """Leave an offer out of a sale."""


class PrintedReceipts:
    """Answers each piece of paper with what is printed before its cut. Thread-safe as its parts are."""

    def __init__(
        self,
        template: Template,
        checkout: PaperCheckout,
        coupons_of: Callable[[str], tuple[Document, ...]],
        exponent: Callable[[], int],
        clock: Clock,
        ids: Ids,
    ) -> None:
        """`coupons_of`: hands over the coupons that a receipt gave. `exponent`: decimals of the currency."""
        self._template = template
        self._checkout = checkout
        self._coupons_of = coupons_of
        self._exponent = exponent
        self._clock = clock
        self._ids = ids

    def decide(self, text: tuple[str, ...]) -> tuple[Document, ...]:
        """What is printed before the cut of this paper. Never raises."""
        try:
            receipt = read_receipt(text, self._template, self._exponent())
            if isinstance(receipt, NoReceipt):
                _log.info("paper_is_no_receipt", reason=receipt.reason)
                return ()
            if not receipt.understood:
                _log.warning("printed_lines_not_understood", lines=len(text), total_minor=receipt.total_minor)
            return self._close(receipt)
        except CheckoutError as error:
            _log.warning("printed_receipt_not_taken", code=error.code, text=str(error))
        except Exception:  # noqa: BLE001 - the customer's receipt must come out, whatever breaks here
            _log.exception("printed_receipt_fault")
        return ()

    def _close(self, receipt: PrintedReceipt) -> tuple[Document, ...]:
        sale_ref = f"paper-{self._ids.new_id()}@{self._clock.now():%Y-%m-%d}"
        lines = register_lines(receipt.lines)
        request = QuoteRequest(sale_ref=sale_ref, lines=lines)
        quote = self._checkout.quote(request)
        for _ in range(DECLINES_MAX):
            taking = next((offer for offer in quote.offers.applied if offer.saving_minor), None)
            if taking is None:
                break
            self._checkout.decline(sale_ref, taking.offer_id)
            quote = self._checkout.quote(request)  # what was declined stays so; a sale closes at the price last told
        if quote.price_minor != receipt.total_minor:
            quote = self._checkout.quote(replace(request, at_register_price=True))
        tenders = (Tender(kind=TENDER, amount_minor=quote.total_due_minor),)
        closed = self._checkout.commit(CommitRequest(sale_ref, quote.total_due_minor, tenders))
        return self._coupons_of(closed.receipt_id)


def register_lines(lines: Sequence[PrintedLine]) -> tuple[RegisterLine, ...]:
    """As the checkout takes them: pieces of a line cost the same, so odd coins make a line of their own."""
    found: list[RegisterLine] = []
    for number, line in enumerate(lines, start=1):
        shares = share_by_largest_remainder(line.amount_minor, [1] * line.quantity)
        found.extend(
            RegisterLine(
                line_id=f"{number}-{price}",
                product_id=line.product,
                unit_price_minor=price,
                quantity=shares.count(price),
                name=line.name,
                vat_bp=_basis_points(line.tax_percent),
            )
            for price in sorted(set(shares))
        )
    return tuple(found)


def _basis_points(percent: str) -> int | None:
    whole, _, part = percent.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0")[:2] or "0") if whole.isdecimal() else None
