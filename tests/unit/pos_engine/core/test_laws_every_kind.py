"""Laws 1 to 9 of the rule core over shops in which every kind of condition and reward occurs."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, BasketLine, PresentedCoupon
from pos_engine.core.campaign import PHASES, Campaign, Offer, Reward
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.member import Member
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Limits, PeriodLimit, Selector
from pos_engine.core.outcome import PROGRAMME, AppliedOffer, Outcome
from pos_engine.core.registry import CONDITIONS as ALL_CONDITIONS
from pos_engine.core.registry import REWARDS as ALL_REWARDS
from pos_engine.core.registry import kind_of
from pos_engine.core.repricing import Sold
from pos_engine.core.returns import Return, ReturnedLine, ReturnRefusedError, UnitPlace, undo
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.rewards.message import Message
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.slot_bundle import SlotBundle
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.core.usage import OfferLeft, Usage
from pos_engine.wire.campaigns import decode_campaign, encode_campaign
from pos_engine.wire.documents import decode_outcome, encode
from tests.support.every_kind import ANY_REWARD, CONDITIONS, MEMBERS, REPEATING, REWARDS, TIGHT, baskets, shops, usages
from tests.support.pricing import ALWAYS, MOMENT, TARIFF, campaign_of, line, price, slots

LAW = settings(max_examples=120, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
EFFORT = 4_000
"""Enough for nearly every proof at this size, and little enough that the certificates with a gap occur too."""

EARNING = campaign_of(
    Offer("points", "a point for 7 cents", ALWAYS, Points(1, 7), phase="points"),
    Offer("stamps", "a stamp a unit", ALWAYS, Stamps("s", 1, "unit"), phase="points"),
    campaign_id="earning",
)


def priced(shop: tuple[Campaign, ...], basket: Basket, member: Member | None, usage: Usage | None = None) -> Outcome:
    return price(shop, basket, member, usage, EFFORT)


def test_the_generator_knows_every_kind() -> None:
    assert set(CONDITIONS) == set(ALL_CONDITIONS)
    assert set(REWARDS) == set(ALL_REWARDS)


@pytest.mark.parametrize("kind", sorted({*CONDITIONS, *REWARDS}))
def test_each_strategy_makes_its_kind_and_the_wire_takes_it(kind: str) -> None:
    table: dict[str, Any] = {**CONDITIONS, **REWARDS}

    @settings(max_examples=5, deadline=None)
    @given(table[kind], shops(1))
    def check(made: Any, shop: tuple[Campaign, ...]) -> None:
        assert kind_of(type(made)) == kind
        offer = shop[0].offers[0]
        offer = replace(offer, condition=made) if kind in CONDITIONS else replace(offer, reward=made)
        campaign = replace(shop[0], offers=(offer,))
        assert decode_campaign(encode_campaign(campaign)) == campaign

    check()


def regrouped(basket: Basket, chance: random.Random) -> Basket:
    """The same goods on other lines: equal units merged at random, in another order."""
    units = [replace(row, quantity=1) for row in basket.lines for _ in range(row.quantity)]
    chance.shuffle(units)
    lines: list[BasketLine] = []
    for unit in units:
        alike = [n for n, row in enumerate(lines) if replace(row, line_id="", quantity=1) == replace(unit, line_id="")]
        if alike and chance.random() < 0.6:
            lines[alike[0]] = replace(lines[alike[0]], quantity=lines[alike[0]].quantity + 1)
        else:
            lines.append(replace(unit, line_id=f"n{len(lines)}"))
    return replace(basket, lines=tuple(lines))


def totals(outcome: Outcome) -> tuple[object, ...]:
    return (
        outcome.total_due_minor,
        outcome.vat,
        outcome.applied,
        outcome.reasons,
        [(grant.offer_id, grant.points) for grant in outcome.points],
        [(grant.offer_id, grant.stamps) for grant in outcome.stamps],
        outcome.messages,
        outcome.coupon_grants,
        outcome.certificate,
    )


@LAW
@given(shops(4), baskets(6), MEMBERS, usages(4), st.integers(0, 2**32))
def test_law_1_lines_and_their_order_change_no_total(
    shop: tuple[Campaign, ...], basket: Basket, member: Member | None, usage: Usage, seed: int
) -> None:
    note(f"seed {seed}")
    other = regrouped(basket, random.Random(seed))
    assert totals(priced(shop, basket, member, usage)) == totals(priced(shop, other, member, usage))


@pytest.mark.parametrize("order", ["cheapest", "dearest"])
def test_law_1_between_equal_prices_the_goods_decide_and_not_the_order_of_scanning(order: str) -> None:
    """Bread at 7 % and beer at 19 % cost the same: which one is free must not depend on which was scanned first."""
    offer = Offer("o", "one free", ALWAYS, Percent(10_000, 1, order))  # type: ignore[arg-type]
    lines = (line("1", "a", 300), line("2", "c", 300))
    first, second = (price((campaign_of(offer),), Basket(some)) for some in (lines, lines[::-1]))
    assert first.vat == second.vat
    assert first.vat[0].discount_minor + first.vat[1].discount_minor == 300


def test_law_2_a_threshold_of_a_later_phase_is_not_lost_silently() -> None:
    """5.00 off from 20.00 of what is to be paid; then 10 % off in an earlier phase comes into the shop."""
    later = Offer("later", "5 off", MinimumSpend(2000, measured="after"), Amount(500), phase="basket")
    new = Offer("new", "10 %", ALWAYS, Percent(1000))
    shop = (campaign_of(later), campaign_of(new, campaign_id="c2"))
    goods = Basket((line("1", "a", 2100),))
    assert [price(shop[:size], goods).total_due_minor for size in (1, 2)] == [1600, 1600]


def test_law_2_speaks_of_prices_as_the_shop_writes_them() -> None:
    """Without tax 1.01 off both is better than 1.00 off what has the higher rate, though the tax is 0.06 more then."""
    drinks = Offer("drinks", "10 %", ALWAYS, Percent(1000), Selector(products=("c",)))
    both = Offer("both", "both for 18.99", ALWAYS, SlotBundle(slots("b", "c"), 1899))
    shop = (campaign_of(drinks), campaign_of(both, campaign_id="c2"))
    goods = Basket((line("1", "b", 1000), line("2", "c", 1000)))
    fewer, more = (price(shop[:size], goods, tariff=Tariff("EUR", prices_include_tax=False)) for size in (1, 2))
    assert [fewer.total_discount_minor, more.total_discount_minor] == [100, 101]
    assert [sum(rate.tax_minor for rate in outcome.vat) for outcome in (fewer, more)] == [241, 247]


@pytest.mark.parametrize("reward", [Message("Hello"), Stamps("s"), CouponLater("later", "Later")])
def test_law_2_what_takes_nothing_off_uses_up_no_coupon_that_saves_money(reward: Reward) -> None:
    saves = Offer("saves", "5 off", CouponPresented("s"), Amount(500), phase="coupon")
    gives = Offer("gives", "something else", CouponPresented("s"), reward, phase="line")
    shop = (campaign_of(saves), campaign_of(gives, campaign_id="c2"))
    goods = Basket((line("1", "a", 1000),), presented_coupons=(PresentedCoupon("k", "s"),))
    assert [price(shop[:size], goods, Member("m")).total_due_minor for size in (1, 2)] == [500, 500]


@LAW
@given(shops(4, ("best", "stack"), size_min=2), baskets(5), MEMBERS)
def test_law_2_one_more_campaign_never_raises_the_price(
    shop: tuple[Campaign, ...], basket: Basket, member: Member | None
) -> None:
    fewer, more = priced(shop[:-1], basket, member), priced(shop, basket, member)
    note(f"{fewer.certificate} {more.certificate}")
    assert more.total_due_minor <= fewer.total_due_minor + more.certificate.gap_minor


@LAW
@given(shops(5), baskets(6), MEMBERS)
def test_law_3_nothing_below_zero_or_below_its_floor(
    shop: tuple[Campaign, ...], basket: Basket, member: Member | None
) -> None:
    outcome = priced(shop, basket, member)
    left = {(row.line_id, n): row.unit_price_minor for row in basket.lines for n in range(row.quantity)}
    offers = {offer.offer_id: offer for campaign in shop for offer in campaign.offers}
    lowest = {row.line_id: row.unit_price_floor_minor for row in basket.lines}
    touchable = {row.line_id: row.line_kind in ("goods", "service") for row in basket.lines}
    for phase in PHASES:
        mine = [share for share in outcome.shares if share.phase == phase]
        for share in mine:
            left[share.line_id, share.unit_index] -= share.amount_minor
        for share in mine:
            cost = left[share.line_id, share.unit_index]
            assert cost >= lowest[share.line_id]
            assert share.amount_minor == 0 or touchable[share.line_id]
            offer = offers.get(share.offer_id)
            if offer is not None and offer.policy != "stack" and share.amount_minor:
                assert cost + _points(outcome, share.line_id, share.unit_index) >= offer.limits.unit_price_floor_minor
    assert all(0 <= rate.discount_minor <= rate.value_minor for rate in outcome.vat)


def _points(outcome: Outcome, line_id: str, index: int) -> int:
    """What points took off a unit after all offers."""
    rows = [s for s in outcome.shares if s.campaign_id == PROGRAMME]
    return sum(s.amount_minor for s in rows if (s.line_id, s.unit_index) == (line_id, index))


@LAW
@given(shops(5), baskets(6), MEMBERS)
def test_law_4_the_parts_sum_to_the_whole(shop: tuple[Campaign, ...], basket: Basket, member: Member | None) -> None:
    outcome = priced(shop, basket, member)
    by_points = 0 if outcome.points_spent is None else outcome.points_spent.amount_minor
    for part in (outcome.lines, outcome.vat):
        assert sum(one.value_minor for one in part) == outcome.total_value_minor
        assert sum(one.discount_minor for one in part) == outcome.total_discount_minor
        assert sum(one.due_minor for one in part) == outcome.total_due_minor
    assert sum(share.amount_minor for share in outcome.shares) == outcome.total_discount_minor
    assert sum(applied.discount_minor for applied in outcome.applied) + by_points == outcome.total_discount_minor
    for row in outcome.lines:
        assert sum(s.amount_minor for s in outcome.shares if s.line_id == row.line_id) == row.discount_minor
    for applied in outcome.applied:
        assert sum(s.amount_minor for s in outcome.shares if s.offer_id == applied.offer_id) == applied.discount_minor
    for grant in outcome.points:
        assert sum(share.points for share in grant.shares) == grant.points


@LAW
@given(shops(4), baskets(6), MEMBERS, st.integers(0, 2**32))
def test_law_5_everything_comes_back_exactly_and_only_once(
    shop: tuple[Campaign, ...], basket: Basket, member: Member | None, seed: int
) -> None:
    note(f"seed {seed}")
    shop = (*shop, EARNING)
    outcome = priced(shop, basket, member)
    sold = Sold(shop, basket, MOMENT, TARIFF, member)
    rest = [row.line_id for row in basket.lines]
    chance = random.Random(seed)
    chance.shuffle(rest)
    earlier: tuple[UnitPlace, ...] = ()
    due = points = stamps = back = 0
    while rest:
        size = chance.randint(1, len(rest))
        step, rest = rest[:size], rest[size:]
        reversal = undo(outcome, Return(tuple(ReturnedLine(one) for one in step), earlier, earlier_due_minor=due), sold)
        assert reversal.refund_minor >= 0
        earlier += reversal.units
        due += reversal.refund_minor
        points += reversal.points_taken
        stamps += sum(grant.stamps for grant in reversal.stamps)
        back += 0 if reversal.points_back is None else reversal.points_back.points
    assert due == outcome.total_due_minor
    assert points == sum(grant.points for grant in outcome.points)
    assert stamps == sum(grant.stamps for grant in outcome.stamps)
    assert back == (0 if outcome.points_spent is None else outcome.points_spent.points)
    with pytest.raises(ReturnRefusedError):
        undo(outcome, Return((ReturnedLine(basket.lines[0].line_id),), earlier, earlier_due_minor=due), sold)


@LAW
@given(shops(5), baskets(6), MEMBERS)
def test_law_6_a_unit_is_consumed_once_a_phase_and_never_bought_and_free(
    shop: tuple[Campaign, ...], basket: Basket, member: Member | None
) -> None:
    outcome = priced(shop, basket, member)
    policies = {offer.offer_id: offer.policy for campaign in shop for offer in campaign.offers}
    consumed: dict[tuple[str, str, int], list[str]] = {}
    for share in outcome.shares:
        if share.campaign_id != PROGRAMME:
            consumed.setdefault((share.phase, share.line_id, share.unit_index), []).append(share.offer_id)
    for offer_ids in consumed.values():
        assert len(set(offer_ids)) == len(offer_ids)
        assert len(offer_ids) == 1 or {policies[offer_id] for offer_id in offer_ids} == {"stack"}


def test_law_7_two_receipts_share_one_budget() -> None:
    offer = Offer("o", "10 %, 1.50 in all", ALWAYS, Percent(1000), limits=Limits(budget_minor=150))
    basket = Basket((line("1", "a", 1000),))
    first = price((campaign_of(offer),), basket)
    left = Usage({"o": _left(offer.limits, 1, first.total_discount_minor)})
    second = price((campaign_of(offer),), basket, usage=left)
    assert [first.total_discount_minor, second.total_discount_minor] == [100, 50]


@LAW
@given(shops(3, limits=TIGHT, rewards=ANY_REWARD | REPEATING), st.lists(baskets(6), min_size=1, max_size=3), MEMBERS)
def test_law_7_a_limit_holds_inside_one_basket_and_across_baskets(
    shop: tuple[Campaign, ...], queue: list[Basket], member: Member | None
) -> None:
    offers = {offer.offer_id: offer for campaign in shop for offer in campaign.offers}
    used = dict.fromkeys(offers, 0)
    spent = dict.fromkeys(offers, 0)
    for basket in queue:
        left = {offer_id: _left(offers[offer_id].limits, used[offer_id], spent[offer_id]) for offer_id in offers}
        outcome = priced(shop, basket, member, Usage(left))
        for applied in outcome.applied:
            _count(applied, used, spent)
    for offer_id, offer in offers.items():
        limits = offer.limits
        ceilings = [limits.uses_per_member, limits.uses_total, *(limit.uses for limit in limits.per_period)]
        assert all(used[offer_id] <= ceiling for ceiling in ceilings if ceiling is not None)
        assert limits.budget_minor is None or spent[offer_id] <= limits.budget_minor


def _left(limits: Limits, uses: int, spent_minor: int) -> OfferLeft:
    def minus(limit: int | None, by: int) -> int | None:
        return None if limit is None else limit - by

    return OfferLeft(
        minus(limits.uses_per_member, uses),
        minus(limits.uses_total, uses),
        minus(limits.budget_minor, spent_minor),
        tuple(PeriodLimit(one.uses - uses, one.period, one.counted) for one in limits.per_period),
    )


def _count(applied: AppliedOffer, used: dict[str, int], spent: dict[str, int]) -> None:
    used[applied.offer_id] += applied.uses
    spent[applied.offer_id] += applied.discount_minor


def leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]


@LAW
@given(shops(4), baskets(5), MEMBERS)
def test_law_8_weighed_goods_are_one_unit_and_no_number_is_a_float(
    shop: tuple[Campaign, ...], basket: Basket, member: Member | None
) -> None:
    outcome = priced(shop, basket, member)
    weighed = replace(basket, lines=tuple(replace(row, measure="1.234 kg") for row in basket.lines))
    assert priced(shop, weighed, member) == outcome
    assert all(not isinstance(leaf, float) for leaf in leaves(json.loads(encode(outcome))))


@LAW
@given(shops(4), baskets(6), MEMBERS, usages(4))
def test_law_9_same_inputs_same_bytes(
    shop: tuple[Campaign, ...], basket: Basket, member: Member | None, usage: Usage
) -> None:
    first = encode(priced(shop, basket, member, usage))
    assert first == encode(priced(shop, basket, member, usage))
    assert first == encode(priced(tuple(reversed(shop)), basket, member, usage))
    assert encode(decode_outcome(first)) == first
