"""S13: single lines of a closed sale come back, of this till or another."""

from __future__ import annotations

from pos_engine.checkout.requests import ReturnRequest
from pos_engine.core.returns import ReturnedLine
from pos_engine.ports.clock import Clock
from pos_engine.registers.nexo.amounts import to_decimal
from pos_engine.registers.nexo.answers import instant_text
from pos_engine.registers.nexo.faults import wrong
from pos_engine.registers.nexo.lookups import Checkout, Lookups
from pos_engine.registers.nexo.messages import LoyaltyRequest, SaleItem, TransactionIdentification
from pos_engine.registers.nexo.results import LoyaltyResponse, POIData, Response
from pos_engine.registers.nexo.sale_data import sale_ref_of

_ITEM = "LoyaltyRequest.LoyaltyTransaction.SaleItem"
PIECES_MAX = 10_000


class Refunds:
    """Answers `AwardRefund` that says what comes back, or that names a receipt of another till."""

    def __init__(self, checkout: Checkout, lookups: Lookups, clock: Clock) -> None:
        self._checkout = checkout
        self._lookups = lookups
        self._clock = clock

    def concerns(self, request: LoyaltyRequest) -> bool:
        """Whether this is a return rather than the cancellation of a receipt of this till."""
        receipt_id = _receipt_id(request)
        transaction = request.loyalty_transaction
        asks_lines = bool(transaction.sale_item)
        return bool(receipt_id) and (asks_lines or self._lookups.sale_of_receipt(receipt_id) is None)

    def take_back(self, request: LoyaltyRequest, register: str) -> LoyaltyResponse:
        """Do it; the answer says in `AdditionalResponse` how much is given back, in money and otherwise."""
        if request.sale_data is None:
            raise wrong(
                "message_invalid", "LoyaltyRequest.SaleData", "is missing: the return needs a number of its own"
            )
        closed = self._checkout.take_back(
            ReturnRequest(
                return_ref=f"return:{sale_ref_of(request.sale_data, register)}",
                receipt_id=_receipt_id(request),
                lines=tuple(_line(item) for item in request.loyalty_transaction.sale_item),
                operator=request.sale_data.operator_id or "",
            )
        )
        given = [f"Refund={to_decimal(closed.refund_minor, closed.currency)}"]
        given += [f"Tender={t.kind}:{to_decimal(t.amount_minor, closed.currency)}" for t in closed.tenders]
        identification = TransactionIdentification(
            transaction_id=closed.receipt_id, time_stamp=instant_text(self._clock.now())
        )
        return LoyaltyResponse(
            response=Response(result="Success", additional_response="&".join(given)),
            sale_data=request.sale_data,
            poi_data=POIData(poi_transaction_id=identification),
        )


def _receipt_id(request: LoyaltyRequest) -> str:
    original = request.loyalty_transaction.original_poi_transaction
    if original is None or original.poi_transaction_id is None:
        return ""
    return original.poi_transaction_id.transaction_id


def _line(item: SaleItem) -> ReturnedLine:
    quantity = item.quantity
    if quantity is None:
        return ReturnedLine(str(item.item_id))
    if quantity != quantity.to_integral_value() or not 1 <= quantity <= PIECES_MAX:
        raise wrong("quantity_invalid", f"{_ITEM}.Quantity", "needs a whole number of pieces, 1 or more")
    return ReturnedLine(str(item.item_id), int(quantity))
