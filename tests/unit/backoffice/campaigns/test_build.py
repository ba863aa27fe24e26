"""From the form to rules that the core understands and tills accept."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from backoffice.campaigns.build import build_campaign, last_day, series_id
from backoffice.campaigns.form import CampaignForm, Kind, Step, load_form
from backoffice.campaigns.presets import PRESETS, form_of_preset
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.birthday import Birthday
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.date_range import DateRange
from pos_engine.core.conditions.days_since_visit import DaysSinceVisit
from pos_engine.core.conditions.group import Group
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.nth_visit import NthVisit
from pos_engine.core.conditions.store import Store
from pos_engine.core.conditions.tier import Tier
from pos_engine.core.conditions.time_windows import TimeWindow, TimeWindows
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.points_multiplier import PointsMultiplier
from pos_engine.core.rewards.spend_ladder import LadderStep, SpendLadder
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.wire.campaigns import decode_campaign, encode_campaign

TODAY = date(2026, 11, 23)
BASE = CampaignForm(name="X", starts_on=TODAY, ends_on=date(2026, 12, 24), percent_bp=1000)
STEPS = (Step(from_minor=5000, amount_minor=500), Step(from_minor=10_000, amount_minor=1200))


def conditions(form: CampaignForm) -> tuple[object, ...]:
    condition = build_campaign(form, "c", 1).offers[0].condition
    assert isinstance(condition, AllOf)
    return condition.conditions


def test_each_field_becomes_its_condition() -> None:
    form = msgspec.structs.replace(
        BASE,
        weekdays=(0, 4),
        from_minute=840,
        until_minute=1020,
        store_ids=("s1",),
        who="groups",
        group_ids=("regulars",),
        minimum_spend_minor=5000,
        minimum_on_targets=True,
        categories=("bread",),
    )
    assert conditions(form) == (
        Weekdays((0, 4)),
        TimeWindows((TimeWindow(840, 1020),)),
        Store(("s1",)),
        Group(("regulars",)),
        MinimumSpend(5000, Selector(categories=("bread",))),
    )
    assert conditions(BASE) == ()


def test_moments_of_a_member_become_conditions() -> None:
    form = msgspec.structs.replace(
        BASE,
        who="tiers",
        tier_ids=("gold",),
        birthday=True,
        birthday_before=3,
        birthday_after=4,
        visit_number=10,
        visit_repeats=True,
        away_days=30,
    )
    assert conditions(form) == (Tier(("gold",)), Birthday(3, 4), NthVisit(10, True), DaysSinceVisit(30))


def test_half_a_time_window_reaches_to_midnight() -> None:
    assert conditions(msgspec.structs.replace(BASE, from_minute=1080)) == (TimeWindows((TimeWindow(1080, 1440),)),)
    assert conditions(msgspec.structs.replace(BASE, until_minute=600)) == (TimeWindows((TimeWindow(0, 600),)),)


@pytest.mark.parametrize(
    ("changes", "reward", "phase"),
    [
        ({"percent_bp": 770}, Percent(770), "line"),
        ({"reward": "amount", "amount_minor": 500}, Amount(500, "offer"), "basket"),
        ({"reward": "amount", "amount_minor": 50, "amount_each": True}, Amount(50, "unit"), "line"),
        ({"reward": "amount", "amount_minor": 50, "categories": ("bread",)}, Amount(50, "offer"), "line"),
        ({"reward": "free", "free_products": ("a", "b"), "free_quantity": 2}, FreeProduct(("a", "b"), 2), "line"),
        ({"kind": "coupon"}, Percent(1000), "coupon"),
        ({"reward": "multi_buy"}, MultiBuy(3), "bundle"),
        (
            {"reward": "multi_buy", "buy_every": 2, "buy_percent_bp": 5000, "buy_choice": "cheapest"},
            MultiBuy(2, 1, 5000, grouping="basket"),
            "bundle",
        ),
        ({"reward": "bundle_price", "bundle_count": 3, "bundle_price_minor": 500}, AnyForPrice(3, 500), "bundle"),
        (
            {"reward": "ladder", "steps": STEPS},
            SpendLadder((LadderStep(5000, 500), LadderStep(10_000, 1200))),
            "basket",
        ),
        (
            {"reward": "ladder", "steps": STEPS, "steps_repeat": True},
            SpendLadder((LadderStep(5000, 500), LadderStep(10_000, 1200, each_minor=10_000))),
            "basket",
        ),
        ({"reward": "ladder", "steps": STEPS[:1], "kind": "coupon"}, SpendLadder((LadderStep(5000, 500),)), "coupon"),
        ({"reward": "points_times", "points_factor_bp": 30_000}, PointsMultiplier(30_000), "points"),
        ({"reward": "points_extra", "points_extra": 50}, Points(50), "points"),
    ],
)
def test_v3_rewards(changes: dict[str, object], reward: object, phase: str) -> None:
    offer = build_campaign(msgspec.structs.replace(BASE, **changes), "c", 1).offers[0]
    assert (offer.reward, offer.phase) == (reward, phase)


def test_labour_is_touched_only_when_the_form_says_so() -> None:
    assert build_campaign(BASE, "c", 1).offers[0].target.line_kinds == ("goods", "price_fixed")
    with_labour = msgspec.structs.replace(BASE, with_services=True)
    assert "service" in build_campaign(with_labour, "c", 1).offers[0].target.line_kinds


def test_v2_a_member_coupon_needs_the_coupon_that_the_card_holds() -> None:
    form = msgspec.structs.replace(BASE, kind="coupon", audience_groups=("regulars",))
    assert conditions(form)[0] == CouponHeld(series_id("c"))


def test_v10_a_next_visit_coupon_is_earned_in_its_days_and_outlives_them() -> None:
    form = msgspec.structs.replace(
        BASE,
        kind="next_visit",
        reward="amount",
        amount_minor=200,
        minimum_spend_minor=2000,
        valid_from_days=2,
        valid_for_days=10,
        weekdays=(0,),
    )
    campaign = build_campaign(form, "c", 3)
    earn, later = campaign.offers
    assert isinstance(earn.condition, AllOf)
    assert isinstance(later.condition, AllOf)
    assert earn.condition.conditions[:2] == (DateRange(TODAY, date(2026, 12, 24)), Weekdays((0,)))
    assert earn.reward == CouponLater("c-c", "X", 2, 10, "paper")
    assert later.condition.conditions == (CouponPresented("c-c"),)
    assert later.reward == Amount(200, "offer")
    assert campaign.ends_on == last_day(form) == date(2027, 1, 5)


def test_a_voucher_for_each_full_amount_is_a_coupon_of_its_own_and_they_go_together() -> None:
    form = msgspec.structs.replace(
        BASE,
        kind="next_visit",
        reward="amount",
        amount_minor=2000,
        minimum_spend_minor=10_000,
        coupons_per_receipt=3,
        coupon_medium="card",
    )
    offers = build_campaign(form, "c", 1).offers
    assert [offer.offer_id for offer in offers] == ["c-1", "c-1-2", "c-1-3", "c-2", "c-2-2", "c-2-3"]
    earned = [offer.condition.conditions[-1] for offer in offers[:3] if isinstance(offer.condition, AllOf)]
    assert [each.amount_minor for each in earned if isinstance(each, MinimumSpend)] == [10_000, 20_000, 30_000]
    held = [offer.condition for offer in offers[3:]]
    assert held == [AllOf((CouponHeld(series_id("c", number)),)) for number in (1, 2, 3)]
    assert {offer.policy for offer in offers[3:]} == {"stack"}
    only_honoured = build_campaign(form, "c", 2, earning=False).offers
    assert [offer.offer_id for offer in only_honoured] == ["c-2", "c-2-2", "c-2-3"]


@pytest.mark.parametrize("coupons", [1, 2, 5])
@pytest.mark.parametrize("kind", ["offer", "coupon", "next_visit", "codes"])
def test_the_budget_in_all_is_what_the_offers_may_give_together(kind: Kind, coupons: int) -> None:
    form = msgspec.structs.replace(
        BASE,
        kind=kind,
        reward="amount",
        amount_minor=2000,
        minimum_spend_minor=10_000,
        coupons_per_receipt=coupons,
        budget_minor=30_000,
    )
    offers = build_campaign(form, "c", 1).offers
    assert form.budget_in_all_minor == sum(offer.limits.budget_minor or 0 for offer in offers)
    assert msgspec.structs.replace(form, budget_minor=None).budget_in_all_minor is None


@pytest.mark.parametrize(
    ("changes", "reward", "target"),
    [
        (
            {"reward": "free"},
            Percent(10_000, units_max=1, order="dearest"),
            Selector(categories=("coffee",), line_kinds=("goods", "price_fixed")),
        ),
        ({"reward": "amount", "amount_minor": 300}, Amount(300, "offer"), Selector()),
    ],
)
def test_a_full_stamp_card_gives_one_of_its_goods_or_an_amount(
    changes: dict[str, object], reward: object, target: Selector
) -> None:
    form = msgspec.structs.replace(BASE, kind="stamps", stamp_card="Coffee", categories=("coffee",), **changes)
    campaign = build_campaign(form, "c", 1)
    stamps, full = campaign.offers
    assert (stamps.reward, stamps.phase) == (Stamps("Coffee", 1, "unit"), "points")
    assert stamps.target.categories == ("coffee",)
    assert (full.condition, full.reward) == (AllOf((CouponHeld("c-c"),)), reward)
    assert full.target == target
    assert campaign.ends_on == form.ends_on + timedelta(days=form.valid_for_days)


@pytest.mark.parametrize("preset", [preset.code for preset in PRESETS])
def test_every_preset_becomes_a_campaign_that_tills_accept(preset: str) -> None:
    form = form_of_preset(preset, TODAY)
    assert form is not None
    filled = msgspec.structs.replace(
        form, name="X", free_products=("1",), group_ids=("g",), tier_ids=("gold",), stamp_card="Coffee"
    )
    assert load_form(filled.dumps()) == filled
    campaign = build_campaign(filled, "c", 1)
    assert decode_campaign(encode_campaign(campaign)) == campaign


def test_the_same_form_gives_the_same_bytes() -> None:
    assert encode_campaign(build_campaign(BASE, "c", 1)) == encode_campaign(build_campaign(BASE, "c", 1))
    assert encode_campaign(build_campaign(BASE, "c", 1)) != encode_campaign(build_campaign(BASE, "c", 2))
