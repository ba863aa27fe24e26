"""Quotes and commits: LoyaltyRequest → checkout → LoyaltyResponse (sections 3 to 6 of docs/nexo-profile.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pos_engine.checkout.answers import ClosedSale, Quote, SaleStatus
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, RegisterLine, StoredAnswer
from pos_engine.ports.clock import Clock
from pos_engine.registers.nexo.amounts import to_decimal, to_minor
from pos_engine.registers.nexo.answers import commit_response, failure, marked_as_training, quote_response
from pos_engine.registers.nexo.faults import NexoError, wrong
from pos_engine.registers.nexo.lines import LineRules, basket_lines
from pos_engine.registers.nexo.lookups import Checkout, Lookups
from pos_engine.registers.nexo.messages import LoyaltyRequest
from pos_engine.registers.nexo.results import LoyaltyResponse
from pos_engine.registers.nexo.sale_data import (
    Presented,
    SaleEntries,
    points_to_redeem,
    presented,
    sale_entries,
    sale_ref_of,
    settled,
    tenders_of,
)

AnswerMaker = Callable[[LoyaltyResponse], StoredAnswer]
"""Wraps a response into the bytes that are sent, under the message's duplicate key."""

_TOTAL = "LoyaltyRequest.LoyaltyTransaction.TotalAmount"
_OPERATOR_LENGTH_MAX = 40


class Asked:
    """One LoyaltyRequest, read and checked: everything that can be wrong with it is wrong here."""

    def __init__(self, request: LoyaltyRequest, register: str, lookups: Lookups, rules: LineRules) -> None:
        """`register`: the SaleID of the message."""
        currency = lookups.currency()
        if currency is None:
            raise NexoError("UnavailableService", "not_enrolled", "this till does not belong to a store yet")
        transaction = request.loyalty_transaction
        if transaction.currency not in {None, currency}:
            where = "LoyaltyRequest.LoyaltyTransaction.Currency"
            raise wrong("currency_differs", where, f"{str(transaction.currency)[:10]} is not the shop's {currency}")
        self.request = request
        self.currency = currency
        self.items = transaction.sale_item
        self.sale_ref = sale_ref_of(request.sale_data, register)
        self.operator = (request.sale_data.operator_id or "")[:_OPERATOR_LENGTH_MAX]
        self.lines: tuple[RegisterLine, ...] = basket_lines(self.items, currency, rules, lookups.is_product)
        self.value_minor = sum(line.unit_price_minor * line.quantity for line in self.lines)
        self.entries: SaleEntries = sale_entries(request.sale_data)
        self.presented: Presented = presented(request.loyalty_data, lookups.is_coupon)
        total = transaction.total_amount
        self.total_minor = None if total is None else to_minor(total, currency, _TOTAL)

    def quote_request(self, *, at_register_price: bool = False, points: int | None = None) -> QuoteRequest:
        """The whole basket for the checkout. `points`: what a Redemption says, before what SaleToPOIData says."""
        return QuoteRequest(
            sale_ref=self.sale_ref,
            lines=self.lines,
            operator=self.operator,
            coupon_codes=self.presented.coupon_codes,
            card_id=self.presented.card_id,
            chosen_products=self.entries.chosen_products,
            at_register_price=at_register_price,
            points=self.entries.points if points is None else points,
            tender=self.entries.tenders[0][0] if self.entries.tenders else "",
        )


class SaleDesk:
    """Answers quotes and commits."""

    def __init__(self, checkout: Checkout, lookups: Lookups, rules: LineRules, clock: Clock) -> None:
        self._checkout = checkout
        self._lookups = lookups
        self._rules = rules
        self._clock = clock

    def redeem(self, request: LoyaltyRequest, register: str) -> LoyaltyResponse:
        """S11: price the basket with points as a discount. Errors as for `quote`."""
        return self.quote(request, register, points_to_redeem(request.loyalty_data))

    def quote(self, request: LoyaltyRequest, register: str, points: int | None = None) -> LoyaltyResponse:
        """S1: price the basket as it is now. NexoError or CheckoutError when it cannot be priced."""
        asked = Asked(request, register, self._lookups, self._rules)
        if asked.total_minor is not None and asked.total_minor != asked.value_minor:
            value = to_decimal(asked.value_minor, asked.currency)
            raise wrong("total_differs", _TOTAL, f"the lines sum to {value}; a line was lost on the way")
        status = self._checkout.status(asked.sale_ref)
        if status.state == "parked":
            self._checkout.resume(asked.sale_ref)
        quote = self._checkout.quote(asked.quote_request(points=points))
        if asked.entries.parked:
            self._checkout.park(asked.sale_ref)
        return self._quote_response(asked, quote)

    def commit(self, request: LoyaltyRequest, register: str, make_answer: AnswerMaker) -> StoredAnswer:
        """S4: close the sale at the price the customer paid. The answer is stored with the receipt."""
        asked = Asked(request, register, self._lookups, self._rules)
        paid_minor = asked.total_minor
        if paid_minor is None:
            raise wrong("message_invalid", _TOTAL, "is missing; a commit says what the customer paid")
        tenders = tenders_of(asked.entries, asked.currency)
        status = self._checkout.status(asked.sale_ref)
        if status.state == "closed" and status.closed is not None:
            return make_answer(self._closed_already(asked, paid_minor, status.closed))
        quote = self._quote_to_close_at(asked, status, paid_minor)
        if quote.price_minor != paid_minor:
            return make_answer(self._amount_differs(asked, quote))

        stored: list[StoredAnswer] = []
        training = self._checkout.training_said()

        def answer(closed: ClosedSale) -> StoredAnswer:
            card = asked.presented.card
            told = commit_response(closed, request.sale_data, asked.items, card, quote)
            stored.append(make_answer(marked_as_training(told, training)))
            return stored[-1]

        request_to_close = CommitRequest(
            sale_ref=asked.sale_ref,
            tendered_minor=quote.total_due_minor,
            tenders=settled(tenders, quote),
            operator=asked.operator,
            answer=answer,
        )
        try:
            closed = self._checkout.commit(request_to_close)
            # What was stored with the receipt is what is told; a sale that was closed before stored nothing now.
            return stored[-1] if stored else answer(closed)
        except CheckoutError as error:
            new_quote = self._checkout.status(asked.sale_ref).quote
            if error.code != "total_differs" or new_quote is None:
                raise
            # What the quote promised no longer holds (a coupon was used meanwhile at another till): there is a new one.
            return make_answer(self._amount_differs(asked, new_quote))

    def _quote_to_close_at(self, asked: Asked, status: SaleStatus, paid_minor: int) -> Quote:
        """S6: the last quote when the register commits those very lines, else a new one; T4: or no offer at all."""
        if status.state == "voided":
            raise NexoError("NotAllowed", "sale_voided", f"sale {asked.sale_ref} was voided; begin a new sale")
        quote = status.quote
        if status.state == "parked":
            quote = self._checkout.resume(asked.sale_ref)
        if (
            quote is not None
            and _same_lines(asked.lines, quote)
            and not (asked.entries.offline and quote.price_minor != paid_minor)
        ):
            return quote
        at_register_price = asked.entries.offline and paid_minor == asked.value_minor
        return self._checkout.quote(asked.quote_request(at_register_price=at_register_price))

    def _closed_already(self, asked: Asked, paid_minor: int, closed: ClosedSale) -> LoyaltyResponse:
        if (closed.total_value_minor, closed.price_minor) != (asked.value_minor, paid_minor):
            text = f"sale {asked.sale_ref} is closed with another basket or amount; begin a new sale"
            raise NexoError("NotAllowed", "sale_closed", text)
        told = commit_response(closed, asked.request.sale_data, asked.items, asked.presented.card, None)
        return marked_as_training(told, self._checkout.training_said())

    def _amount_differs(self, asked: Asked, quote: Quote) -> LoyaltyResponse:
        due = to_decimal(quote.price_minor, asked.currency)
        response = self._quote_response(asked, quote)
        response.response = failure(
            NexoError("NotAllowed", "amount_differs", f"the basket costs {due} now; nothing was closed")
        )
        return response

    def _quote_response(self, asked: Asked, quote: Quote) -> LoyaltyResponse:
        card, now = asked.presented.card, self._clock.now()
        told = quote_response(quote, asked.request.sale_data, asked.items, card, now)
        return marked_as_training(told, self._checkout.training_said())


def _same_lines(lines: Sequence[RegisterLine], quote: Quote) -> bool:
    rung_up = sorted((line.line_id, line.quantity, line.unit_price_minor * line.quantity) for line in lines)
    return rung_up == sorted((line.line_id, line.quantity, line.value_minor) for line in quote.lines)
