"""What may follow a quote or a commit: void, abort, the question for an earlier message, diagnosis."""

from __future__ import annotations

import msgspec

from pos_engine.ports.clock import Clock
from pos_engine.registers.nexo.amounts import to_decimal, to_minor
from pos_engine.registers.nexo.answer_book import AnswerBook, DuplicateKey
from pos_engine.registers.nexo.answers import failure, instant_text
from pos_engine.registers.nexo.faults import ErrorCondition, NexoError, wrong
from pos_engine.registers.nexo.lookups import Checkout, Lookups
from pos_engine.registers.nexo.messages import (
    AbortRequest,
    LoyaltyRequest,
    MessageReference,
    OriginalPOITransaction,
    ReversalRequest,
    TransactionIdentification,
    TransactionStatusRequest,
)
from pos_engine.registers.nexo.results import (
    DiagnosisResponse,
    LoyaltyResponse,
    POIData,
    POIStatus,
    RepeatedMessageResponse,
    Response,
    ReversalResponse,
    TransactionStatusResponse,
)
from pos_engine.registers.nexo.sale_data import sale_ref_of

_STORED = msgspec.json.Decoder(dict[str, dict[str, msgspec.Raw]])


class AfterSale:
    """Answers Reversal, Abort, TransactionStatus and Diagnosis."""

    def __init__(self, checkout: Checkout, lookups: Lookups, book: AnswerBook, clock: Clock) -> None:
        self._checkout = checkout
        self._lookups = lookups
        self._book = book
        self._clock = clock

    def void(self, request: ReversalRequest, register: str) -> ReversalResponse:
        """S9: undo a whole sale, or give it up when it is still open. Doing it twice is doing it once.

        `register`: the SaleID of the message. It names by number only its own sales, by receipt id any of the till.
        """
        sale_ref = self._sale_to_void(request, register)
        status = self._checkout.status(sale_ref)
        currency = self._lookups.currency() or "EUR"
        due_minor = status.closed.price_minor if status.closed is not None else None
        if request.reversed_amount is not None:
            asked_minor = to_minor(request.reversed_amount, currency, "ReversalRequest.ReversedAmount")
            if due_minor is not None and asked_minor != due_minor:
                text = f"ReversalRequest.ReversedAmount: only the whole receipt of {to_decimal(due_minor, currency)}"
                raise NexoError("NotAllowed", "refund_partial", text)
        if status.state != "voided":
            operator = request.sale_data.operator_id if request.sale_data is not None else None
            self._checkout.void(sale_ref, operator or "")
        name = status.closed.receipt_id if status.closed is not None else sale_ref
        identification = TransactionIdentification(transaction_id=name, time_stamp=instant_text(self._clock.now()))
        return ReversalResponse(
            response=Response(result="Success"),
            original_poi_transaction=OriginalPOITransaction(poi_transaction_id=identification),
            poi_data=POIData(poi_transaction_id=identification),
            reversed_amount=to_decimal(due_minor, currency) if due_minor is not None else None,
        )

    def refund_as_reversal(self, request: LoyaltyRequest) -> ReversalRequest:
        """S9: AwardRefund says the same as Reversal; one with lines would be a partial refund."""
        transaction = request.loyalty_transaction
        if transaction.sale_item:
            raise NexoError("NotAllowed", "refund_partial", "only whole receipts can be voided; leave SaleItem out")
        return ReversalRequest(
            sale_data=request.sale_data,
            original_poi_transaction=transaction.original_poi_transaction,
            reversed_amount=transaction.total_amount,
        )

    def abort(self, request: AbortRequest, register: str) -> None:
        """S8: give up the open sale that an earlier quote belongs to."""
        reference = request.message_reference
        if not reference.service_id:
            raise wrong("message_invalid", "AbortRequest.MessageReference.ServiceID", "is missing")
        owner = reference.sale_id or register
        known = self._book.known(DuplicateKey(owner, reference.service_id))
        sale_ref = _sale_ref_in(known.answer, owner) if known is not None else None
        if sale_ref is None:
            raise NexoError(
                "NotFound", "message_unknown", f"no quote with ServiceID {reference.service_id[:40]} is known"
            )
        status = self._checkout.status(sale_ref)
        if status.state == "closed":
            raise NexoError("NotAllowed", "sale_closed", f"sale {sale_ref} is closed; void it with Reversal")
        if status.state in {"open", "parked"}:
            self._checkout.void(sale_ref, "")

    def message_status(self, request: TransactionStatusRequest, sale_id: str) -> TransactionStatusResponse:
        """T3, T5, T6: the answer that was given to an earlier message, as it was given."""
        reference = request.message_reference
        if reference is not None and reference.service_id:
            key: DuplicateKey | None = DuplicateKey(reference.sale_id or sale_id, reference.service_id)
        else:
            key = self._book.last_key(sale_id)
        if key is None:
            return _status_failure("NotFound", "message_unknown", "no message of this register is known", reference)
        if self._book.is_working(key):
            return _status_failure("InProgress", "in_progress", "the message is being processed", reference)
        known = self._book.known(key)
        if known is None or not known.answer:
            text = f"no message with ServiceID {key.service_id[:40]} was answered"
            return _status_failure("NotFound", "message_unknown", text, reference)
        parts = dict(_STORED.decode(known.answer)["SaleToPOIResponse"])
        header = parts.pop("MessageHeader")
        return TransactionStatusResponse(
            response=Response(result="Success"),
            message_reference=MessageReference(service_id=key.service_id, sale_id=key.sale_id),
            repeated_message_response=RepeatedMessageResponse(
                message_header=header, repeated_response_message_body=parts
            ),
        )

    def diagnosis(self) -> DiagnosisResponse:
        """D4: how the daemon and its devices are."""
        devices = self._lookups.devices()
        enrolled = self._lookups.currency() is not None
        return DiagnosisResponse(
            response=Response(result="Success"),
            poi_status=POIStatus(
                global_status="OK" if enrolled else "Maintenance",
                printer_status=devices.printer_status,
                card_reader_ok_flag=devices.card_reader_ok,
                communication_ok_flag=devices.backoffice_reached,
            ),
        )

    def _sale_to_void(self, request: ReversalRequest, register: str) -> str:
        original = request.original_poi_transaction
        if original is not None and original.poi_transaction_id is not None:
            receipt_id = original.poi_transaction_id.transaction_id
            sale_ref = self._lookups.sale_of_receipt(receipt_id)
            if sale_ref is None:
                raise NexoError("NotFound", "sale_unknown", f"no receipt {receipt_id[:60]} is in this till's journal")
            return sale_ref
        if request.sale_data is None:
            raise wrong("message_invalid", "ReversalRequest", "needs OriginalPOITransaction or SaleData")
        return sale_ref_of(request.sale_data, register, "ReversalRequest.SaleData")


def _status_failure(
    condition: ErrorCondition, code: str, text: str, reference: MessageReference | None
) -> TransactionStatusResponse:
    fault = NexoError(condition, code, text)
    return TransactionStatusResponse(response=failure(fault), message_reference=reference)


def _sale_ref_in(answer: bytes, register: str) -> str | None:
    """The sale that a remembered loyalty answer speaks of."""
    raw = _STORED.decode(answer)["SaleToPOIResponse"].get("LoyaltyResponse") if answer else None
    if raw is None:
        return None
    sale_data = msgspec.json.decode(raw, type=LoyaltyResponse).sale_data
    return None if sale_data is None else sale_ref_of(sale_data, register)
