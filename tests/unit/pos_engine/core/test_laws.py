"""The laws of the rule core on random shops and baskets; hypothesis prints how to repeat a failure."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.campaign import Campaign
from pos_engine.core.outcome import Outcome
from pos_engine.core.reasons import REASON_PARAMS
from pos_engine.core.usage import OfferLeft, Usage
from pos_engine.wire.documents import decode_outcome, encode
from tests.support.pricing import baskets, campaigns, price

LAW = settings(max_examples=200, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
ALL_POLICIES = ("best", "best", "stack", "exclusive", "priority")
PHASES = ("line", "bundle", "basket", "coupon")


def totals(outcome: Outcome) -> tuple[object, ...]:
    return (
        outcome.total_due_minor,
        outcome.total_discount_minor,
        outcome.vat,
        tuple((a.offer_id, a.discount_minor, a.uses, a.redeemed_coupon_ids) for a in outcome.applied),
        outcome.reasons,
    )


def regrouped(basket: Basket, seed: int) -> Basket:
    """The same goods on other lines: equal units merged at random, in another order."""
    chance = random.Random(seed)
    units = [replace(row, quantity=1) for row in basket.lines for _ in range(row.quantity)]
    chance.shuffle(units)
    lines: list[BasketLine] = []
    for unit in units:
        twin = next(
            (
                n
                for n, row in enumerate(lines)
                if (row.product_id, row.unit_price_minor) == (unit.product_id, unit.unit_price_minor)
            ),
            None,
        )
        if twin is not None and chance.random() < 0.6:
            lines[twin] = replace(lines[twin], quantity=lines[twin].quantity + 1)
        else:
            lines.append(replace(unit, line_id=f"n{len(lines)}"))
    return replace(basket, lines=tuple(lines))


@LAW
@given(campaigns(4, ALL_POLICIES, PHASES), baskets(7), st.integers(0, 2**32))
def test_splitting_merging_and_order_of_lines_change_no_total(
    shop: tuple[Campaign, ...], basket: Basket, seed: int
) -> None:
    note(f"seed {seed}")
    assert totals(price(shop, basket)) == totals(price(shop, regrouped(basket, seed)))


@LAW
@given(campaigns(4, ("best", "stack"), PHASES, size_min=2), baskets(5))
def test_one_more_campaign_never_raises_the_price(shop: tuple[Campaign, ...], basket: Basket) -> None:
    fewer, more = price(shop[:-1], basket), price(shop, basket)
    note(f"{fewer.certificate} {more.certificate}")
    assert more.total_due_minor <= fewer.total_due_minor + more.certificate.gap_minor


@LAW
@given(campaigns(5, ALL_POLICIES, PHASES), baskets(8))
def test_the_parts_sum_to_the_whole(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome = price(shop, basket)
    assert outcome.total_value_minor == sum(row.value_minor for row in outcome.lines)
    for whole in (outcome.lines, outcome.vat):
        assert sum(part.discount_minor for part in whole) == outcome.total_discount_minor
        assert sum(part.due_minor for part in whole) == outcome.total_due_minor
    assert sum(share.amount_minor for share in outcome.shares) == outcome.total_discount_minor
    assert sum(offer.discount_minor for offer in outcome.applied) == outcome.total_discount_minor
    for row in outcome.lines:
        mine = [share for share in outcome.shares if share.line_id == row.line_id]
        assert sum(share.amount_minor for share in mine) == row.discount_minor
    for rate in outcome.vat:
        assert sum(s.amount_minor for s in outcome.shares if s.vat_bp == rate.vat_bp) == rate.discount_minor


@LAW
@given(campaigns(5, ALL_POLICIES, PHASES), baskets(8))
def test_no_unit_goes_below_zero_or_below_a_floor(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome = price(shop, basket)
    costs = {(row.line_id, n): row.unit_price_minor for row in basket.lines for n in range(row.quantity)}
    floors = {o.offer_id: o.limits.unit_price_floor_minor for campaign in shop for o in campaign.offers}
    left = dict(costs)
    order = ("line", "bundle", "basket", "coupon", "points")
    policies = {o.offer_id: o.policy for campaign in shop for o in campaign.offers}
    for phase in order:
        consumed: dict[tuple[str, int], list[str]] = {}
        for share in (s for s in outcome.shares if s.phase == phase):
            unit = (share.line_id, share.unit_index)
            left[unit] -= share.amount_minor
            consumed.setdefault(unit, []).append(policies[share.offer_id])
            assert share.amount_minor > 0
        for policy_list in consumed.values():
            assert len(policy_list) == 1 or set(policy_list) == {"stack"}
        for share in (s for s in outcome.shares if s.phase == phase):
            assert left[(share.line_id, share.unit_index)] >= 0
            if policies[share.offer_id] != "stack":
                assert left[(share.line_id, share.unit_index)] >= floors[share.offer_id]


@LAW
@given(campaigns(3, ALL_POLICIES, PHASES), baskets(6), st.integers(0, 3), st.integers(0, 120))
def test_limits_hold_inside_one_basket(shop: tuple[Campaign, ...], basket: Basket, uses: int, budget: int) -> None:
    usage = Usage({f"o{n}": OfferLeft(member_uses=uses, budget_minor=budget) for n in range(3)})
    outcome = price(shop, basket, usage=usage)
    limits = {o.offer_id: o.limits for campaign in shop for o in campaign.offers}
    for applied in outcome.applied:
        own = limits[applied.offer_id]
        assert applied.uses <= min(uses, own.uses_per_receipt if own.uses_per_receipt is not None else uses)
        assert applied.discount_minor <= budget
        assert own.discount_max_minor is None or applied.discount_minor <= own.discount_max_minor


@LAW
@given(campaigns(4, ALL_POLICIES, PHASES), baskets(6))
def test_same_inputs_same_bytes_in_any_order_of_campaigns(shop: tuple[Campaign, ...], basket: Basket) -> None:
    first = encode(price(shop, basket))
    assert first == encode(price(shop, basket))
    assert first == encode(price(tuple(reversed(shop)), basket))
    assert encode(decode_outcome(first)) == first


@LAW
@given(campaigns(5, ALL_POLICIES, PHASES), baskets(5))
def test_every_offer_has_one_reason_with_its_parameters(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome = price(shop, basket)
    assert sorted(reason.offer_id for reason in outcome.reasons) == sorted(o.offer_id for c in shop for o in c.offers)
    applied = {offer.offer_id for offer in outcome.applied}
    for reason in outcome.reasons:
        assert sorted(reason.params) == sorted(REASON_PARAMS[reason.code])
        assert (reason.code in ("applied", "coupon_earned")) == (reason.offer_id in applied)


@LAW
@given(campaigns(4, ALL_POLICIES, PHASES), baskets(5))
def test_a_coupon_serves_one_campaign_and_only_for_money(shop: tuple[Campaign, ...], basket: Basket) -> None:
    outcome = price(shop, basket)
    owners: dict[str, str] = {}
    for applied in outcome.applied:
        for coupon_id in applied.redeemed_coupon_ids:
            assert owners.setdefault(coupon_id, applied.campaign_id) == applied.campaign_id
            assert applied.discount_minor > 0


@LAW
@given(campaigns(4, ALL_POLICIES, PHASES), baskets(4))
def test_negative_lines_neither_trigger_nor_receive(shop: tuple[Campaign, ...], basket: Basket) -> None:
    back = BasketLine("back", "a", -250, categories=("food", "bread"), vat_bp=700)
    with_return = price(shop, replace(basket, lines=(*basket.lines, back)))
    alone = price(shop, basket)
    assert with_return.total_discount_minor == alone.total_discount_minor
    assert with_return.total_due_minor == alone.total_due_minor - 250
    assert all(share.line_id != "back" for share in with_return.shares)
