"""A7 of the profile: a register is told that nothing is real while the till is in training."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_engine.registers.nexo.answer_book import AnswerBook
from pos_engine.registers.nexo.endpoint import NexoEndpoint
from pos_engine.registers.nexo.lines import LineRules
from pos_engine.registers.nexo.lookups import Devices, Lookups
from tests.support.cashiers import EVA, PinShop
from tests.support.nexo import BREAD, loyalty
from tests.support.shop import Shop

DUE = 8.1
"""Two loaves at 4.50, less the shop's 10 % on bread."""


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[PinShop]:
    shop = Shop(tmp_path)
    made = PinShop(shop)
    yield made
    made.journal.close()
    shop.close()


def told(counter: PinShop, category: str, service: str, price: float, entries: str = "") -> tuple[str, str]:
    """Result and AdditionalResponse."""
    lookups = Lookups(
        currency=lambda: "EUR",
        is_product=lambda _product_id: True,
        is_coupon=lambda _code: False,
        sale_of_receipt=lambda _receipt_id: None,
        devices=lambda: Devices("OK", card_reader_ok=True, backoffice_reached=True),
    )
    book = AnswerBook(lambda _key: None, lambda _answer: None, lambda _prefix: None)
    endpoint = NexoEndpoint(counter.till, lookups, LineRules(), book, counter.shop.clock)
    message = loyalty(category, service, "1", [BREAD], price, sale_to_poi_data=entries)
    answer = endpoint.handle(json.dumps(message).encode())
    response = json.loads(answer.body)["SaleToPOIResponse"]["LoyaltyResponse"]["Response"]
    return response["Result"], response.get("AdditionalResponse", "")


def test_quotes_and_commits_say_so_and_real_ones_do_not(counter: PinShop) -> None:
    counter.acts.begin_training(EVA)
    result, said = told(counter, "Rebate", "Q1", 9.0)
    assert result == "Success"
    assert said.startswith("training: TRAINING")
    result, said = told(counter, "Rebate", "Q2", 9.0, "Points=900")
    assert said.startswith("training: TRAINING")
    assert result == "Success" or " | " in said, "what there is to tell besides is told too"
    assert told(counter, "Award", "C1", DUE) == ("Success", said.partition(" | ")[0])
    assert told(counter, "Award", "C2", DUE)[1].startswith("training: "), "asked once more, told once more"
    counter.acts.end_training(EVA)
    assert told(counter, "Rebate", "Q3", 9.0) == ("Success", "")
    assert told(counter, "Award", "C3", DUE) == ("Success", "")
