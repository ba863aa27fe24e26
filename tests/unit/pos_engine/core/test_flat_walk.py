"""The walk over integers gives what the direct way gives, to the byte, or leaves the sale to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as given_by
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, BasketLine, LineKind, PointsSpending, PresentedCoupon
from pos_engine.core.campaign import Campaign, Condition, Offer, Reward
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.minimum_quantity import MinimumQuantity
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.not_one import NotOne
from pos_engine.core.conditions.time_windows import TimeWindow, TimeWindows
from pos_engine.core.evaluate import evaluate
from pos_engine.core.flat_sale import VALUE_MAX
from pos_engine.core.member import Member
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.rewards.message import Message
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.points_multiplier import PointsMultiplier
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from pos_engine.core.usage import OfferLeft, Usage
from pos_engine.wire.documents import encode
from tests.support.pricing import ALWAYS, CATEGORIES, GROUPED, MOMENT, REWARDS, TARIFF, VAT, campaign_of, campaigns
from tests.support.searched import flat, straight

LAW = settings(max_examples=200, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
ANY_REWARD: st.SearchStrategy[Reward] = st.one_of(
    REWARDS,
    GROUPED,
    st.builds(
        Amount, st.sampled_from((30, 300)), st.sampled_from(("offer", "unit")), st.sampled_from((None, 1, 2)),
        st.sampled_from(("cheapest", "dearest")),
    ),
    st.builds(PercentOfShelf, st.sampled_from((1000, 3333)), st.sampled_from((None, 2))),
    st.builds(MultiBuy, st.integers(2, 4), st.just(1), st.sampled_from((5000, 10_000))),
)  # fmt: skip
KINDS: st.SearchStrategy[LineKind] = st.sampled_from(("goods",) * 12 + ("service", "deposit", "price_fixed"))
USAGES = st.one_of(
    st.just(Usage()),
    st.builds(
        lambda uses, budget: Usage({"o0": OfferLeft(member_uses=uses), "o1": OfferLeft(budget_minor=budget)}),
        st.integers(0, 2),
        st.integers(0, 90),
    ),
)
COUPONS = st.sampled_from(
    ((), (), (PresentedCoupon("k1", "s"),), (PresentedCoupon("k1", "s"), PresentedCoupon("k2", "s")))
)


def _line(number: int, product: str, price: int, quantity: int, kind: LineKind) -> BasketLine:
    return BasketLine(
        f"l{number}", product, price, quantity, vat_bp=VAT.get(product), categories=CATEGORIES[product], line_kind=kind
    )


LINES = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from((-5, 0, 1, 9, 99, 100, 100, 250, 333, 1000)), st.integers(0, 4), KINDS
    ),
    min_size=1,
    max_size=9,
)
BASKETS = st.builds(
    lambda lines, coupons: Basket(tuple(_line(n, *one) for n, one in enumerate(lines)), presented_coupons=coupons),
    LINES,
    COUPONS,
)


def same(ruleset: Ruleset, basket: Basket, member: Member | None = None, usage: Usage | None = None) -> bool:
    """Whether the sale is flat; then both ways must agree to the byte, and totals do before the rows are made."""
    walked = flat(ruleset, basket, member, usage or Usage())
    if walked is None:
        return False
    direct = straight(ruleset, basket, member, usage or Usage())
    assert direct is not None
    assert walked.total_discount_minor == direct.total_discount_minor
    assert encode(walked) == encode(direct)
    return True


def test_the_merchants_order_is_flat() -> None:
    ways: Counter[bool] = Counter()

    @LAW
    @given_by(campaigns(7, ("priority",), ("line", "line", "basket"), rewards=ANY_REWARD), BASKETS, USAGES)
    def law(shop: tuple[Campaign, ...], basket: Basket, usage: Usage) -> None:
        ways[same(compile_ruleset(shop, TARIFF), basket, usage=usage)] += 1

    law()
    assert ways[True] > 20, ways


def test_where_a_sale_is_flat_it_has_the_same_bytes() -> None:
    ways: Counter[bool] = Counter()

    @LAW
    @given_by(campaigns(4, ("priority", "priority", "best", "exclusive", "stack"), rewards=ANY_REWARD), BASKETS, USAGES)
    def law(shop: tuple[Campaign, ...], basket: Basket, usage: Usage) -> None:
        ways[same(compile_ruleset(shop, TARIFF), basket, usage=usage)] += 1

    law()
    assert ways[True] > 20, ways


def test_the_largest_sum_of_a_group_on_the_whole_basket() -> None:
    ways: Counter[bool] = Counter()

    @LAW
    @given_by(
        st.lists(
            st.tuples(
                st.sampled_from((100, 300, 500, 500, 5000)),
                st.sampled_from((0, 300, 900, 2000)),
                st.sampled_from(("before", "after")),
                st.sampled_from((Selector(), Selector(), Selector(categories=("food",)))),
            ),
            min_size=1,
            max_size=7,
        ),
        campaigns(3, ("priority",), ("line",)),
        BASKETS,
        USAGES,
    )
    def law(
        sums: list[tuple[int, int, str, Selector]], shop: tuple[Campaign, ...], basket: Basket, usage: Usage
    ) -> None:
        wide = [
            campaign_of(
                Offer(
                    f"w{number}",
                    "sum",
                    MinimumSpend(spend, what, "after" if measured == "after" else "before") if spend else ALWAYS,
                    Amount(amount),
                    phase="basket",
                    policy="exclusive",
                    exclusive_group="whole basket",
                ),
                campaign_id=f"w{number}",
            )
            for number, (amount, spend, measured, what) in enumerate(sums)
        ]
        ways[same(compile_ruleset((*shop, *wide), TARIFF), basket, usage=usage)] += 1

    law()
    assert ways[True] > 20, ways


GOODS = Basket(
    (
        _line(0, "b", 250, 2, "goods"),
        _line(1, "a", 100, 3, "goods"),
        _line(2, "c", 250, 1, "goods"),
        _line(3, "b", 250, 1, "goods"),
    )
)
FIRST = Offer("first", "first", ALWAYS, Percent(1000), Selector(products=("a",)), policy="priority", priority=9)


@pytest.mark.parametrize(
    ("offer", "discount_minor"),
    [
        (replace(FIRST, reward=Percent(1000), target=Selector()), 130),
        (replace(FIRST, reward=Percent(5000, 1, "dearest"), target=Selector()), 125),
        (replace(FIRST, reward=Amount(70, "unit"), limits=Limits(uses_per_receipt=2)), 140),
        (replace(FIRST, reward=MultiBuy(3), target=Selector()), 350),
        (replace(FIRST, reward=BuyGet(Selector(products=("b",)), Selector(products=("a",))), target=Selector()), 300),
        (replace(FIRST, reward=Percent(5000), limits=Limits(discount_max_minor=40)), 40),
        (replace(FIRST, reward=Percent(5000), limits=Limits(unit_price_floor_minor=80)), 60),
        (replace(FIRST, condition=MinimumQuantity(3, Selector(products=("a",)))), 30),
        (replace(FIRST, condition=MinimumQuantity(4, Selector(products=("a",)))), 0),
        (replace(FIRST, condition=AllOf((CouponPresented("s"), NotOne(CouponPresented("t"))))), 0),
        (replace(FIRST, condition=TimeWindows((TimeWindow(22 * 60, 11 * 60),))), 30),
    ],
)  # fmt: skip
def test_what_shapes_take_off(offer: Offer, discount_minor: int) -> None:
    ruleset = compile_ruleset((campaign_of(offer),), TARIFF)
    outcome = flat(ruleset, GOODS)
    assert outcome is not None
    assert outcome.total_discount_minor == discount_minor
    assert same(ruleset, GOODS)


def test_an_offer_that_names_a_product_and_its_category_has_each_unit_once() -> None:
    ruleset = compile_ruleset((campaign_of(replace(FIRST, target=Selector(("a",), ("bread", "food")))),), TARIFF)
    assert same(ruleset, GOODS)
    outcome = flat(ruleset, GOODS)
    assert outcome is not None
    assert outcome.total_discount_minor == 105


@pytest.mark.parametrize(
    "basket",
    [
        replace(GOODS, declined_offer_ids=("first",)),
        replace(GOODS, points_spending=PointsSpending(100, 100, 100)),
        replace(GOODS, lines=(replace(GOODS.lines[1], unit_price_floor_minor=1),)),
        replace(GOODS, lines=(replace(GOODS.lines[1], unit_price_minor=VALUE_MAX),)),
        replace(GOODS, lines=(replace(GOODS.lines[1], quantity=2_000_000),)),
    ],
)
def test_what_is_left_to_the_direct_way(basket: Basket) -> None:
    assert flat(compile_ruleset((campaign_of(FIRST),), TARIFF), basket) is None


def test_goods_at_the_registers_own_price_get_nothing() -> None:
    assert same(compile_ruleset((campaign_of(FIRST),), TARIFF), replace(GOODS, at_register_price=True))


def beside_money(number: int, reward: Reward, condition: Condition, target: Selector) -> Campaign:
    return campaign_of(Offer(f"g{number}", "beside", condition, reward, target), campaign_id=f"g{number}")


def test_what_is_given_beside_money_waits_for_whoever_looks() -> None:
    ways: Counter[bool] = Counter()
    given = 0
    grants = st.lists(
        st.tuples(
            st.sampled_from(
                (
                    Points(1, 100), Points(5, points_max=3), Points(2, 30, mode="half_up"), PointsMultiplier(20_000),
                    Stamps("coffee"), Stamps("bread", per="unit"), Message("hello"), CouponLater("s", "later"),
                )
            ),
            st.sampled_from(
                (
                    ALWAYS, ALWAYS, MinimumSpend(500), MinimumSpend(500, measured="before"), CouponPresented("s"),
                    MinimumQuantity(3, Selector(categories=("food",))),
                )
            ),
            st.sampled_from((Selector(), Selector(("a",)), Selector(("c",), ("food",)))),
        ),
        min_size=1,
        max_size=4,
    )  # fmt: skip

    @LAW
    @given_by(campaigns(4, ("priority",), ("line", "basket", "points"), rewards=ANY_REWARD), grants, BASKETS, USAGES)
    def law(
        shop: tuple[Campaign, ...],
        beside: list[tuple[Reward, Condition, Selector]],
        basket: Basket,
        usage: Usage,
    ) -> None:
        nonlocal given
        ruleset = compile_ruleset((*shop, *[beside_money(n, *one) for n, one in enumerate(beside)]), TARIFF)
        for member in (None, Member("m")):
            ways[same(ruleset, basket, member, usage)] += 1
        walked = flat(ruleset, basket, Member("m"), usage)
        given += walked is not None and bool(walked.points or walked.stamps or walked.coupon_grants)

    law()
    assert ways[True] > 20, ways
    assert given > 0  # nearly always some fifty; a run of like examples had sixteen


def test_points_cost_the_price_nothing() -> None:
    """The totals are there without the rows; whoever asks for the points has them and the rows."""
    shop = (campaign_of(FIRST), beside_money(0, Points(1, 100), ALWAYS, Selector()))
    outcome = flat(compile_ruleset(shop, TARIFF), GOODS, Member("m"))
    assert outcome is not None
    assert outcome.total_discount_minor == 30
    assert {"points", "shares"}.isdisjoint(outcome.__dict__)
    assert [grant.points for grant in outcome.points] == [12]
    assert "shares" in outcome.__dict__


def test_tax_on_top_and_reasons_are_not_flat_but_priced() -> None:
    """`evaluate` asks the walk only where it may answer; the totals are those of the direct way."""
    for tariff in (TARIFF, Tariff(prices_include_tax=False)):
        ruleset = compile_ruleset((campaign_of(FIRST),), tariff)
        short = evaluate(ruleset, GOODS, None, Usage(), MOMENT, explain=False)
        full = evaluate(ruleset, GOODS, None, Usage(), MOMENT)
        assert encode(replace(full, reasons=())) == encode(short)


@pytest.mark.slow
@pytest.mark.parametrize("size", [100, 1_000, 10_000])
def test_real_baskets_and_members(size: int) -> None:
    """The workload of the bench; what it is drawn from is in `tests/benchmarks/workload.py`."""
    from tests.benchmarks.campaigns import campaigns_of, visits_of  # noqa: PLC0415 - reads a year of receipts
    from tests.benchmarks.workload import SEED, load  # noqa: PLC0415

    workload = load()
    print(f"seed {SEED}")  # noqa: T201 - says how to repeat it
    ruleset = compile_ruleset(campaigns_of(workload.deals[size], "priority"), Tariff())
    ways: Counter[bool] = Counter()
    for visit in visits_of(workload)[::10]:
        walked = flat(ruleset, visit.basket, visit.member, Usage(), visit.moment)
        ways[walked is not None] += 1
        if walked is not None:
            direct = straight(ruleset, visit.basket, visit.member, Usage(), visit.moment)
            assert direct is not None
            assert encode(walked) == encode(direct)
    share = ways[True] / sum(ways.values())
    assert share > 0.99, ways
