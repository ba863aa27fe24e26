"""The sale as a state machine.

Laws:
1. A sale moves only along this table; what is not in it is refused with a word why, and changes nothing.
2. A quote is a promise: the sale closes at the price last quoted to the register, or the register is told a new one.
3. After the tender nothing about the sale changes: no card, no coupon, no line (points after the tender are fraud).
4. Closed means durable: a sale becomes closed in the very transaction that writes its receipt.
5. Parked is a flag beside the state: a parked sale is not in front, everything else about it stays as it is.
"""

from __future__ import annotations

from typing import Literal

from pos_engine.checkout.answers import SaleState
from pos_engine.checkout.errors import CheckoutError, CheckoutFault

SaleEvent = Literal[
    "card",  # a card, or another one, belongs to this sale
    "basket",  # the register told the whole basket
    "choice",  # a coupon came, an offer was declined or accepted
    "tender",  # the customer settled what the quote said
    "recorded",  # the receipt is on the disk
    "void",  # given up, or undone after it was closed
]

TRANSITIONS: dict[tuple[SaleState, SaleEvent], SaleState] = {
    ("open", "card"): "identified",
    ("open", "choice"): "open",
    ("open", "basket"): "quoted",
    ("open", "void"): "voided",
    ("identified", "card"): "identified",
    ("identified", "choice"): "identified",
    ("identified", "basket"): "quoted",
    ("identified", "void"): "voided",
    ("quoted", "card"): "quoted",
    ("quoted", "choice"): "quoted",
    ("quoted", "basket"): "quoted",
    ("quoted", "tender"): "tendered",
    ("quoted", "void"): "voided",
    ("tendered", "tender"): "tendered",  # the disk failed after the first try: the register asks again
    ("tendered", "recorded"): "closed",
    ("tendered", "void"): "voided",
    ("closed", "void"): "voided",
}

FINISHED: frozenset[SaleState] = frozenset({"closed", "voided"})

_REFUSALS: dict[SaleState, tuple[CheckoutFault, str]] = {
    "open": ("sale_not_quoted", "Sale {sale_ref} has no price yet. Send its basket first."),
    "identified": ("sale_not_quoted", "Sale {sale_ref} has no price yet. Send its basket first."),
    "quoted": ("sale_not_quoted", "Sale {sale_ref} has not been settled."),
    "tendered": ("sale_tendered", "Sale {sale_ref} is settled and cannot change any more. Close it or void it."),
    "closed": ("sale_closed", "Sale {sale_ref} is closed. It can be voided, not changed."),
    "voided": ("sale_voided", "Sale {sale_ref} was voided. Begin a new one."),
}


def after(sale_ref: str, state: SaleState, event: SaleEvent) -> SaleState:
    """The state after an event. CheckoutError when the table does not know the step."""
    reached = TRANSITIONS.get((state, event))
    if reached is None:
        code, text = _REFUSALS[state]
        raise CheckoutError(code, text.format(sale_ref=sale_ref))
    return reached


def allows(state: SaleState, event: SaleEvent) -> bool:
    """Whether an event is possible now."""
    return (state, event) in TRANSITIONS
