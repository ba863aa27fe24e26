"""Why the checkout refuses to do something: one exception, stable codes, words for the cashier."""

from __future__ import annotations

from typing import Literal

CheckoutFault = Literal[
    "not_enrolled",  # the till does not know yet which shop it belongs to
    "sale_unknown",  # no sale of that number was ever quoted here
    "sale_closed",  # the sale is finished; it can be voided, not changed
    "sale_voided",  # the sale was cancelled
    "sale_tendered",  # the customer has settled; nothing may change any more
    "sale_parked",  # parked: resume it first
    "sale_not_quoted",  # a sale needs a quote before it is tendered
    "tender_refused",  # points or stored value that cannot settle this sale; another tender is needed
    "card_needed",  # the customer's card did not write down what the sale uses: hold it there, or ask the price again
    "total_differs",  # the register tendered another total than the quote says is due
    "basket_bad",  # a line that cannot be a line: negative price, absurd quantity, a line id twice
    "offer_unknown",  # the offer to decline or accept is not part of this sale
    "receipt_unknown",  # no such receipt in the journal of this till
    "return_refused",  # units that were not sold, or came back already; a receipt that cannot be returned
    "return_unreachable",  # the back-office must be asked and cannot be reached now
    "pin_needed",  # only a cashier with a PIN may do that, and none was given
    "pin_refused",  # a wrong PIN, one that opens nothing any more, or too many wrong ones
    "account_refused",  # nothing can be booked on an account: no customer at hand, an amount that cannot be
    "member_unknown",  # nobody is found that way, or may be
    "card_of_register",  # the register named the customer's card: only there it can be taken off
    "training_refused",  # the till cannot begin or end training now
    "too_many_sales",  # more sales open at once than a till may hold
]


class CheckoutError(Exception):
    """A refusal. `code` is stable (registers and tests rely on it), the text says what is wrong and what to do."""

    def __init__(self, code: CheckoutFault, text: str) -> None:
        super().__init__(text)
        self.code: CheckoutFault = code
        self.text = text
