"""The schemas are valid 2020-12, accept what the codecs write and refuse what the codecs refuse."""

from __future__ import annotations

import json
from collections.abc import Callable

import jsonschema
import pytest

from pos_engine.core.basket import Basket, PresentedCoupon
from pos_engine.core.campaign import Offer
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.registry import CONDITIONS, REWARDS
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.usage import OfferLeft, Usage
from pos_engine.wire.campaigns import decode_campaigns_file, encode_campaign
from pos_engine.wire.documents import decode_basket, decode_member, decode_usage, encode
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.schema import DOCUMENTS, schema
from tests.support.pricing import ALWAYS, campaign_of, line, price

SHOP = campaign_of(Offer("o", "ten", ALWAYS, Percent(1000)))
BASKET = Basket((line("1", "a", 1000),), presented_coupons=(PresentedCoupon("k", "s"),))


def accepts(name: str, document: object) -> bool:
    valid: bool = jsonschema.Draft202012Validator(schema(name)).is_valid(document)
    return valid


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_each_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_they_accept_what_the_codecs_write() -> None:
    assert accepts("basket", json.loads(encode(BASKET)))
    assert accepts("member", json.loads(encode(Member("m", held_coupons=(HeldCoupon("k", "s"),)))))
    assert accepts("usage", json.loads(encode(Usage({"o": OfferLeft(1)}))))
    assert accepts("outcome", json.loads(encode(price((SHOP,), BASKET))))
    assert accepts("campaigns", {"wire_version": 1, "campaigns": [json.loads(encode_campaign(SHOP))]})


def test_every_kind_stands_in_the_campaigns_schema() -> None:
    definitions = schema("campaigns")["$defs"]
    assert isinstance(definitions, dict)
    tags = {one["properties"]["kind"]["const"] for one in definitions.values() if "kind" in one.get("properties", {})}
    assert tags == {*CONDITIONS, *REWARDS}


def campaigns_file(**changes: object) -> dict[str, object]:
    offer = {
        "offer_id": "o",
        "name": "n",
        "condition": {"kind": "all"},
        "reward": {"kind": "amount", "amount_minor": 5},
    }
    campaign = {"campaign_id": "c", "version": 1, "name": "n", "starts_on": "2026-01-01", "ends_on": "2026-01-31"}
    return {"campaigns": [{**campaign, "offers": [{**offer, **changes}]}]}


@pytest.mark.parametrize(
    ("name", "decode", "document"),
    [
        ("basket", decode_basket, {"lines": [{"line_id": "1", "product_id": "p", "unit_price_minor": -1}]}),
        ("basket", decode_basket, {"lines": [{"line_id": "1", "product_id": "p"}]}),
        ("basket", decode_basket, {"linse": []}),
        (
            "basket",
            decode_basket,
            {"lines": [{"line_id": "1", "product_id": "p", "unit_price_minor": 1, "quantity": 0}]},
        ),
        ("member", decode_member, {"member_id": ""}),
        ("usage", decode_usage, {"offers": {"o": {"left": 1}}}),
        ("campaigns", decode_campaigns_file, campaigns_file(condition={"kind": "moon"})),
        ("campaigns", decode_campaigns_file, campaigns_file(condition={"kind": "weekdays", "days": [9]})),
        ("campaigns", decode_campaigns_file, campaigns_file(reward={"kind": "percent", "percent_bp": 10_001})),
        ("campaigns", decode_campaigns_file, campaigns_file(phase="dessert")),
        ("campaigns", decode_campaigns_file, {"campaigns": [], "wire_version": 2}),
    ],
)
def test_schema_and_codec_refuse_the_same(name: str, decode: Callable[[bytes], object], document: object) -> None:
    assert not accepts(name, document)
    with pytest.raises(DocumentError):
        decode(json.dumps(document).encode())
