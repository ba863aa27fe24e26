"""One nexo message in, one answer out: header, duplicates, dispatch. Never raises; never answers twice differently."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import structlog

from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import StoredAnswer
from pos_engine.ports.clock import Clock
from pos_engine.registers.nexo.after_sale import AfterSale
from pos_engine.registers.nexo.answer_book import AnswerBook, DuplicateKey, fingerprint
from pos_engine.registers.nexo.answers import failure, rejection
from pos_engine.registers.nexo.checkout_faults import fault_of
from pos_engine.registers.nexo.codec import decode_body, decode_envelope, encode
from pos_engine.registers.nexo.faults import NexoError, RejectedError
from pos_engine.registers.nexo.lines import LineRules
from pos_engine.registers.nexo.lookups import Checkout, Lookups
from pos_engine.registers.nexo.messages import (
    AbortRequest,
    LoyaltyRequest,
    MessageHeader,
    ReversalRequest,
    SaleToPOIRequest,
    TransactionStatusRequest,
)
from pos_engine.registers.nexo.refunds import Refunds
from pos_engine.registers.nexo.results import (
    AnswerBody,
    DiagnosisResponse,
    LoyaltyResponse,
    ResponseEnvelope,
    ReversalResponse,
    SaleToPOIResponse,
    TransactionStatusResponse,
)
from pos_engine.registers.nexo.sale_data import checked_id
from pos_engine.registers.nexo.sale_desk import SaleDesk

REJECTED_BYTES_MAX = 1_000
"""How much of a rejected body is sent back, for the programmer of the register."""

PROTOCOL_VERSION = "3.1"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class HttpAnswer:
    """Status and body; an empty body is the answer to an Abort (S8)."""

    status: int
    body: bytes


class NexoEndpoint:
    """The register side of the till. Thread-safe."""

    def __init__(self, checkout: Checkout, lookups: Lookups, rules: LineRules, book: AnswerBook, clock: Clock) -> None:
        self._desk = SaleDesk(checkout, lookups, rules, clock)
        self._after = AfterSale(checkout, lookups, book, clock)
        self._refunds = Refunds(checkout, lookups, clock)
        self._book = book
        self._clock = clock

    def handle(self, body: bytes, only_sale_id: str = "") -> HttpAnswer:
        """Do what a message asks, or say why not. `only_sale_id`: the only register that may ask (H4); empty: any."""
        try:
            request = decode_envelope(body)
        except RejectedError as error:
            return self._reject(error.code, error.text, body, HTTPStatus.BAD_REQUEST)
        header = request.message_header
        try:
            return self._dispatch(request, body, only_sale_id)
        except NexoError as fault:
            return self._failed(header, fault, body)
        except CheckoutError as error:
            return self._failed(header, fault_of(error), body)
        except Exception:  # noqa: BLE001 - the comment says why
            # Whatever breaks here, the register must get an answer: it then sells without rebates (T2).
            _log.exception("nexo_fault", category=header.message_category, service_id=header.service_id)
            unknown = NexoError("UnavailableService", "fault", "the daemon could not do it; its log says why")
            return self._failed(header, unknown, body)

    def _dispatch(self, request: SaleToPOIRequest, body: bytes, only_sale_id: str) -> HttpAnswer:
        header = request.message_header
        key = _checked_key(header)
        if only_sale_id not in ("", key.sale_id):
            text = f"MessageHeader.SaleID: this line or token belongs to register {only_sale_id}"
            raise NexoError("NotAllowed", "sale_id_foreign", text)
        match header.message_category:
            case "Loyalty":
                answer = self._once(key, header, body, lambda: self._loyalty(request, key, body))
                self._book.note_last(key)
                return answer
            case "Reversal":
                answer = self._once(key, header, body, lambda: self._reversal(request, key, body))
                self._book.note_last(key)
                return answer
            case "Abort":
                return self._once(key, header, body, lambda: self._abort(request, key, body))
            case "TransactionStatus":
                asked = decode_body(request.transaction_status_request, TransactionStatusRequest)
                return self._plain(header, self._after.message_status(asked, header.sale_id))
            case "Diagnosis":
                return self._plain(header, self._after.diagnosis())
            case other:
                text = f"MessageHeader.MessageCategory: {other[:40]} is not part of this profile"
                raise NexoError("UnavailableService", "message_unavailable", text)

    def _once(
        self, key: DuplicateKey, header: MessageHeader, body: bytes, work: Callable[[], StoredAnswer]
    ) -> HttpAnswer:
        """I4 and I5: the first time work, afterwards repeat the answer."""
        with self._book.working(key):
            known = self._book.known(key)
            if known is not None:
                if known.request_sha256 != fingerprint(body):
                    text = "MessageHeader.ServiceID: was used by another message; nothing was done"
                    raise NexoError("NotAllowed", "service_id_reused", text)
                return HttpAnswer(HTTPStatus.OK, known.answer)
            try:
                answer = work()
            except CheckoutError as error:
                answer = self._lasting_failure(key, header, fault_of(error), body)
            except NexoError as fault:
                answer = self._lasting_failure(key, header, fault, body)
            self._book.remember(answer)
            return HttpAnswer(HTTPStatus.OK, answer.answer)

    def _lasting_failure(self, key: DuplicateKey, header: MessageHeader, fault: NexoError, body: bytes) -> StoredAnswer:
        """A failure that repeats with the message; what may pass (not enrolled, busy) is raised and not remembered."""
        if fault.condition in {"UnavailableService", "InProgress"} or header.message_category == "Abort":
            raise fault
        return StoredAnswer(key.text, fingerprint(body), self._failed(header, fault, body).body)

    def _loyalty(self, request: SaleToPOIRequest, key: DuplicateKey, body: bytes) -> StoredAnswer:
        loyalty = decode_body(request.loyalty_request, LoyaltyRequest)

        def make(response: LoyaltyResponse) -> StoredAnswer:
            return StoredAnswer(key.text, fingerprint(body), _answer_bytes(request.message_header, response))

        match loyalty.loyalty_transaction.loyalty_transaction_type:
            case "Rebate":
                return make(self._desk.quote(loyalty, key.sale_id))
            case "Award":
                answer = self._desk.commit(loyalty, key.sale_id, make)
                self._book.keep(answer)
                return answer
            case "Redemption":
                return make(self._desk.redeem(loyalty, key.sale_id))
            case "RedemptionRefund" if loyalty.loyalty_transaction.original_poi_transaction is None:
                return make(self._desk.quote(loyalty, key.sale_id, points=0))
            case "AwardRefund" if self._refunds.concerns(loyalty):
                answer = make(self._refunds.take_back(loyalty, key.sale_id))
                self._book.keep(answer)
                return answer
            case "AwardRefund" | "RebateRefund" | "RedemptionRefund":
                reversal = self._after.refund_as_reversal(loyalty)
                done = self._after.void(reversal, key.sale_id)
                answer = make(
                    LoyaltyResponse(response=done.response, sale_data=loyalty.sale_data, poi_data=done.poi_data)
                )
                self._book.keep(answer)
                return answer
            case other:
                where = "LoyaltyRequest.LoyaltyTransaction.LoyaltyTransactionType"
                raise NexoError(
                    "UnavailableService", "message_unavailable", f"{where}: {other[:40]} is not part of this profile"
                )

    def _reversal(self, request: SaleToPOIRequest, key: DuplicateKey, body: bytes) -> StoredAnswer:
        response = self._after.void(decode_body(request.reversal_request, ReversalRequest), key.sale_id)
        answer = StoredAnswer(key.text, fingerprint(body), _answer_bytes(request.message_header, response))
        self._book.keep(answer)
        return answer

    def _abort(self, request: SaleToPOIRequest, key: DuplicateKey, body: bytes) -> StoredAnswer:
        self._after.abort(decode_body(request.abort_request, AbortRequest), key.sale_id)
        return StoredAnswer(key.text, fingerprint(body), b"")

    def _plain(self, header: MessageHeader, response: AnswerBody) -> HttpAnswer:
        return HttpAnswer(HTTPStatus.OK, _answer_bytes(header, response))

    def _failed(self, header: MessageHeader, fault: NexoError, body: bytes) -> HttpAnswer:
        response = failure(fault)
        match header.message_category:
            case "Loyalty":
                return self._plain(header, LoyaltyResponse(response=response))
            case "Reversal":
                return self._plain(header, ReversalResponse(response=response))
            case "TransactionStatus":
                return self._plain(header, TransactionStatusResponse(response=response))
            case "Diagnosis":
                return self._plain(header, DiagnosisResponse(response=response))
            case _:
                return self._reject(fault.code, fault.text, body, HTTPStatus.OK)

    def _reject(self, code: str, text: str, body: bytes, status: HTTPStatus) -> HttpAnswer:
        begin = base64.b64encode(body[:REJECTED_BYTES_MAX]).decode("ascii")
        return HttpAnswer(status, encode(rejection(code, text, begin, self._clock.now())))


def _checked_key(header: MessageHeader) -> DuplicateKey:
    """I1 and I2: the header must be one of ours before anything is done."""
    if header.protocol_version not in {None, PROTOCOL_VERSION}:
        text = f"MessageHeader.ProtocolVersion: {header.protocol_version!r:.20} is not {PROTOCOL_VERSION}"
        raise NexoError("MessageFormat", "message_invalid", text)
    if header.message_class != "Service" or header.message_type != "Request":
        text = "MessageHeader: MessageClass must be Service and MessageType Request"
        raise NexoError("MessageFormat", "message_invalid", text)
    return DuplicateKey(
        checked_id(header.sale_id, "MessageHeader.SaleID"), checked_id(header.service_id, "MessageHeader.ServiceID")
    )


def _answer_bytes(header: MessageHeader, response: AnswerBody) -> bytes:
    shell = SaleToPOIResponse(
        message_header=MessageHeader(
            protocol_version=PROTOCOL_VERSION,
            message_class="Service",
            message_category=header.message_category,
            message_type="Response",
            service_id=header.service_id,
            sale_id=header.sale_id,
            poi_id=header.poi_id,
            device_id=header.device_id,
        )
    )
    match response:
        case LoyaltyResponse():
            shell.loyalty_response = response
        case ReversalResponse():
            shell.reversal_response = response
        case TransactionStatusResponse():
            shell.transaction_status_response = response
        case DiagnosisResponse():
            shell.diagnosis_response = response
    return encode(ResponseEnvelope(response=shell))
