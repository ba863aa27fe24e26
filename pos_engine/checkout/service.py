"""The checkout of one till: several sales at once, cards before or after the goods, closed exactly once.

Laws: only this class changes sales, one step at a time; what a register was told is kept before it is told (a failing
disk is the one exception: the sale goes on and the cashier is told); a reader never stops a sale.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from pos_engine import words
from pos_engine.checkout import records
from pos_engine.checkout.answers import ClosedSale, Quote, ReceiptSummary, SaleStatus
from pos_engine.checkout.card_value import CardPayError, check_tenders
from pos_engine.checkout.desk import Desk
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.originals import is_receipt_id
from pos_engine.checkout.pricing import check_lines
from pos_engine.checkout.quoting import quote_of
from pos_engine.checkout.readers import greeting
from pos_engine.checkout.requests import ALL_POINTS, CommitRequest, QuoteRequest
from pos_engine.checkout.sale import Sale
from pos_engine.checkout.taps import Waiting
from pos_engine.checkout.training import Training
from pos_engine.core.outcome import POINTS_DISCOUNT
from pos_engine.journal.prints import PrintJob
from pos_engine.ports.card_rights import CardMemory, CardRightsCode, CardRightsError
from pos_engine.ports.devices import CodeScanned, ReaderEvent
from pos_engine.ports.document import Document
from pos_engine.receipts.training_mark import as_training

_LOG = structlog.get_logger(__name__)

CARD_WORDS: dict[CardRightsCode, str] = {
    "card_absent": "needed",
    "card_pulled": "needed",
    "card_busy": "needed",
    "card_reader": "needed",
    "card_in_doubt": "in_doubt",
    "right_used": "used",
    "card_full": "full",
}
"""What the cashier is told when a card did not write a use down; everything else is a card that cannot be asked."""

RECENT_MAX = 100
"""Receipts that can be looked at and printed again from the screen."""


class CheckoutService(Training):
    """Thread-safe; the only writer of sales. Every refusal is a CheckoutError; a failing disk is a JournalError."""

    # -- what a register asks -----------------------------------------------------------------------------------

    def quote(self, request: QuoteRequest) -> Quote:
        """Price the whole basket. Repeatable; opens the sale, brings it to the front, takes a waiting card along."""
        with self._lock:
            desk = self._need()
            check_lines(request.lines)
            self._shelf.refuse_finished(request.sale_ref)
            sale = self._shelf.get(request.sale_ref) or desk.begin(request.sale_ref)
            priced_next = sale.moved("basket")
            # A sale that is over for its customer must not take the card of the one who stands there now.
            over = request.at_register_price
            waiting = Waiting() if over else self._readers.room.take(has_card=bool(sale.card_id))
            card_id = sale.card_id if waiting.holder is None else waiting.holder.card_id
            if waiting.holder is not None:
                priced_next = sale.moved("card").moved("basket")
            sale = replace(
                priced_next,
                parked=False,
                operator=request.operator,
                channel=request.channel,
                lines=request.lines,
                card_id=card_id,
                register_card_id=request.card_id,
                register_codes=request.coupon_codes,
                scanned_codes=tuple(dict.fromkeys(sale.scanned_codes + waiting.codes)),
                chosen_products=dict(request.chosen_products),
                at_register_price=request.at_register_price,
                points_wanted=sale.points_wanted if request.points is None else request.points,
                tender=request.tender,
                changed_at=desk.now(),
            )
            quote = self._teller.tell(desk, sale)
            if not over:
                self._teller.last = None
                self._teller.message = quote.messages[0] if quote.messages else None
                if self._teller.message is None and waiting.holder is not None:
                    self._teller.message = greeting(desk, "checkout.card_read", waiting.holder)
                self._shelf.bring_to_front(request.sale_ref)
        self._publish()
        return quote

    def commit(self, request: CommitRequest) -> ClosedSale:
        """Close the sale at the price the register was told. Durable on return; asked again, it is told again."""
        try:
            self._write_on_card(request)
            with self._lock:
                desk = self._need()
                sale = self._unfinished(request.sale_ref)
                if sale is None:
                    return records.closed_before(self._journal, request)
                self._check_card_value(desk, request)
                closed = self._teller.close(desk, sale, request)
                self._trust.sale_ended(sale.cards)
                return closed
        finally:
            self._publish()

    def void(self, sale_ref: str, operator: str, *, by_pin: bool = False) -> None:
        """Give up an open sale, or undo a closed one with a receipt that mirrors it. Twice is once.

        `by_pin`: the operator gave a PIN.
        """
        with self._lock:
            desk = self._need()
            sale = self._unfinished(sale_ref)
            if sale is None:
                records.void_closed(self._journal, desk, sale_ref, operator, by_pin=by_pin)
            else:
                voided = replace(sale.moved("void"), changed_at=desk.now())
                records.record_given_up(self._journal, desk, voided, operator, by_pin=by_pin)
                self._shelf.drop(sale_ref)
                self._trust.sale_ended(sale.cards)
            if self._teller.last is not None and self._teller.last.closed.sale_ref == sale_ref:
                self._teller.last = None
            self._say(desk, "warning", "checkout.sale_voided")
        self._publish()

    def status(self, sale_ref: str) -> SaleStatus:
        """What is known of a sale: the price last told while it is open, the closed sale afterwards."""
        with self._lock:
            desk = self._need()
            sale = self._unfinished(sale_ref)
            if sale is None or sale.told is None:
                return records.status_of(self._journal, sale_ref)
            rules = desk.rules_of(sale) or desk.rules.current()
            quote = quote_of(sale, sale.told, rules, desk.language)
            return SaleStatus(sale_ref, "parked" if sale.parked else "open", quote=quote)

    def park(self, sale_ref: str) -> None:
        """Put an open sale aside; the next card belongs to the next sale."""
        with self._lock:
            desk = self._need()
            sale = self._shelf.need(sale_ref)
            self._teller.keep(desk, replace(sale, parked=True, changed_at=desk.now()))
            self._shelf.leave_front(sale_ref)
            self._say(desk, "info", "checkout.sale_parked")
        self._publish()

    def resume(self, sale_ref: str) -> Quote:
        """Bring a sale back to the front, at the price it was told before."""
        with self._lock:
            desk = self._need()
            sale = replace(self._shelf.need(sale_ref), parked=False, changed_at=desk.now())
            self._teller.keep(desk, sale)
            self._shelf.bring_to_front(sale_ref)
            self._teller.last = None
            self._teller.message = None
            quote = self._teller.told(desk, sale)
        self._publish()
        return quote

    def decline(self, sale_ref: str, offer_id: str) -> Quote:
        """Take an offer off this sale. The register is told with its next quote."""
        return self._choose(sale_ref, offer_id, declined=True)

    def accept(self, sale_ref: str, offer_id: str) -> Quote:
        """Put a declined offer back."""
        return self._choose(sale_ref, offer_id, declined=False)

    # -- what readers see ---------------------------------------------------------------------------------------

    def reader_event(self, reader: str, event: ReaderEvent) -> None:
        """Something was held to a reader. Never raises for what a customer may do; `reader` names it in the log."""
        # The log never says whose card it was.
        _LOG.info("reader_event", reader=reader, kind=type(event).__name__)
        with self._lock:
            desk = self._seat()
            if desk is None:
                return
            scanned = event.text.strip() if isinstance(event, CodeScanned) else ""
            self._surroundings = replace(self._surroundings, scanned_receipt=scanned if is_receipt_id(scanned) else "")
            seen = self._readers.handle(desk, self._shelf.front(), event)
            if seen.sale is not None:
                self._teller.show(desk, seen.sale)
            if seen.message is not None:
                self._teller.message = seen.message
        self._publish()

    # -- receipts -----------------------------------------------------------------------------------------------

    def reprint(self, receipt_id: str, operator: str, *, by_pin: bool = False) -> None:
        """Print a receipt and its coupons again: marked COPY, the coupons without any code. On record."""
        with self._lock:
            desk = self._need()
            number = records.reprint(self._journal, self._replica, desk, receipt_id, operator, by_pin=by_pin)
            self._say(desk, "info", "checkout.reprint", number=number)
        self._publish()

    def receipt_text(self, receipt_id: str, width: int = 42) -> str:
        """A receipt as plain text, to look at. CheckoutError receipt_unknown."""
        with self._lock:
            return records.receipt_text(self._journal, self._replica, self._need(), receipt_id, width)

    def recent_receipts(self, limit: int = RECENT_MAX) -> tuple[ReceiptSummary, ...]:
        """The newest receipts first."""
        with self._lock:
            self._need()
        return records.recent(self._journal, min(limit, RECENT_MAX))

    def paper(self, job: PrintJob) -> Document:
        """A printout of this till as it goes to the printer, with what the customer could have had."""
        with self._lock:
            desk = self._need()
        if self.training:
            return as_training(job.document)
        # Outside the lock: no register waits for the reasons of a receipt that is being printed.
        return records.complete(self._journal, self._replica, desk, job)

    # -- inside -------------------------------------------------------------------------------------------------

    def _unfinished(self, sale_ref: str) -> Sale | None:
        """A sale that is not finished. One in doubt is finished when the disk recorded it after all, only too late."""
        sale = self._shelf.get(sale_ref)
        if sale is not None and sale.state == "tendered" and records.is_closed(self._journal, sale_ref):
            self._shelf.drop(sale_ref)
            return None
        return sale

    def use_points(self, sale_ref: str, points: int) -> Quote:
        """Use points as a discount: at most so many, whole steps only; 0 uses none. The next quote tells the register.

        CheckoutError tender_refused: none can be used, and why.
        """
        with self._lock:
            desk = self._need()
            sale = replace(self._shelf.need(sale_ref).moved("choice"), points_wanted=max(0, points))
            self._teller.refuse_points(desk, sale)
            quote = self._teller.show(desk, sale)
            self._say(desk, "info", "checkout.quote_again")
        self._publish()
        return quote

    def _write_on_card(self, request: CommitRequest) -> None:
        """Have the customer's card write down what the sale uses. CheckoutError card_needed: it did not.

        Outside the lock, for a card takes its time: other sales go on meanwhile.
        """
        cards = self._card_rights
        if cards is None:
            return
        with self._lock:
            desk = self._need()
            sale = self._unfinished(request.sale_ref)
            booking = None if sale is None else self._teller.booking(desk, sale, request)
        if booking is None:
            return
        card_id = booking.card_id

        def seen(memory: CardMemory) -> None:
            with self._lock:
                self._trust.remember(card_id, memory)

        try:
            cards.make(booking, seen)
        except CardRightsError as error:
            phrase = f"card_rights.card_{CARD_WORDS.get(error.code, 'unreadable')}"
            with self._lock:
                if error.code != "right_used":
                    self._trust.forget_memory(card_id)
                self._say(desk, "error" if error.code == "card_in_doubt" else "warning", phrase)
            raise CheckoutError("card_needed", words.text(phrase, desk.language)) from error

    def _check_card_value(self, desk: Desk, request: CommitRequest) -> None:
        """CheckoutError tender_refused: the register settles with value of a card that no card has given."""
        try:
            check_tenders(self._card_value, request)
        except CardPayError as error:
            raise CheckoutError("tender_refused", words.text(f"card_value.{error.code}", desk.language)) from error

    def _choose(self, sale_ref: str, offer_id: str, *, declined: bool) -> Quote:
        if offer_id == POINTS_DISCOUNT:
            return self.use_points(sale_ref, 0 if declined else ALL_POINTS)
        with self._lock:
            desk = self._need()
            sale = self._shelf.need(sale_ref).moved("choice")
            rules = desk.rules_of(sale) or desk.rules.current()
            if all(offer_id != known for _, known in rules.offers):
                raise CheckoutError("offer_unknown", f"Offer {offer_id!r} is not among the offers of this sale.")
            others = tuple(known for known in sale.declined if known != offer_id)
            quote = self._teller.show(desk, replace(sale, declined=(*others, offer_id) if declined else others))
            self._say(desk, "info", "checkout.quote_again")
        self._publish()
        return quote
