"""I6 of the profile: registers at one till use the same numbers, and each means its own sales."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_engine.checkout.originals import NobodyToAsk
from pos_engine.registers.nexo.answer_book import AnswerBook
from pos_engine.registers.nexo.endpoint import NexoEndpoint
from pos_engine.registers.nexo.lines import LineRules
from pos_engine.registers.nexo.lookups import Devices, Lookups
from pos_engine.registers.nexo.messages import SaleData, TransactionIdentification
from pos_engine.registers.nexo.sale_data import sale_ref_of
from tests.support import nexo
from tests.support.nexo import BREAD, COFFEE, loyalty, receipt_id_of, told
from tests.support.shop import Shop, a_set

IDS = st.text("1%2F/@-a", min_size=1, max_size=6)
DAYS = st.sampled_from(["2026-11-20", "2026-11-21"])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    made.publish(a_set(2))
    made.till.refresh()
    made.till.use_originals(NobodyToAsk(), 10_000)
    yield made
    made.close()


@pytest.fixture
def endpoint(shop: Shop) -> NexoEndpoint:
    def sale_of_receipt(receipt_id: str) -> str | None:
        receipt = shop.journal.receipt(receipt_id)
        return None if receipt is None else receipt.sale_ref

    lookups = Lookups(
        currency=lambda: "EUR",
        is_product=lambda _product_id: True,
        is_coupon=lambda _code: False,
        sale_of_receipt=sale_of_receipt,
        devices=lambda: Devices("OK", card_reader_ok=True, backoffice_reached=True),
    )
    book = AnswerBook(lambda _key: None, lambda _answer: None, lambda _prefix: None)
    return NexoEndpoint(shop.till, lookups, LineRules(), book, shop.clock)


def ask(endpoint: NexoEndpoint, register: str, message: dict[str, Any]) -> dict[str, Any]:
    message["SaleToPOIRequest"]["MessageHeader"]["SaleID"] = register
    body = endpoint.handle(json.dumps(message).encode()).body
    answer: dict[str, Any] = json.loads(body) if body else {}
    return answer


def test_the_same_number_at_two_registers_is_two_sales(endpoint: NexoEndpoint, shop: Shop) -> None:
    quotes = [
        ask(endpoint, register, loyalty("Rebate", "Q", "4711", [goods], accounts=[]))
        for register, goods in (("left", BREAD), ("right", COFFEE))
    ]
    assert [receipt_id_of(quote) for quote in quotes] == ["left/4711@2026-11-20", "right/4711@2026-11-20"]
    left = ask(endpoint, "left", loyalty("Award", "C", "4711", [BREAD], 9.0, accounts=[]))
    right = ask(endpoint, "right", loyalty("Award", "C", "4711", [COFFEE], 3.2, accounts=[]))
    assert (told(left)[0], told(right)[0]) == ("Success", "Success")
    assert receipt_id_of(left) != receipt_id_of(right)
    assert sorted(row.sale_ref for row in shop.till.recent_receipts()) == [
        "left/4711@2026-11-20",
        "right/4711@2026-11-20",
    ]


def test_a_register_gives_up_its_own_sale_only(endpoint: NexoEndpoint) -> None:
    for register in ("left", "right"):
        ask(endpoint, register, loyalty("Rebate", "Q", "1", [BREAD], accounts=[]))
    assert ask(endpoint, "left", nexo.abort("A", "Q")) == {}
    given_up = ask(endpoint, "left", loyalty("Award", "C", "1", [BREAD], 9.0, accounts=[]))
    assert told(given_up)[2] == "sale_voided"
    sold = ask(endpoint, "right", loyalty("Award", "C", "1", [BREAD], 9.0, accounts=[]))
    assert told(sold)[0] == "Success"


def test_a_register_that_gives_up_the_sale_of_another_says_whose(endpoint: NexoEndpoint) -> None:
    for register in ("left", "right"):
        ask(endpoint, register, loyalty("Rebate", f"Q-{register}", "1", [BREAD], accounts=[]))
    message = nexo.abort("A", "Q-right")
    message["SaleToPOIRequest"]["AbortRequest"]["MessageReference"]["SaleID"] = "right"
    assert ask(endpoint, "left", message) == {}
    assert told(ask(endpoint, "left", loyalty("Award", "C", "1", [BREAD], 9.0, accounts=[])))[0] == "Success"
    gone = ask(endpoint, "right", loyalty("Award", "C", "1", [BREAD], 9.0, accounts=[]))
    assert told(gone)[2] == "sale_voided"


def test_a_void_by_number_is_of_the_own_sale_and_by_receipt_of_any(endpoint: NexoEndpoint, shop: Shop) -> None:
    left = ask(endpoint, "left", loyalty("Award", "C", "1", [BREAD], 9.0, accounts=[]))
    right = ask(endpoint, "right", loyalty("Award", "C", "1", [COFFEE], 3.2, accounts=[]))
    assert told(ask(endpoint, "third", nexo.reversal("V", transaction="1")))[2] == "sale_unknown"
    done = ask(endpoint, "right", nexo.reversal("V", transaction="1"))
    assert (told(done)[0], _voided(shop)) == ("Success", {"right/1@2026-11-20"})
    assert done["SaleToPOIResponse"]["ReversalResponse"]["ReversedAmount"] == 3.2
    assert receipt_id_of(right) != receipt_id_of(left)
    elsewhere = ask(endpoint, "right", nexo.reversal("W", receipt_id=receipt_id_of(left)))
    assert (told(elsewhere)[0], _voided(shop)) == ("Success", {"left/1@2026-11-20", "right/1@2026-11-20"})


def _voided(shop: Shop) -> set[str]:
    return {row.sale_ref for row in shop.till.recent_receipts() if row.kind == "void"}


def test_returns_of_two_registers_under_one_number_are_two_returns(endpoint: NexoEndpoint) -> None:
    sold = ask(endpoint, "left", loyalty("Award", "C", "1", [BREAD], 9.0, accounts=[]))
    one_back = {"ItemID": 1, "ProductCode": "4001", "Quantity": 1, "ItemAmount": 4.5}

    def give_back(register: str, service_id: str) -> dict[str, Any]:
        message = loyalty("AwardRefund", service_id, "R", [one_back], accounts=[])
        identification = {"TransactionID": receipt_id_of(sold), "TimeStamp": "2026-11-20T10:15:00Z"}
        transaction = message["SaleToPOIRequest"]["LoyaltyRequest"]["LoyaltyTransaction"]
        transaction["OriginalPOITransaction"] = {"POITransactionID": identification}
        return ask(endpoint, register, message)

    first, again, second = give_back("left", "a"), give_back("left", "b"), give_back("right", "a")
    assert [told(answer)[0] for answer in (first, again, second)] == ["Success"] * 3
    assert receipt_id_of(first) == receipt_id_of(again) != receipt_id_of(second)
    assert told(give_back("third", "a"))[2] == "refund_refused"


@given(st.tuples(IDS, IDS, DAYS), st.tuples(IDS, IDS, DAYS))
def test_no_two_sales_have_one_name(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (_name(*one) == _name(*other)) == (one == other)


def test_what_would_be_ambiguous_is_written_otherwise() -> None:
    assert _name("a/b", "1", "2026-11-20") == "a%2Fb/1@2026-11-20"
    assert _name("a", "b/1", "2026-11-20") == "a/b/1@2026-11-20"
    assert _name("a%2Fb", "1", "2026-11-20") == "a%252Fb/1@2026-11-20"


def _name(register: str, number: str, day: str) -> str:
    stamp = f"{day}T10:15:00+01:00"
    return sale_ref_of(
        SaleData(sale_transaction_id=TransactionIdentification(transaction_id=number, time_stamp=stamp)), register
    )
