"""A gate may let through too much, never too little; what is of another day, place or person is kept out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos_engine.core.basket import Basket, PresentedCoupon
from pos_engine.core.campaign import Campaign, Condition, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.any_of import AnyOf
from pos_engine.core.conditions.birthday import Birthday
from pos_engine.core.conditions.card_technology import CardTechnology
from pos_engine.core.conditions.channel import Channel
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.date_range import DateRange
from pos_engine.core.conditions.days_since_visit import DaysSinceVisit
from pos_engine.core.conditions.group import Group
from pos_engine.core.conditions.member_known import MemberKnown
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
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.moment import Moment
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rank_bits import bits_of, ranks_in
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.sale import Sale, answer_of
from pos_engine.core.spend_gate import LEVELS_MAX, SpendGate
from pos_engine.core.usage import Usage
from tests.support.pricing import TARIFF, line

LAW = settings(max_examples=300, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
MONDAY = date(2026, 11, 23)
NAMES = st.lists(st.sampled_from(("x", "y", "z", "")), max_size=2).map(tuple)
DAYS = st.integers(-2, 2).map(lambda days: MONDAY + timedelta(days=days))
SIMPLE: st.SearchStrategy[Condition] = st.one_of(
    st.builds(DateRange, DAYS, DAYS),
    st.builds(Weekdays, st.lists(st.integers(0, 6), min_size=1, max_size=3).map(tuple)),
    st.builds(
        TimeWindows,
        st.lists(
            st.builds(TimeWindow, st.sampled_from((0, 540, 1320)), st.sampled_from((60, 541, 1320, 1440))),
            min_size=1,
            max_size=2,
        ).map(tuple),
    ),
    st.builds(Store, NAMES),
    st.builds(Workstation, NAMES),
    st.builds(Channel, NAMES),
    st.builds(Tender, NAMES),
    st.builds(Group, NAMES),
    st.builds(Segment, NAMES),
    st.builds(Tier, NAMES),
    st.builds(CardTechnology, NAMES),
    st.builds(CouponHeld, st.sampled_from("xy")),
    st.builds(CouponPresented, st.sampled_from("xy")),
    st.builds(NthVisit, st.just(1)),
    st.builds(Birthday, st.just(0), st.just(3)),
    st.builds(DaysSinceVisit, st.just(0), st.just(5)),
    st.just(MemberKnown()),
    st.builds(
        MinimumSpend,
        st.sampled_from((100, 101, 400)),
        st.sampled_from((Selector(), Selector(products=("a",)))),
        st.sampled_from(("before", "after")),
    ),
)
TREES: st.SearchStrategy[Condition] = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=2).map(tuple)),
        st.builds(NotOne, inner),
    ),
    max_leaves=5,
)
MEMBERS = st.one_of(
    st.none(),
    st.builds(
        Member,
        st.just("m"),
        groups=NAMES,
        tier=st.sampled_from(("x", "")),
        held_coupons=st.sampled_from(((), (HeldCoupon("h", "x"),), (HeldCoupon("h", "x", uses_left=0),))),
        card_technology=st.sampled_from(("y", "")),
        segments=NAMES,
        birth_month=st.sampled_from((0, 11)),
        birth_day=st.just(22),
        visits=st.sampled_from((None, 0)),
        last_visit_on=st.sampled_from((None, MONDAY)),
    ),
)
BASKETS = st.builds(
    Basket,
    st.sampled_from(((line("1", "a", 100),), (line("1", "a", 100), line("2", "b", 400)))),
    store_id=st.sampled_from(("x", "")),
    workstation_id=st.sampled_from(("y", "z")),
    channel=st.sampled_from(("till", "x")),
    tender=st.sampled_from(("", "x")),
    presented_coupons=st.sampled_from(((), (PresentedCoupon("p", "y"),))),
)


def at(day: date, minute: int) -> Moment:
    return Moment(datetime(2026, 11, 23, tzinfo=UTC), day, minute)


def shop_of(conditions: list[Condition], first: date, last: date) -> tuple[Campaign, ...]:
    return tuple(
        Campaign(f"c{n}", 1, "c", first, last, (Offer(f"o{n}", "o", condition, Percent(100)),))
        for n, condition in enumerate(conditions)
    )


@LAW
@given(
    st.lists(TREES, min_size=1, max_size=4),
    st.tuples(DAYS, DAYS),
    BASKETS,
    MEMBERS,
    DAYS,
    st.sampled_from((0, 59, 60, 539, 540, 541, 1319, 1320, 1439)),
)
def test_a_gate_never_keeps_out_what_holds(
    conditions: list[Condition],
    run: tuple[date, date],
    basket: Basket,
    member: Member | None,
    day: date,
    minute: int,
) -> None:
    ruleset = compile_ruleset(shop_of(conditions, *run), TARIFF)
    sale = Sale(ruleset, basket, member, Usage(), at(day, minute))
    facts = sale.facts(sale.goods.price)
    for compiled in ruleset.offers:
        answer = answer_of(compiled, facts)
        passes = bool(sale.passing >> compiled.rank & 1)
        assert passes or not answer.yes, compiled.offer
        if passes and not compiled.past_midnight:
            # What the gates leave to be asked says the rest.
            rest_yes = compiled.rest is None or compiled.rest.answer(facts).yes
            counting = [ruleset.selectors.matchers[matcher] for matcher, _, _ in compiled.spends]
            worth = [sale.goods.value_minor(sale.goods.counting(one), sale.goods.price) for one in counting]
            rest_yes = rest_yes and all(
                value >= amount for value, (_, amount, _) in zip(worth, compiled.spends, strict=True)
            )
            assert rest_yes == answer.yes, compiled.offer


@pytest.mark.parametrize("beside", [MemberKnown(), TimeWindows((TimeWindow(540, 1320),))])
def test_a_late_window_among_several_ways_is_open_after_midnight_on_the_last_day(beside: Condition) -> None:
    late = AnyOf((TimeWindows((TimeWindow(540, 60),)),))
    ruleset = compile_ruleset(shop_of([late, beside], MONDAY, MONDAY), TARIFF)

    def passes(day: date, minute: int) -> bool:
        sale = Sale(ruleset, Basket((line("1", "a", 100),)), None, Usage(), at(day, minute))
        (compiled,) = (one for one in ruleset.offers if one.offer.offer_id == "o0")
        return bool(sale.passing >> compiled.rank & 1)

    tuesday = MONDAY + timedelta(days=1)
    assert passes(MONDAY, 1380)
    assert passes(tuesday, 0)
    assert not passes(tuesday + timedelta(days=1), 0)


HERE = Basket((line("1", "a", 300),), store_id="x", workstation_id="x", tender="x")
SOMEBODY = Member("m", groups=("x",), tier="x", segments=("x",), card_technology="x")


@pytest.mark.parametrize(
    ("holds", "fails"),
    [
        (DateRange(MONDAY, MONDAY), DateRange(MONDAY + timedelta(days=1), date(2027, 1, 1))),
        (Weekdays((0,)), Weekdays((1, 2, 3, 4, 5, 6))),
        (TimeWindows((TimeWindow(600, 660),)), TimeWindows((TimeWindow(631, 660), TimeWindow(0, 630)))),
        (Store(("x", "y")), Store(("y",))),
        (Workstation(("x",)), Workstation(("y",))),
        (Channel(("till",)), Channel(("web",))),
        (Tender(("x",)), Tender(("y",))),
        (Group(("y", "x")), Group(("y",))),
        (AllOf((Group(("x",)), Group(("x",)))), AllOf((Group(("x",)), Group(("y",))))),
        (Tier(("x",)), Tier(())),
        (Segment(("x",)), Segment(("y",))),
        (CardTechnology(("x",)), CardTechnology(("y",))),
        (AllOf(), CouponHeld("x")),
        (AllOf(), CouponPresented("x")),
        (MinimumSpend(300), MinimumSpend(301)),
        (MinimumSpend(300, measured="after"), MinimumSpend(301, measured="after")),
    ],
)
def test_what_cannot_hold_here_and_now_is_never_asked(holds: Condition, fails: Condition) -> None:
    ruleset = compile_ruleset(shop_of([holds, fails], MONDAY, MONDAY), TARIFF)
    sale = Sale(ruleset, HERE, SOMEBODY, Usage(), at(MONDAY, 630))
    assert [ruleset.by_rank[rank].offer.condition for rank in ranks_in(sale.passing)] == [holds]


def test_a_window_past_midnight_is_open_the_day_after_and_then_closed() -> None:
    late = AllOf((Weekdays((0,)), TimeWindows((TimeWindow(1320, 120),))))
    ruleset = compile_ruleset(shop_of([late], MONDAY, MONDAY), TARIFF)
    for day, minute, open_ in ((0, 1319, False), (0, 1320, True), (1, 119, True), (1, 120, False), (1, 1320, False)):
        sale = Sale(ruleset, HERE, SOMEBODY, Usage(), at(MONDAY + timedelta(days=day), minute))
        assert bool(sale.passing) == open_, (day, minute)


def test_a_gate_by_spend_with_more_amounts_than_levels_lets_through_all_that_hold() -> None:
    gate = SpendGate()
    count = 5 * LEVELS_MAX + 3
    for rank in range(count):
        gate.ask(rank, 10 * (rank + 1))
    gate.close((1 << count) - 1)
    for spend in (0, 9, 10, 11, 777, 10 * count, 10 * count + 1):
        reached = {rank for rank in range(count) if 10 * (rank + 1) <= spend}
        passing = set(ranks_in(gate.passing(spend)))
        assert reached <= passing
        assert len(passing - reached) <= 6


@given(st.sets(st.integers(0, 2_000)))
def test_bits_and_ranks_are_the_same_set(ranks: set[int]) -> None:
    assert ranks_in(bits_of(ranks)) == sorted(ranks)
