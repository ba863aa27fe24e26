"""P1 and P2 of the profile: points as a discount in a quote, points and stored value as tenders in a commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.programme import Programme
from pos_engine.core.rewards.points import Points
from pos_engine.registers.nexo.answer_book import AnswerBook
from pos_engine.registers.nexo.endpoint import NexoEndpoint
from pos_engine.registers.nexo.lines import LineRules
from pos_engine.registers.nexo.lookups import Devices, Lookups
from tests.support.nexo import BREAD, loyalty
from tests.support.shop import Shop, a_campaign, a_set

EURO = a_campaign("earning", Offer("euro", "A point a euro", AllOf(), Points(1, 100), phase="points"))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    made.publish(a_set(2, EURO, programme=Programme(version=1, points_step=10, step_minor=10, as_tender=True)))
    made.till.refresh()
    made.balance("anna", "points", 200)
    made.balance("anna", "value", 500)
    yield made
    made.close()


@pytest.fixture
def endpoint(shop: Shop) -> NexoEndpoint:
    lookups = Lookups(
        currency=lambda: "EUR",
        is_product=lambda _product_id: True,
        is_coupon=lambda _code: False,
        sale_of_receipt=lambda _receipt_id: None,
        devices=lambda: Devices("OK", card_reader_ok=True, backoffice_reached=True),
    )
    book = AnswerBook(lambda _key: None, lambda _answer: None, lambda _prefix: None)
    return NexoEndpoint(shop.till, lookups, LineRules(), book, shop.clock)


def ask(endpoint: NexoEndpoint, message: dict[str, Any]) -> dict[str, Any]:
    answer = endpoint.handle(json.dumps(message).encode())
    response: dict[str, Any] = json.loads(answer.body)["SaleToPOIResponse"]["LoyaltyResponse"]
    return response


def rebates(response: dict[str, Any]) -> tuple[float, list[str]]:
    found = response["LoyaltyResult"][0]["Rebates"]
    return found["TotalRebate"], [each["RebateLabel"] for each in found.get("SaleItemRebate", [])]


def test_points_as_a_discount_are_a_rebate_and_the_balance_is_told(endpoint: NexoEndpoint) -> None:
    plain = ask(endpoint, loyalty("Rebate", "Q1", "1", [BREAD], 9.0))
    assert (rebates(plain), plain["LoyaltyResult"][0]["CurrentBalance"]) == ((0, []), 200)
    part = ask(endpoint, loyalty("Rebate", "Q2", "1", [BREAD], 9.0, sale_to_poi_data="Points=155"))
    assert rebates(part) == (1.5, ["points"])
    everything = ask(endpoint, loyalty("Rebate", "Q3", "1", [BREAD], 9.0, sale_to_poi_data="Points=all"))
    assert rebates(everything) == (2, ["points"])
    done = ask(endpoint, loyalty("Award", "C1", "1", [BREAD], 7.0))
    assert (done["Response"]["Result"], done["LoyaltyResult"][0]["CurrentBalance"]) == ("Success", 7)


def test_more_than_there_is_is_said_and_nonsense_is_refused(endpoint: NexoEndpoint) -> None:
    short = ask(endpoint, loyalty("Rebate", "Q1", "1", [BREAD], 9.0, sale_to_poi_data="Points=900"))
    assert short["Response"]["Result"] == "Partial"
    assert short["Response"]["AdditionalResponse"].startswith("points_too_few: Not enough points: 200 can be used")
    for nonsense in ("some", "-5", "1.5", "9999999999"):
        wrong = ask(
            endpoint, loyalty("Rebate", f"N{nonsense[:3]}", "1", [BREAD], sale_to_poi_data=f"Points={nonsense}")
        )
        assert wrong["Response"]["ErrorCondition"] == "MessageFormat"


def test_a_tender_of_points_or_value_settles_or_is_refused_with_the_reason(shop: Shop, endpoint: NexoEndpoint) -> None:
    ask(endpoint, loyalty("Rebate", "Q1", "1", [BREAD], 9.0))
    refused = ask(endpoint, loyalty("Award", "C1", "1", [BREAD], 9.0, sale_to_poi_data="Tender=value:9.00"))
    assert refused["Response"]["AdditionalResponse"] == "tender_refused: Not enough on the card: €5.00 can be used"
    assert refused["Response"]["ErrorCondition"] == "NotAllowed"
    mixed = "Tender=value:5.00&Tender=points:2.00&Tender=cash:2.00"
    done = ask(endpoint, loyalty("Award", "C2", "1", [BREAD], 9.0, sale_to_poi_data=mixed))
    assert done["Response"]["Result"] == "Success"
    receipt = shop.journal.receipt(shop.till.recent_receipts(1)[0].receipt_id)
    assert receipt is not None
    assert {(told.unit, told.balance) for told in receipt.balances} == {("points", 9), ("value", 0)}
