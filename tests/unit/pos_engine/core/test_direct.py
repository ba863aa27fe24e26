"""The direct way gives what the search gives, to the byte, or leaves the sale to it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign, Offer, Reward
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.member import Member
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.rewards.message import Message
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import OfferLeft, Usage
from pos_engine.wire.documents import encode
from tests.support.pricing import ALWAYS, GROUPED, REWARDS, TARIFF, baskets, campaign_of, campaigns, line
from tests.support.searched import by_search, straight

LAW = settings(max_examples=300, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
FOOD = Selector(categories=("food",))
ANY_REWARD: st.SearchStrategy[Reward] = st.one_of(
    REWARDS,
    REWARDS,
    GROUPED,
    st.sampled_from((Points(1, 100), Message("hello"), CouponLater("later", "next time"), Stamps("card", 1, "unit"))),
)
USAGES = st.one_of(
    st.just(Usage()),
    st.builds(
        lambda uses, budget: Usage({"o0": OfferLeft(member_uses=uses), "o1": OfferLeft(budget_minor=budget)}),
        st.integers(0, 2),
        st.integers(0, 90),
    ),
)
MEMBERS = st.sampled_from((None, Member("m")))


def same(shop: tuple[Campaign, ...], basket: Basket, member: Member | None, usage: Usage, tariff: Tariff) -> bool:
    """Whether the direct way was open; then both must agree."""
    ruleset = compile_ruleset(shop, tariff)
    direct = straight(ruleset, basket, member, usage)
    if direct is not None:
        assert encode(direct) == encode(by_search(ruleset, basket, member, usage))
    return direct is not None


@LAW
@given(
    campaigns(7, ("priority",), ("line", "line", "basket"), rewards=ANY_REWARD),
    baskets(8),
    MEMBERS,
    USAGES,
    st.booleans(),
)
def test_the_merchants_order_needs_no_search(
    shop: tuple[Campaign, ...], basket: Basket, member: Member | None, usage: Usage, tax_inside: bool
) -> None:
    assert same(shop, basket, member, usage, replace(TARIFF, prices_include_tax=tax_inside))


@LAW
@given(
    campaigns(6, ("priority", "priority", "priority", "exclusive", "best", "stack"), rewards=ANY_REWARD),
    baskets(7),
    MEMBERS,
    USAGES,
    st.sampled_from((0, 40)),
)
def test_where_the_direct_way_is_open_it_gives_the_same_bytes(
    shop: tuple[Campaign, ...], basket: Basket, member: Member | None, usage: Usage, floor_minor: int
) -> None:
    lines = (replace(basket.lines[0], unit_price_floor_minor=floor_minor), *basket.lines[1:])
    declined = ("o2",) if floor_minor else ()
    basket = replace(basket, lines=lines, declined_offer_ids=declined)
    event("direct" if same(shop, basket, member, usage, TARIFF) else "searched")


@LAW
@given(
    st.lists(
        st.tuples(
            st.sampled_from((100, 300, 500, 500, 5000)),
            st.sampled_from((0, 300, 900, 2000)),
            st.sampled_from(("before", "after")),
        ),
        min_size=2,
        max_size=9,
    ),
    campaigns(3, ("priority",), ("line",)),
    baskets(8),
)
def test_the_largest_sum_of_a_group_on_the_whole_basket(
    sums: list[tuple[int, int, str]], shop: tuple[Campaign, ...], basket: Basket
) -> None:
    wide = [
        campaign_of(
            Offer(
                f"w{number}",
                "sum",
                MinimumSpend(spend, Selector(), "after" if measured == "after" else "before") if spend else ALWAYS,
                Amount(amount),
                phase="basket",
                policy="exclusive",
                exclusive_group="whole basket",
            ),
            campaign_id=f"w{number}",
        )
        for number, (amount, spend, measured) in enumerate(sums)
    ]
    assert same((*shop, *wide), basket, None, Usage(), TARIFF)


def test_who_comes_after_an_offer_that_takes_everything_is_not_even_asked() -> None:
    """The cheap unit rounds to nothing under 5 %, so the next offer has it; the dear one is gone."""
    first = Offer("first", "5 %", ALWAYS, Percent(500), Selector(products=("a",)), policy="priority", priority=9)
    second = Offer("second", "50 %", ALWAYS, Percent(5000), Selector(products=("a",)), policy="priority")
    for cost, discounts in ((9, {"second": 5}), (10, {"first": 1}), (1000, {"first": 50})):
        outcome = straight(compile_ruleset((campaign_of(first, second),), TARIFF), Basket((line("1", "a", cost),)))
        assert outcome is not None
        assert {applied.offer_id: applied.discount_minor for applied in outcome.applied} == discounts


def test_a_limit_that_is_spent_lets_the_next_offer_have_the_goods() -> None:
    first = Offer("first", "5 %", ALWAYS, Percent(500), policy="priority", priority=9, limits=Limits(uses_total=3))
    second = Offer("second", "50 %", ALWAYS, Percent(5000), policy="priority")
    ruleset = compile_ruleset((campaign_of(first, second),), TARIFF)
    basket = Basket((line("1", "a", 1000),))
    for left, discount in ((1, 50), (0, 500)):
        outcome = straight(ruleset, basket, usage=Usage({"first": OfferLeft(total_uses=left)}))
        assert outcome is not None
        assert outcome.total_discount_minor == discount


@LAW
@given(st.integers(0, 2**32))
def test_a_hundred_offers_in_one_shop(seed: int) -> None:
    """Many offers on few goods: long posting lists, many ties."""
    chance = random.Random(seed)
    shop = tuple(
        campaign_of(
            Offer(
                f"o{number:03}",
                f"offer {number}",
                chance.choice((ALWAYS, ALWAYS, MinimumSpend(chance.choice((300, 900)), FOOD))),
                chance.choice((Percent(chance.choice((100, 1000, 3333))), Amount(70), Amount(30, "unit"))),
                chance.choice((Selector(), Selector(categories=("food",)), Selector(("a",)), Selector(("b", "c")))),
                phase=chance.choice(("line", "line", "basket")),
                policy="priority",
                priority=chance.randint(0, 5),
                limits=chance.choice((Limits(), Limits(uses_per_receipt=1))),
            ),
            campaign_id=f"c{number:03}",
        )
        for number in range(100)
    )
    lines = tuple(
        line(str(n), chance.choice("abcd"), chance.choice((1, 9, 99, 250, 1000)), chance.randint(1, 3))
        for n in range(chance.randint(1, 12))
    )
    assert same(shop, Basket(lines), None, Usage(), TARIFF)


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
    for visit in visits_of(workload)[:: 40 if size > 1_000 else 10]:
        direct = straight(ruleset, visit.basket, visit.member, Usage(), visit.moment)
        ways[direct is not None] += 1
        if direct is not None:
            assert encode(direct) == encode(by_search(ruleset, visit.basket, visit.member, Usage(), visit.moment))
    share = ways[True] / sum(ways.values())
    assert share > 0.9, ways
