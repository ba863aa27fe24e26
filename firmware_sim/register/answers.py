"""What the till answered, read by the profile and by nothing else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import msgspec

from firmware_sim.register.messages import Register

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class AnswerError(Exception):
    """The till answered something that the profile does not allow."""


@dataclass(frozen=True)
class Notice:
    """One entry of AdditionalResponse: a stable code and the sentence beside it."""

    code: str
    sentence: str


@dataclass(frozen=True)
class LineRebate:
    """What one offer takes off one line."""

    item_id: int
    amount_minor: int
    label: str


@dataclass(frozen=True)
class Answer:
    """One answer. `result`: Success, Partial or Failure; `error` is nexo's ErrorCondition.

    `transaction_id`: the receipt id after a commit, the sale's name after a quote. `raw`: the bytes as they came.
    """

    result: str
    error: str = ""
    notices: tuple[Notice, ...] = ()
    total_rebate_minor: int = 0
    rebates: tuple[LineRebate, ...] = ()
    card_id: str = ""
    points: int | None = None
    transaction_id: str = ""
    repeated: Answer | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes = b""

    @property
    def done(self) -> bool:
        """Whether the till did what was asked."""
        return self.result in {"Success", "Partial"}

    @property
    def code(self) -> str:
        """The first notice's code."""
        return self.notices[0].code if self.notices else ""


def read_answer(raw: bytes, register: Register) -> Answer:
    """An answer's meaning. AnswerError when it is no nexo response."""
    if not raw:
        return Answer(result="Success")
    try:
        document = _DECODER.decode(raw)
    except msgspec.DecodeError as problem:
        raise AnswerError(f"the till's answer is no JSON: {problem}") from problem
    if "SaleToPOIRequest" in document:
        details = str(document["SaleToPOIRequest"].get("EventNotification", {}).get("EventDetails", ""))
        return Answer(result="Failure", error="Reject", notices=_notices(details), raw=raw)
    try:
        response = cast("Mapping[str, Any]", document["SaleToPOIResponse"])
        name = next(key for key in response if key.endswith("Response"))
        return _read_body(name, response[name], register, raw)
    except (KeyError, TypeError, StopIteration, IndexError, ValueError) as problem:
        raise AnswerError(f"the till's answer is not in the profile: {problem!r} in {raw[:500]!r}") from problem


def _read_body(name: str, body: Mapping[str, Any], register: Register, raw: bytes) -> Answer:
    response = body["Response"]
    repeated = None
    if "RepeatedMessageResponse" in body:
        inner = body["RepeatedMessageResponse"]["RepeatedResponseMessageBody"]
        inner_name = next(iter(inner))
        repeated = _read_body(inner_name, inner[inner_name], register, b"")
    results = body.get("LoyaltyResult") or [{}]
    if name == "LoyaltyResponse" and len(results) != 1:
        raise ValueError("LoyaltyResult must have exactly one entry")
    rebates = results[0].get("Rebates", {})
    account = results[0].get("LoyaltyAccount", {}).get("LoyaltyAccountID", {})
    return Answer(
        result=response["Result"],
        error=response.get("ErrorCondition", ""),
        notices=_notices(response.get("AdditionalResponse", "")),
        total_rebate_minor=register.minor(rebates.get("TotalRebate", 0)),
        rebates=tuple(
            LineRebate(entry["ItemID"], register.minor(entry["ItemAmount"]), entry.get("RebateLabel", ""))
            for entry in rebates.get("SaleItemRebate", ())
        ),
        card_id=account.get("LoyaltyID", ""),
        points=results[0].get("CurrentBalance"),
        transaction_id=body.get("POIData", {}).get("POITransactionID", {}).get("TransactionID", ""),
        repeated=repeated,
        body=body,
        raw=raw,
    )


def _notices(text: str) -> tuple[Notice, ...]:
    parts = [part.split(": ", 1) for part in text.split(" | ") if part]
    return tuple(Notice(part[0], part[1] if len(part) > 1 else "") for part in parts)
