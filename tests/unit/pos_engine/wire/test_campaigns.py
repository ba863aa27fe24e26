"""Campaign codecs: bytes are pinned, nothing is half understood, one bad campaign never blocks the others."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.all_different import AllDifferent
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.all_same import AllSame
from pos_engine.core.conditions.any_of import AnyOf
from pos_engine.core.conditions.birthday import Birthday
from pos_engine.core.conditions.card_technology import CardTechnology
from pos_engine.core.conditions.channel import Channel
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.date_range import DateRange
from pos_engine.core.conditions.days_since_visit import DaysSinceVisit
from pos_engine.core.conditions.distinct_products import DistinctProducts
from pos_engine.core.conditions.group import Group
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.conditions.minimum_quantity import MinimumQuantity
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.not_one import NotOne
from pos_engine.core.conditions.nth_visit import NthVisit
from pos_engine.core.conditions.segment import Segment
from pos_engine.core.conditions.store import Store
from pos_engine.core.conditions.tender import Tender
from pos_engine.core.conditions.tier import Tier
from pos_engine.core.conditions.time_windows import TimeWindow, TimeWindows
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.conditions.workstation import Workstation
from pos_engine.core.offer_parts import Limits, PeriodLimit, Rounding, Selector, Slot
from pos_engine.core.registry import CONDITIONS, REWARDS
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.message import Message
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.points_multiplier import PointsMultiplier
from pos_engine.core.rewards.slot_bundle import SlotBundle
from pos_engine.core.rewards.spend_ladder import LadderStep, SpendLadder
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.wire.campaigns import (
    campaign_sha256,
    decode_campaign,
    decode_campaigns_file,
    decode_sold,
    encode_campaign,
    load_set,
)
from pos_engine.wire.errors import DocumentError, UnknownKindError

EVERYTHING = Campaign(
    "c1",
    3,
    "Every kind",
    date(2026, 1, 1),
    date(2026, 12, 31),
    (
        Offer(
            "o1",
            "One",
            AllOf(
                (
                    AnyOf((MemberKnown(), Group(("vip",)))),
                    NotOne(DateRange(date(2026, 12, 24), date(2026, 12, 26))),
                    Weekdays((0, 4)),
                    TimeWindows((TimeWindow(1320, 120),)),
                    Store(("s1",)),
                    CouponHeld("a"),
                    CouponPresented("b"),
                    MinimumSpend(2000, Selector(categories=("food",)), "after"),
                    Workstation(("w1",)),
                    Channel(("till", "web")),
                    Tier(("gold",)),
                    Segment(("young",)),
                    Birthday(3, 4),
                    NthVisit(10, repeats=True),
                    DaysSinceVisit(30, 90),
                    MinimumQuantity(3, Selector(brands=("b",), unit_price_min_minor=5)),
                    DistinctProducts(2, Selector(departments=("d",), attributes=("a=b",))),
                    AllSame(3, Selector(exclude_brands=("b",), exclude_families=("f",)), "attribute", "colour"),
                    AllDifferent(2, Selector(exclude_departments=("d",), exclude_attributes=("a=b",)), "brand"),
                    Tender(("cash",)),
                    CardTechnology(("ntag424",)),
                )
            ),
            Percent(1000, 2, "dearest"),
            Selector(products=("p",), exclude_categories=("tobacco",), skip_already_reduced=True),
            "bundle",
            "exclusive",
            5,
            "g",
            Rounding("unit", "down"),
            Limits(1, 2, 3, 4, 5, 6, (PeriodLimit(1, "week", "total"), PeriodLimit(2))),
        ),
        Offer("o2", "Two", AllOf(), Amount(100, "unit")),
        Offer("o16", "Sixteen", AllOf(), PercentOfShelf(500, 1, "dearest")),
        Offer("o3", "Three", AllOf(), FreeProduct(("p", "q"), 2, refusable=False)),
        Offer("o4", "Four", AllOf(), CouponLater("s", "3 off", 2, 30, "card"), phase="points"),
        Offer("o5", "Five", AllOf(), MultiBuy(3, 2, 5000, "dearest", "basket")),
        Offer("o6", "Six", AllOf(), NthUnit((0, 2500, 10000))),
        Offer("o7", "Seven", AllOf(), AnyForPrice(3, 500)),
        Offer("o8", "Eight", AllOf(), FixedUnitPrice(199)),
        Offer("o9", "Nine", AllOf(), SlotBundle((Slot(Selector(products=("p",)), 2), Slot(Selector())), 800)),
        Offer("o10", "Ten", AllOf(), BuyGet(Selector(products=("p",)), Selector(categories=("c",)), 2, 1, 5000)),
        Offer("o12", "Twelve", AllOf(), Points(2, 100, 500), phase="points"),
        Offer("o13", "Thirteen", AllOf(), PointsMultiplier(20000), phase="points"),
        Offer("o14", "Fourteen", AllOf(), Stamps("coffee", 2, "unit"), phase="points"),
        Offer("o15", "Fifteen", AllOf(), Message("Rye on Friday")),
        Offer("o11", "Eleven", AllOf(), SpendLadder((LadderStep(5000, 500), LadderStep(9000, 500, 1000, 100)))),
    ),
)


def kinds_in(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["kind"]} if "kind" in value else set()
        return own.union(*(kinds_in(item) for item in value.values()))
    return set().union(*(kinds_in(item) for item in value)) if isinstance(value, list) else set()


def test_every_kind_survives_the_round_trip_with_the_same_bytes() -> None:
    raw = encode_campaign(EVERYTHING)
    assert decode_campaign(raw) == EVERYTHING
    assert encode_campaign(decode_campaign(raw)) == raw
    assert kinds_in(json.loads(raw)) == {*CONDITIONS, *REWARDS}


def test_a_till_from_before_a_field_understands_what_does_not_use_it() -> None:
    """Its document stays the one that was always sent: nothing is named that stands at its default."""
    plain = encode_campaign(
        Campaign("c", 1, "c", date(2026, 1, 1), date(2026, 1, 2), (Offer("o", "n", AllOf(), Percent(5)),))
    )
    assert not {b"returns", b"limits", b"per_period", b"target", b"exclude_brands"} & set(
        plain.replace(b'"', b" ").split()
    )
    limited = Offer("o", "n", AllOf(), Percent(5), limits=Limits(uses_per_member=1))
    body = json.loads(encode_campaign(Campaign("c", 1, "c", date(2026, 1, 1), date(2026, 1, 2), (limited,))))
    assert body["offers"][0]["limits"] == {"uses_per_member": 1}


def test_the_bytes_of_a_campaign_are_pinned() -> None:
    small = Campaign(
        "c", 1, "Bread", date(2026, 11, 1), date(2026, 11, 30), (Offer("o", "n", Weekdays((4,)), Percent(1000)),)
    )
    assert encode_campaign(small) == (
        b'{"campaign_id":"c","version":1,"name":"Bread","starts_on":"2026-11-01","ends_on":"2026-11-30","offers":['
        b'{"offer_id":"o","name":"n","condition":{"kind":"weekdays","days":[4]},'
        b'"reward":{"kind":"percent","percent_bp":1000}}]}'
    )


def small(**changes: Any) -> dict[str, Any]:
    offer = {
        "offer_id": "o",
        "name": "n",
        "condition": {"kind": "all"},
        "reward": {"kind": "percent", "percent_bp": 1000},
    }
    return {
        "campaign_id": "c",
        "version": 1,
        "name": "n",
        "starts_on": "2026-01-01",
        "ends_on": "2026-01-31",
        "offers": [{**offer, **changes}],
    }


NESTED = {"kind": "all", "conditions": [{"kind": "not", "condition": {"kind": "weekdays", "days": [0, "x"]}}]}


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        (
            {"reward": {"kind": "percent", "percent_bp": 10_001}},
            "$.offers[0].reward.percent_bp",
            "10001 is not plausible",
        ),
        ({"reward": {"kind": "percent", "percent_bp": 0}}, "$.offers[0].reward.percent_bp", "from 1 to 10000"),
        ({"reward": {"kind": "percent", "percent_bp": 10.5}}, "$.offers[0].reward.percent_bp", "got `float`"),
        ({"reward": {"kind": "percent"}}, "$.offers[0].reward", "missing field `percent_bp`"),
        ({"reward": {"percent_bp": 5}}, "$.offers[0].reward", 'needs a "kind"'),
        ({"reward": None}, "$.offers[0].reward", 'expected an object with a "kind"'),
        ({"condition": NESTED}, "$.offers[0].condition.conditions[0].condition.days[1]", "expected `int`, got `str`"),
        ({"condition": {"kind": "weekdays", "days": [7]}}, "$.offers[0].condition.days", "from 0 to 6"),
        ({"condition": {"kind": "weekdays", "days": []}}, "$.offers[0].condition.days", "must not be empty"),
        ({"target": {"product": ["p"]}}, "$.offers[0].target.product", "unknown field; here knows products"),
        ({"condition": {"kind": "all", "x": 1}}, "$.offers[0].condition.x", "unknown field; all knows conditions"),
        ({"limits": {"uses_total": -1}}, "$.offers[0].limits.uses_total", "-1 is not plausible"),
        ({"policy": "exclusive"}, "$.offers[0].exclusive_group", "needs the name of its group"),
        ({"phase": "dessert"}, "$.offers[0].phase", "Invalid enum value 'dessert'"),
        (
            {"condition": {"kind": "date_range", "starts_on": "2026-02-02", "ends_on": "2026-02-01"}},
            "$.offers[0].condition.ends_on",
            "is before starts_on",
        ),
        ({"name": "x" * 1001}, "$.offers[0].name", "1001 characters"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(changes: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        decode_campaign(json.dumps(small(**changes)).encode())
    assert caught.value.path == path
    assert words in caught.value.text


def test_an_unknown_kind_is_its_own_error() -> None:
    with pytest.raises(UnknownKindError) as caught:
        decode_campaign(json.dumps(small(condition={"kind": "all", "conditions": [{"kind": "moon"}]})).encode())
    assert (caught.value.path, caught.value.family, caught.value.kind) == (
        "$.offers[0].condition.conditions[0]",
        "condition",
        "moon",
    )


def test_reversed_campaign_dates_and_doubled_offers() -> None:
    with pytest.raises(DocumentError, match=r"\$\.ends_on: 2025-12-31 is before starts_on"):
        decode_campaign(json.dumps({**small(), "ends_on": "2025-12-31"}).encode())
    twice = {"wire_version": 1, "campaigns": [small(), {**small(), "campaign_id": "d"}]}
    with pytest.raises(
        DocumentError, match=r"\$\.campaigns\[1\]\.offers\[0\]\.offer_id: 'o' is already an offer of 'c'"
    ):
        decode_campaigns_file(json.dumps(twice).encode())


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (
            {"condition": {"kind": "days_since_visit", "days_min": 30, "days_max": 7}},
            "days_max: 7 is less than days_min 30",
        ),
        ({"condition": {"kind": "all_same", "count": 2, "by": "attribute"}}, "attribute: say in which attribute"),
        ({"condition": {"kind": "all_different", "count": 2, "by": "attribute"}}, "attribute: say in which attribute"),
        ({"target": {"unit_price_min_minor": 9, "unit_price_max_minor": 1}}, "unit_price_max_minor: 1 is less than"),
    ],
)
def test_what_could_never_hold_is_refused_with_its_place(changed: dict[str, Any], text: str) -> None:
    with pytest.raises(DocumentError, match=text):
        decode_campaign(json.dumps(small(**changed)).encode())


def test_the_name_of_points_as_discount_is_no_campaigns() -> None:
    with pytest.raises(DocumentError, match=r"\$\.campaign_id: 'programme' is the name of points used as a discount"):
        decode_campaign(json.dumps({**small(), "campaign_id": "programme"}).encode())


def test_conditions_too_deep_are_refused_not_a_crash() -> None:
    condition: dict[str, Any] = {"kind": "all"}
    for _ in range(40):
        condition = {"kind": "not", "condition": condition}
    with pytest.raises(DocumentError, match="levels deep"):
        decode_campaign(json.dumps(small(condition=condition)).encode())
    with pytest.raises(DocumentError):
        decode_campaign(b"[" * 100_000)


def test_the_currency_is_checked() -> None:
    with pytest.raises(DocumentError, match=r"\$\.tariff\.currency: 'euro' is not an ISO 4217 code"):
        decode_campaigns_file(b'{"campaigns": [], "tariff": {"currency": "euro"}}')


def store_set(*bodies: bytes, sha256: str | None = None) -> bytes:
    entries = [
        {"campaign_id": json.loads(body)["campaign_id"], "version": 1, "sha256": sha256 or campaign_sha256(body)}
        for body in bodies
    ]
    head = {
        "wire_version": 1,
        "organisation_id": "org",
        "store_id": "s1",
        "set_version": 4,
        "published_at": "2026-11-20T10:00:00Z",
        "tariff": {"currency": "CHF", "cash_step_minor": 5},
        "zone": "Europe/Zurich",
        "campaigns": [],
    }
    texts = [
        json.dumps(entry)[:-1] + ',"body":' + body.decode() + "}" for entry, body in zip(entries, bodies, strict=True)
    ]
    return json.dumps(head).replace('"campaigns": []', f'"campaigns": [{",".join(texts)}]').encode()


def test_a_set_keeps_what_it_understands_and_names_the_rest() -> None:
    good = encode_campaign(EVERYTHING)
    strange = json.dumps({**small(reward={"kind": "moonshine"}), "campaign_id": "new"}).encode()
    broken = json.dumps({**small(), "campaign_id": "broken", "ends_on": "2025-01-01"}).encode()
    clash = json.dumps({**small(), "campaign_id": "clash", "offers": small(offer_id="o1")["offers"]}).encode()
    loaded = load_set(store_set(good, strange, broken, clash))
    assert [campaign.campaign_id for campaign in loaded.campaigns] == ["c1"]
    assert loaded.inactive == {
        "new": "campaign_unknown_kind",
        "broken": "campaign_unreadable",
        "clash": "campaign_unreadable",
    }
    assert (loaded.tariff.currency, loaded.tariff.cash_step_minor, loaded.document.set_version) == ("CHF", 5, 4)


def test_bytes_changed_on_the_way_make_the_campaign_inactive() -> None:
    loaded = load_set(store_set(encode_campaign(EVERYTHING), sha256="0" * 64))
    assert (loaded.campaigns, loaded.inactive) == ((), {"c1": "campaign_changed_on_the_way"})


def test_a_set_that_is_no_set() -> None:
    for raw in (b"", b"{}", b"\xff\xfe", b'{"wire_version": 1}'):
        with pytest.raises(DocumentError):
            load_set(raw)


@pytest.mark.parametrize(
    ("reward", "place", "text"),
    [
        ({"kind": "slot_bundle", "bundle_slots": [{"selector": {}}]}, "", "price_minor or percent_bp"),
        (
            {"kind": "slot_bundle", "bundle_slots": [{"selector": {}}], "price_minor": 1, "percent_bp": 1},
            "",
            "price_minor or percent_bp",
        ),
        ({"kind": "nth_unit", "places_bp": [5000, 0]}, ".places_bp", "must not fall"),
        (
            {"kind": "spend_ladder", "steps": [{"from_minor": 9}, {"from_minor": 9}]},
            ".steps",
            "must rise",
        ),
        ({"kind": "multi_buy", "every": 2, "count": 3}, ".count", "more than every 2"),
    ],
)
def test_rewards_that_cannot_be_meant(reward: dict[str, Any], place: str, text: str) -> None:
    with pytest.raises(DocumentError, match=text) as caught:
        decode_campaign(json.dumps(small(reward=reward)).encode())
    assert caught.value.path == f"$.offers[0].reward{place}"


SOLD: dict[str, Any] = {
    "campaigns": [],
    "basket": {"lines": [{"line_id": "1", "product_id": "p", "unit_price_minor": 100}]},
    "moment": {"instant": "2026-11-23T11:00:00Z", "local_date": "2026-11-23", "minute_of_day": 720},
}


def test_what_a_receipt_was_priced_with_is_one_document() -> None:
    sold = decode_sold(json.dumps(SOLD).encode())
    assert (sold.basket.lines[0].line_id, sold.moment.minute_of_day, sold.member) == ("1", 720, None)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"basket": {"lines": SOLD["basket"]["lines"] * 2}}, "$.basket.lines[1].line_id"),
        ({"tariff": {"currency": "?"}}, "$.tariff.currency"),
        ({"moment": SOLD["moment"] | {"minute_of_day": 1440}}, "$.moment.minute_of_day"),
    ],
)
def test_a_wrong_place_in_it_is_named(change: dict[str, Any], path: str) -> None:
    with pytest.raises(DocumentError) as caught:
        decode_sold(json.dumps(SOLD | change).encode())
    assert caught.value.path == path


def test_goods_named_in_many_campaigns_are_kept_in_memory_once() -> None:
    """Ten thousand campaigns name the same few thousand articles half a million times."""
    one, other = (decode_campaign(encode_campaign(EVERYTHING)) for _ in range(2))
    pairs = [
        pair
        for mine, theirs in zip(one.offers, other.offers, strict=True)
        for kind in ("products", "categories", "exclude_products", "exclude_categories")
        for pair in zip(getattr(mine.target, kind), getattr(theirs.target, kind), strict=True)
    ]
    assert pairs
    assert all(mine is theirs for mine, theirs in pairs)
