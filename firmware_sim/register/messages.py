"""The nexo messages a register sends, as docs/nexo-profile.md describes them. Pure: data in, bytes out.

Amounts travel as decimal numbers with the currency's decimals and never pass through binary fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import msgspec

from firmware_sim.register.basket import RungBasket, RungLine

_ENCODER = msgspec.json.Encoder(decimal_format="number")
Body = dict[str, Any]


@dataclass(frozen=True)
class SaleName:
    """A sale's name on the wire: number and beginning, both fixed until the sale is over."""

    transaction_id: str
    time_stamp: str

    def body(self) -> Body:
        """As nexo's SaleTransactionID."""
        return {"TransactionID": self.transaction_id, "TimeStamp": self.time_stamp}


@dataclass(frozen=True)
class Register:
    """Who speaks, and in which currency. `decimals`: 2 for EUR, 0 for JPY."""

    sale_id: str
    poi_id: str
    currency: str
    decimals: int

    def amount(self, minor: int) -> Decimal:
        """Smallest coins as the number on the wire."""
        return Decimal(minor).scaleb(-self.decimals)

    def minor(self, amount: Decimal | int) -> int:
        """The number on the wire in smallest coins. ValueError when it has parts of a coin."""
        coins = Decimal(amount).scaleb(self.decimals)
        if coins != coins.to_integral_value():
            raise ValueError(f"{amount} is no whole number of {self.currency} coins")
        return int(coins)

    def request(self, category: str, service_id: str, name: str, body: Body) -> bytes:
        """One message with its header."""
        header = {
            "ProtocolVersion": "3.1",
            "MessageClass": "Service",
            "MessageCategory": category,
            "MessageType": "Request",
            "ServiceID": service_id,
            "SaleID": self.sale_id,
            "POIID": self.poi_id,
        }
        return _ENCODER.encode({"SaleToPOIRequest": {"MessageHeader": header, name: body}})

    def loyalty(
        self,
        kind: str,
        service_id: str,
        sale: SaleName,
        basket: RungBasket,
        *,
        paid_minor: int | None = None,
        extras: Sequence[tuple[str, str]] = (),
    ) -> bytes:
        """A quote (`Rebate`) or a commit (`Award`) with the whole basket.

        `paid_minor`: what the customer paid; left out, the sum of the lines. `extras`: entries of SaleToPOIData.
        """
        data: Body = {"OperatorID": basket.operator, "SaleTransactionID": sale.body()}
        if extras:
            data["SaleToPOIData"] = urlencode(extras, safe=":.")
        transaction: Body = {
            "LoyaltyTransactionType": kind,
            "Currency": self.currency,
            "TotalAmount": self.amount(basket.amount_minor if paid_minor is None else paid_minor),
            "SaleItem": [self._item(number, line) for number, line in enumerate(basket.lines, start=1)],
        }
        body: Body = {"SaleData": data, "LoyaltyTransaction": transaction}
        accounts = _accounts(basket)
        if accounts:
            body["LoyaltyData"] = [{"LoyaltyAccountID": account} for account in accounts]
        return self.request("Loyalty", service_id, "LoyaltyRequest", body)

    def _item(self, number: int, line: RungLine) -> Body:
        item: Body = {
            "ItemID": number,
            "ProductCode": line.product_code,
            "Quantity": line.quantity,
            "ItemAmount": self.amount(line.amount_minor),
        }
        optional = {
            "ProductLabel": line.label,
            "EanUpc": line.ean,
            "UnitOfMeasure": line.unit,
            "TaxCode": line.vat,
            "AdditionalProductInfo": f"Kind={line.kind}" if line.kind else "",
        }
        item.update({name: value for name, value in optional.items() if value})
        if line.unit_price_minor is not None:
            item["UnitPrice"] = self.amount(line.unit_price_minor)
        return item

    def status(self, service_id: str, asked_service_id: str) -> bytes:
        """What became of a message; an empty `asked_service_id` asks for the last loyalty message."""
        body: Body = {}
        if asked_service_id:
            body["MessageReference"] = self._reference(asked_service_id)
        return self.request("TransactionStatus", service_id, "TransactionStatusRequest", body)

    def abort(self, service_id: str, quote_service_id: str, reason: str) -> bytes:
        """Give up the open sale that this quote belonged to."""
        body = {"MessageReference": self._reference(quote_service_id), "AbortReason": reason}
        return self.request("Abort", service_id, "AbortRequest", body)

    def _reference(self, service_id: str) -> Body:
        return {"MessageCategory": "Loyalty", "ServiceID": service_id, "SaleID": self.sale_id}

    def void(self, service_id: str, sale: SaleName, receipt_id: str, reason: str, operator: str) -> bytes:
        """Undo a closed sale, named by its receipt or, where that is unknown, by the sale."""
        body: Body = {
            "SaleData": {"OperatorID": operator, "SaleTransactionID": sale.body()},
            "ReversalReason": reason,
        }
        if receipt_id:
            name = {"TransactionID": receipt_id, "TimeStamp": sale.time_stamp}
            body["OriginalPOITransaction"] = {"POITransactionID": name}
        return self.request("Reversal", service_id, "ReversalRequest", body)

    def diagnosis(self, service_id: str) -> bytes:
        """How the till is."""
        return self.request("Diagnosis", service_id, "DiagnosisRequest", {})


def _accounts(basket: RungBasket) -> list[Body]:
    accounts: list[Body] = []
    if basket.register_card:
        accounts.append(
            {
                "EntryMode": ["Contactless"],
                "IdentificationType": "AccountNumber",
                "IdentificationSupport": "LoyaltyCard",
                "LoyaltyID": basket.register_card,
            }
        )
    accounts += [
        {
            "EntryMode": ["Scanned"],
            "IdentificationType": "BarCode",
            "IdentificationSupport": "NoCard",
            "LoyaltyID": code,
        }
        for code in basket.coupons
    ]
    return accounts
