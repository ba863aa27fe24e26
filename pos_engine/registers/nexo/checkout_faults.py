"""The checkout's refusals in nexo's words (table in section 6 of docs/nexo-profile.md)."""

from __future__ import annotations

from collections.abc import Mapping

from pos_engine.checkout.errors import CheckoutError, CheckoutFault
from pos_engine.registers.nexo.faults import ErrorCondition, NexoError

_NEXO: Mapping[CheckoutFault, tuple[ErrorCondition, str]] = {
    "not_enrolled": ("UnavailableService", "not_enrolled"),
    "sale_unknown": ("NotFound", "sale_unknown"),
    "receipt_unknown": ("NotFound", "sale_unknown"),
    "sale_closed": ("NotAllowed", "sale_closed"),
    "sale_tendered": ("NotAllowed", "sale_closed"),
    "sale_voided": ("NotAllowed", "sale_voided"),
    "sale_parked": ("NotAllowed", "sale_parked"),
    "sale_not_quoted": ("NotAllowed", "sale_unknown"),
    "tender_refused": ("NotAllowed", "tender_refused"),
    "card_needed": ("NotAllowed", "card_needed"),
    "total_differs": ("NotAllowed", "amount_differs"),
    "basket_bad": ("MessageFormat", "message_invalid"),
    "offer_unknown": ("MessageFormat", "message_invalid"),
    "return_refused": ("NotAllowed", "refund_refused"),
    "return_unreachable": ("UnavailableService", "refund_unconfirmed"),
    "too_many_sales": ("UnavailableService", "too_many_sales"),
}


def fault_of(error: CheckoutError) -> NexoError:
    """The failure that says the same. A refusal that came later than this table is a fault of the daemon."""
    condition, code = _NEXO.get(error.code, ("UnavailableService", "fault"))
    return NexoError(condition, code, error.text)
