"""Bytes that are no message, and bodies that are wrong: named, never a traceback."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_engine.registers.nexo.codec import decode_body, decode_envelope
from pos_engine.registers.nexo.faults import NexoError, RejectedError
from pos_engine.registers.nexo.messages import LoyaltyRequest

SALE = '"SaleData": {"SaleTransactionID": {"TransactionID": "1", "TimeStamp": "2026-11-20T10:00:00Z"}}'


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b'{"SaleToPOIRequest": {"MessageHe', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "Expected object"),
        (b"{}", "SaleToPOIRequest"),
        (b'{"SaleToPOIRequest": {"MessageHeader": {}}}', "MessageHeader: Object missing required field MessageClass"),
        (b"[" * 100_000, "SaleToPOIRequest: "),
    ],
)
def test_a_body_that_is_no_message_is_rejected(body: bytes, says: str) -> None:
    with pytest.raises(RejectedError, match=says):
        decode_envelope(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_rejected_or_read(body: bytes) -> None:
    with contextlib.suppress(RejectedError):  # any other exception would be a 500 at the register
        decode_envelope(body)


def test_a_wrong_field_is_named_with_its_place() -> None:
    raw = f'{{{SALE}, "LoyaltyTransaction": {{"LoyaltyTransactionType": "Rebate", "SaleItem": [{{"ItemID": "a"}}]}}}}'
    with pytest.raises(NexoError) as caught:
        decode_body(msgspec.Raw(raw.encode()), LoyaltyRequest)
    assert caught.value.text == "LoyaltyRequest.LoyaltyTransaction.SaleItem[0].ItemID: Expected int, got str"


def test_amounts_never_pass_through_a_binary_fraction() -> None:
    raw = (
        f'{{{SALE}, "LoyaltyTransaction": {{"LoyaltyTransactionType": "Award", "TotalAmount": 0.1000000000000000055}}}}'
    )
    request = decode_body(msgspec.Raw(raw.encode()), LoyaltyRequest)
    assert request.loyalty_transaction.total_amount == Decimal("0.1000000000000000055")


def test_unknown_fields_are_ignored() -> None:
    raw = f'{{{SALE}, "Vendor": 1, "LoyaltyTransaction": {{"LoyaltyTransactionType": "Award", "X": {{}}}}}}'
    assert decode_body(msgspec.Raw(raw.encode()), LoyaltyRequest).loyalty_transaction.sale_item == []


def test_a_missing_body_is_named() -> None:
    with pytest.raises(NexoError, match="LoyaltyRequest: is missing"):
        decode_body(msgspec.Raw(b""), LoyaltyRequest)
