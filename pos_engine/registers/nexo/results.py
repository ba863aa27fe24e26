"""The nexo answers of the profile as types (section 6 of docs/nexo-profile.md)."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from pos_engine.registers.nexo.messages import (
    LoyaltyAccountID,
    Message,
    MessageHeader,
    MessageReference,
    OriginalPOITransaction,
    SaleData,
    TransactionIdentification,
)


class Response(Message, kw_only=True):
    """Done or not, and what there is to tell (A1, A2)."""

    result: str
    error_condition: str | None = None
    additional_response: str | None = None


class POIData(Message, kw_only=True):
    """The daemon's own name of the transaction (A5)."""

    poi_transaction_id: TransactionIdentification = msgspec.field(name="POITransactionID")


class SaleItemRebate(Message, kw_only=True):
    """One offer's discount on one line (A4)."""

    item_id: int = msgspec.field(name="ItemID")
    product_code: str
    item_amount: Decimal
    rebate_label: str


class Rebates(Message, kw_only=True, omit_defaults=False):
    """All discounts of the sale. TotalRebate is there even when it is 0."""

    total_rebate: Decimal
    sale_item_rebate: list[SaleItemRebate]


class LoyaltyAccount(Message, kw_only=True):
    """Whose card it is."""

    loyalty_account_id: LoyaltyAccountID = msgspec.field(name="LoyaltyAccountID")


class LoyaltyResult(Message, kw_only=True):
    """Account, points and discounts (A3)."""

    loyalty_account: LoyaltyAccount
    current_balance: Decimal | None = None
    rebates: Rebates | None = None


class LoyaltyResponse(Message, kw_only=True):
    """Answer to a quote or a commit."""

    response: Response
    sale_data: SaleData | None = None
    poi_data: POIData | None = msgspec.field(name="POIData", default=None)
    loyalty_result: list[LoyaltyResult] = msgspec.field(default_factory=list)


class ReversalResponse(Message, kw_only=True):
    """Answer to a void."""

    response: Response
    original_poi_transaction: OriginalPOITransaction | None = msgspec.field(name="OriginalPOITransaction", default=None)
    poi_data: POIData | None = msgspec.field(name="POIData", default=None)
    reversed_amount: Decimal | None = None


class RepeatedMessageResponse(Message, kw_only=True):
    """An answer that was given before, as it was given."""

    message_header: msgspec.Raw
    repeated_response_message_body: dict[str, msgspec.Raw]


class TransactionStatusResponse(Message, kw_only=True):
    """Answer to a question for an earlier message."""

    response: Response
    message_reference: MessageReference | None = None
    repeated_message_response: RepeatedMessageResponse | None = None


class POIStatus(Message, kw_only=True, omit_defaults=False):
    """The state of the daemon and its devices (D4)."""

    global_status: str
    printer_status: str
    card_reader_ok_flag: bool = msgspec.field(name="CardReaderOKFlag")
    communication_ok_flag: bool = msgspec.field(name="CommunicationOKFlag")


class DiagnosisResponse(Message, kw_only=True):
    """Answer to Diagnosis."""

    response: Response
    poi_status: POIStatus | None = msgspec.field(name="POIStatus", default=None)


class EventNotification(Message, kw_only=True):
    """How a message is rejected that cannot be answered (R1)."""

    time_stamp: str
    event_to_notify: str
    event_details: str
    rejected_message: str | None = None


AnswerBody = LoyaltyResponse | ReversalResponse | TransactionStatusResponse | DiagnosisResponse


class SaleToPOIResponse(Message, kw_only=True):
    """The outer shell of an answer; exactly one body."""

    message_header: MessageHeader
    loyalty_response: LoyaltyResponse | None = None
    reversal_response: ReversalResponse | None = None
    transaction_status_response: TransactionStatusResponse | None = None
    diagnosis_response: DiagnosisResponse | None = None


class ResponseEnvelope(msgspec.Struct):
    """What the daemon answers."""

    response: SaleToPOIResponse = msgspec.field(name="SaleToPOIResponse")


class Notification(Message, kw_only=True):
    """The outer shell of an event."""

    message_header: MessageHeader
    event_notification: EventNotification


class NotificationEnvelope(msgspec.Struct):
    """What the daemon answers to a body that is no message: by nexo's direction, a request of its own."""

    request: Notification = msgspec.field(name="SaleToPOIRequest")
