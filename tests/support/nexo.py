"""nexo messages as a register sends them, as plain dictionaries: no code of ours on this side."""

from __future__ import annotations

from typing import Any

CARD_DATA = [
    {
        "LoyaltyAccountID": {
            "EntryMode": ["Contactless"],
            "IdentificationType": "AccountNumber",
            "IdentificationSupport": "LoyaltyCard",
            "LoyaltyID": "iso14443a:04A1B2C3D4E5F6",
        }
    }
]

BREAD = {"ItemID": 1, "ProductCode": "4001", "Quantity": 2, "UnitPrice": 4.50, "ItemAmount": 9.00}
COFFEE = {"ItemID": 2, "ProductCode": "2001", "Quantity": 1, "UnitPrice": 3.20, "ItemAmount": 3.20}


def header(category: str, service_id: str, sale_id: str = "register-1") -> dict[str, Any]:
    return {
        "ProtocolVersion": "3.1",
        "MessageClass": "Service",
        "MessageCategory": category,
        "MessageType": "Request",
        "ServiceID": service_id,
        "SaleID": sale_id,
        "POIID": "till-1",
    }


def loyalty(
    kind: str,
    service_id: str,
    transaction: str,
    items: list[dict[str, Any]],
    total: float | None = None,
    *,
    sale_to_poi_data: str = "",
    accounts: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    sale_data: dict[str, Any] = {
        "OperatorID": "17",
        "SaleTransactionID": {"TransactionID": transaction, "TimeStamp": "2026-11-20T10:15:00+01:00"},
    }
    if sale_to_poi_data:
        sale_data["SaleToPOIData"] = sale_to_poi_data
    body: dict[str, Any] = {
        "SaleData": sale_data,
        "LoyaltyTransaction": {"LoyaltyTransactionType": kind, "Currency": "EUR", "SaleItem": items},
        "LoyaltyData": [dict(entry) for entry in (CARD_DATA if accounts is None else accounts)],
    }
    if total is not None:
        body["LoyaltyTransaction"]["TotalAmount"] = total
    return {"SaleToPOIRequest": {"MessageHeader": header("Loyalty", service_id), "LoyaltyRequest": body}}


def status(service_id: str, asked: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if asked is not None:
        body["MessageReference"] = {"MessageCategory": "Loyalty", "ServiceID": asked, "SaleID": "register-1"}
    return {
        "SaleToPOIRequest": {
            "MessageHeader": header("TransactionStatus", service_id),
            "TransactionStatusRequest": body,
        }
    }


def abort(service_id: str, asked: str) -> dict[str, Any]:
    return {
        "SaleToPOIRequest": {
            "MessageHeader": header("Abort", service_id),
            "AbortRequest": {"MessageReference": {"ServiceID": asked}, "AbortReason": "customer left"},
        }
    }


def reversal(
    service_id: str, transaction: str = "", receipt_id: str = "", amount: float | None = None
) -> dict[str, Any]:
    body: dict[str, Any] = {"ReversalReason": "CustCancel"}
    if transaction:
        body["SaleData"] = {
            "OperatorID": "17",
            "SaleTransactionID": {"TransactionID": transaction, "TimeStamp": "2026-11-20T10:15:00+01:00"},
        }
    if receipt_id:
        identification = {"TransactionID": receipt_id, "TimeStamp": "2026-11-20T10:15:00Z"}
        body["OriginalPOITransaction"] = {"POITransactionID": identification}
    if amount is not None:
        body["ReversedAmount"] = amount
    return {"SaleToPOIRequest": {"MessageHeader": header("Reversal", service_id), "ReversalRequest": body}}


def response_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The body of an answer, whatever its category."""
    parts = {name: part for name, part in answer["SaleToPOIResponse"].items() if name != "MessageHeader"}
    (body,) = parts.values()
    return dict(body)


def told(answer: dict[str, Any]) -> tuple[str, str, str]:
    """Result, ErrorCondition, and the code in AdditionalResponse."""
    response = response_of(answer)["Response"]
    code = response.get("AdditionalResponse", "").partition(":")[0]
    return response["Result"], response.get("ErrorCondition", ""), code


def receipt_id_of(answer: dict[str, Any]) -> str:
    return str(response_of(answer)["POIData"]["POITransactionID"]["TransactionID"])


def total_rebate(answer: dict[str, Any]) -> float:
    return float(response_of(answer)["LoyaltyResult"][0]["Rebates"]["TotalRebate"])
