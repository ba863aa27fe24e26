"""The nexo messages of the profile as types. Unknown fields are ignored (I7); names are nexo's own.

Amounts are Decimal here and nowhere deeper: `amounts` turns them into minor units.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

NO_BODY = msgspec.Raw(b"")
"""A body that the message does not have."""

ProductNumber = str | int
"""nexo says text; some registers send digits as a JSON number."""


class Message(msgspec.Struct, kw_only=True, rename="pascal", omit_defaults=True):
    """Base: nexo writes names in PascalCase; what is not there is left out."""


class MessageHeader(Message, kw_only=True):
    """Who asks whom for what (I1)."""

    protocol_version: str | None = None
    message_class: str
    message_category: str
    message_type: str
    service_id: str = msgspec.field(name="ServiceID", default="")
    sale_id: str = msgspec.field(name="SaleID", default="")
    poi_id: str = msgspec.field(name="POIID", default="")
    device_id: str | None = msgspec.field(name="DeviceID", default=None)


class TransactionIdentification(Message, kw_only=True):
    """A name and a time; together they identify."""

    transaction_id: str = msgspec.field(name="TransactionID")
    time_stamp: str


class SaleData(Message, kw_only=True):
    """The register's data about the sale (I6, S10, D1 to D3)."""

    operator_id: str | None = msgspec.field(name="OperatorID", default=None)
    sale_transaction_id: TransactionIdentification = msgspec.field(name="SaleTransactionID")
    sale_to_poi_data: str | None = msgspec.field(name="SaleToPOIData", default=None)


class SaleItem(Message, kw_only=True):
    """One line as the register rang it up (section 4)."""

    item_id: int = msgspec.field(name="ItemID")
    product_code: ProductNumber
    item_amount: Decimal
    ean_upc: ProductNumber | None = None
    unit_of_measure: str | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    product_label: str = ""
    tax_code: ProductNumber | None = None
    additional_product_info: str = ""


class OriginalPOITransaction(Message, kw_only=True):
    """The transaction that is to be undone; the receipt id is in POITransactionID."""

    poi_transaction_id: TransactionIdentification | None = msgspec.field(name="POITransactionID", default=None)


class LoyaltyTransaction(Message, kw_only=True):
    """What is asked: Rebate and Redemption are quotes, Award a commit, the refunds undo."""

    loyalty_transaction_type: str
    currency: str | None = None
    total_amount: Decimal | None = None
    sale_item: list[SaleItem] = []
    original_poi_transaction: OriginalPOITransaction | None = msgspec.field(name="OriginalPOITransaction", default=None)


class LoyaltyAccountID(Message, kw_only=True):
    """A card or a coupon that the register read (C1 to C3)."""

    entry_mode: list[str] = []
    identification_type: str = ""
    identification_support: str | None = None
    loyalty_id: str | None = msgspec.field(name="LoyaltyID", default=None)


class LoyaltyAmount(Message, kw_only=True):
    """How much of a balance is meant (S11)."""

    loyalty_unit: str = "Point"
    amount_value: Decimal


class LoyaltyData(Message, kw_only=True):
    """One card or coupon of the sale; of a Redemption, the points too."""

    loyalty_account_id: LoyaltyAccountID | None = msgspec.field(name="LoyaltyAccountID", default=None)
    loyalty_amount: LoyaltyAmount | None = None


class LoyaltyRequest(Message, kw_only=True):
    """Quote or commit."""

    sale_data: SaleData
    loyalty_transaction: LoyaltyTransaction
    loyalty_data: list[LoyaltyData] = []


class ReversalRequest(Message, kw_only=True):
    """Void of a closed sale (S9)."""

    sale_data: SaleData | None = None
    original_poi_transaction: OriginalPOITransaction | None = msgspec.field(name="OriginalPOITransaction", default=None)
    reversed_amount: Decimal | None = None
    reversal_reason: str = ""


class MessageReference(Message, kw_only=True):
    """An earlier message by its duplicate key."""

    message_category: str | None = None
    service_id: str | None = msgspec.field(name="ServiceID", default=None)
    sale_id: str | None = msgspec.field(name="SaleID", default=None)
    poi_id: str | None = msgspec.field(name="POIID", default=None)


class TransactionStatusRequest(Message, kw_only=True):
    """What became of a message (T3, T5, T6)."""

    message_reference: MessageReference | None = None


class AbortRequest(Message, kw_only=True):
    """Give an open sale up (S8)."""

    message_reference: MessageReference
    abort_reason: str = ""


class DiagnosisRequest(Message, kw_only=True):
    """How the daemon is (D4)."""


class SaleToPOIRequest(Message, kw_only=True):
    """The outer shell; bodies stay raw until the category is known, so that a wrong body can be answered."""

    message_header: MessageHeader
    loyalty_request: msgspec.Raw = NO_BODY
    reversal_request: msgspec.Raw = NO_BODY
    transaction_status_request: msgspec.Raw = NO_BODY
    abort_request: msgspec.Raw = NO_BODY
    diagnosis_request: msgspec.Raw = NO_BODY


class RequestEnvelope(msgspec.Struct):
    """What a register posts."""

    request: SaleToPOIRequest = msgspec.field(name="SaleToPOIRequest")
