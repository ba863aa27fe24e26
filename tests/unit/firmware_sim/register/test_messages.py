from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from firmware_sim.register.answers import AnswerError, read_answer
from firmware_sim.register.basket import RungBasket, RungLine, load_basket
from firmware_sim.register.messages import Register, SaleName

PROFILE = (Path(__file__).parents[4] / "docs" / "nexo-profile.md").read_text(encoding="utf-8")
REGISTER = Register("register-1", "till-1", "EUR", 2)
SALE = SaleName("4711", "2026-11-20T10:15:00+01:00")
BASKET = RungBasket(
    lines=(
        RungLine("2001", 640, "Cappuccino", Decimal(2), unit_price_minor=320, vat="19"),
        RungLine("4001", 342, "Farmhouse bread", Decimal("0.760"), "Kilogram", 450, "7"),
        RungLine("9001", 25, "Deposit", vat="19", kind="deposit"),
    ),
    register_card="iso14443a:04A1B2C3D4E5F6",
    operator="17",
)


def example(marker: str) -> str:
    """The JSON block of the profile that stands under this marker."""
    block = PROFILE.split(f"<!-- {marker} -->", 1)[1]
    return block.split("```json\n", 1)[1].split("```", 1)[0]


def without_optional(text: str | bytes) -> object:
    """The message as values; Quantity 1 says the same as none."""
    document = json.loads(text, parse_float=Decimal)
    (message,) = document.values()
    for item in message.get("LoyaltyRequest", {}).get("LoyaltyTransaction", {}).get("SaleItem", ()):
        item.setdefault("Quantity", 1)
    return document


def test_a_quote_is_the_profiles_example() -> None:
    assert without_optional(REGISTER.loyalty("Rebate", "A0001", SALE, BASKET)) == without_optional(
        example("request: quote")
    )


def test_a_commit_is_the_profiles_example() -> None:
    message = REGISTER.loyalty("Award", "A0002", SALE, BASKET, paid_minor=973, extras=[("Tender", "cash:10.00")])
    assert without_optional(message) == without_optional(example("request: commit"))


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("request: status", REGISTER.status("A0003", "A0002")),
        ("request: void", REGISTER.void("A0006", SALE, "", "CustCancel", "17")),
        ("request: abort", REGISTER.abort("A0005", "A0004", "customer left")),
    ],
)
def test_other_messages_are_the_profiles_examples(marker: str, message: bytes) -> None:
    ours, theirs = json.loads(message), json.loads(example(marker))
    ours["SaleToPOIRequest"]["MessageHeader"].pop("ProtocolVersion")
    theirs["SaleToPOIRequest"]["MessageHeader"].pop("ProtocolVersion", None)
    assert ours == theirs


def test_a_coupon_code_and_parking_are_the_profiles_example() -> None:
    sale = SaleName("4712", "2026-11-20T10:20:00+01:00")
    basket = RungBasket((RungLine("2001", 320),), coupons=("2990000000019",))
    ours = json.loads(REGISTER.loyalty("Rebate", "A0004", sale, basket, extras=[("Park", "1")]))
    theirs = json.loads(example("request: park"))["SaleToPOIRequest"]["LoyaltyRequest"]
    assert ours["SaleToPOIRequest"]["LoyaltyRequest"]["LoyaltyData"] == theirs["LoyaltyData"]
    assert ours["SaleToPOIRequest"]["LoyaltyRequest"]["SaleData"]["SaleToPOIData"] == "Park=1"


def test_amounts_are_written_as_exact_decimals() -> None:
    message = REGISTER.loyalty("Rebate", "1", SALE, RungBasket((RungLine("1", 30), RungLine("2", 1_005))))
    assert b'"TotalAmount":10.35' in message
    assert b'"ItemAmount":0.30' in message
    yen = replace(REGISTER, currency="JPY", decimals=0)
    assert b'"TotalAmount":1035' in yen.loyalty("Rebate", "1", SALE, RungBasket((RungLine("1", 1035),)))


def test_the_profiles_answer_is_read() -> None:
    answer = read_answer(example("answer: quote").encode(), REGISTER)
    assert (answer.result, answer.total_rebate_minor, answer.points) == ("Success", 34, 120)
    assert answer.card_id == "iso14443a:04A1B2C3D4E5F6"
    assert [(rebate.item_id, rebate.amount_minor, rebate.label) for rebate in answer.rebates] == [
        (2, 34, "Friday bread")
    ]
    assert answer.transaction_id == "register-1/4711@2026-11-20"


def test_notices_are_codes_and_sentences() -> None:
    words = "card_unknown: No such card: ask. | coupon_used: Already used."
    response = {"Response": {"Result": "Partial", "AdditionalResponse": words}}
    body = {"SaleToPOIResponse": {"MessageHeader": {}, "LoyaltyResponse": response}}
    answer = read_answer(json.dumps(body).encode(), REGISTER)
    assert answer.done
    assert [(notice.code, notice.sentence) for notice in answer.notices] == [
        ("card_unknown", "No such card: ask."),
        ("coupon_used", "Already used."),
    ]


def test_an_event_notification_is_a_refusal() -> None:
    body = {
        "SaleToPOIRequest": {"MessageHeader": {}, "EventNotification": {"EventDetails": "message_invalid: no JSON"}}
    }
    answer = read_answer(json.dumps(body).encode(), REGISTER)
    assert (answer.done, answer.error, answer.code) == (False, "Reject", "message_invalid")


@pytest.mark.parametrize(
    "raw", [b"<html>", b"{}", b"[1]", b'{"SaleToPOIResponse": {}}', b'{"SaleToPOIResponse": {"LoyaltyResponse": {}}}']
)
def test_an_answer_outside_the_profile_is_an_error(raw: bytes) -> None:
    with pytest.raises(AnswerError):
        read_answer(raw, REGISTER)


def test_a_basket_file(tmp_path: Path) -> None:
    path = tmp_path / "basket.json"
    path.write_text('{"lines": [{"product_code": "2001", "amount_minor": 320}], "card_uid": "04BA5E00000001"}')
    assert load_basket(path).amount_minor == 320
    path.write_text('{"lines": [{"product_code": "2001", "amount_minor": 3.2}]}')
    with pytest.raises(ValueError, match=r"lines\[0\].amount_minor|lines\[\.\.\.\]"):
        load_basket(path)
