"""Small random shops, baskets and offers for the laws of the rule core."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from pos_engine.core.basket import Basket, BasketLine, PresentedCoupon
from pos_engine.core.campaign import Campaign, Condition, Offer, Reward
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.evaluate import evaluate
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Limits, Rounding, Selector, Slot
from pos_engine.core.outcome import Outcome
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.slot_bundle import SlotBundle
from pos_engine.core.rewards.spend_ladder import LadderStep, SpendLadder
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.usage import Usage

MOMENT = Moment(datetime(2026, 11, 23, 9, 30, tzinfo=UTC), date(2026, 11, 23), 10 * 60 + 30)
"""A Monday, 10:30 on the store's wall clock."""

ALWAYS = AllOf()
TARIFF = Tariff(currency="EUR", unknown_vat_bp=1900)
PRODUCTS = ("a", "b", "c")
CATEGORIES = {"a": ("food", "bread"), "b": ("food", "cake"), "c": ("drinks",)}
VAT = {"a": 700, "b": 700, "c": 1900}


def line(line_id: str, product: str, price: int, quantity: int = 1) -> BasketLine:
    """A line of the small shop."""
    return BasketLine(
        line_id, product, price, quantity, categories=CATEGORIES.get(product, ()), vat_bp=VAT.get(product)
    )


def campaign_of(*offers: Offer, campaign_id: str = "c1") -> Campaign:
    """A campaign that runs all year."""
    return Campaign(campaign_id, 1, campaign_id, date(2026, 1, 1), date(2026, 12, 31), offers)


def price(
    campaigns: tuple[Campaign, ...],
    basket: Basket,
    member: Member | None = None,
    usage: Usage | None = None,
    effort: int = 200_000,
    moment: Moment = MOMENT,
    tariff: Tariff = TARIFF,
) -> Outcome:
    """Evaluate with much effort."""
    return evaluate(compile_ruleset(campaigns, tariff), basket, member, usage or Usage(), moment, effort)


def baskets(units_max: int) -> st.SearchStrategy[Basket]:
    """Baskets of a few units, some of equal price and some a cent apart, with or without two paper coupons."""
    unit = st.tuples(st.sampled_from(PRODUCTS), st.sampled_from((1, 3, 99, 100, 250, 332, 333, 1000)))
    coupons = st.sampled_from(
        ((), (PresentedCoupon("k1", "s"),), (PresentedCoupon("k1", "s"), PresentedCoupon("k2", "s")))
    )

    def build(units: list[tuple[str, int]], presented: tuple[PresentedCoupon, ...]) -> Basket:
        lines = tuple(line(f"l{number}", product, cost) for number, (product, cost) in enumerate(units))
        return Basket(lines, presented_coupons=presented)

    return st.builds(build, st.lists(unit, min_size=1, max_size=units_max), coupons)


def slots(*products: str) -> tuple[Slot, ...]:
    """A slot per text; each letter of it is a product that may stand there."""
    return tuple(Slot(Selector(products=tuple(some))) for some in products)


SELECTORS = st.sampled_from(
    (
        Selector(),
        Selector(categories=("food",)),
        Selector(categories=("bread",)),
        Selector(products=("b", "c")),
        Selector(exclude_products=("a",)),
    )
)

CONDITIONS: st.SearchStrategy[Condition] = st.one_of(
    st.just(ALWAYS),
    st.just(CouponPresented("s")),
    st.builds(
        MinimumSpend,
        st.sampled_from((200, 450, 1000)),
        st.sampled_from((Selector(), Selector(categories=("food",)))),
        st.sampled_from(("before", "after")),
    ),
)

REWARDS: st.SearchStrategy[Reward] = st.one_of(
    st.builds(
        Percent,
        st.sampled_from((500, 1000, 1250, 2000, 3333, 5000)),
        st.sampled_from((None, None, 1, 2)),
        st.sampled_from(("cheapest", "dearest")),
    ),
    st.builds(Amount, st.sampled_from((1, 50, 120, 300)), st.sampled_from(("offer", "unit"))),
    st.builds(FreeProduct, st.sampled_from((("a",), ("c",), ("b", "c"))), st.sampled_from((1, 2))),
)

GROUPED: st.SearchStrategy[Reward] = st.one_of(
    st.builds(
        MultiBuy,
        st.sampled_from((2, 3)),
        st.sampled_from((1, 2)),
        st.sampled_from((2000, 5000, 10000)),
        st.sampled_from(("cheapest", "cheapest", "dearest")),
        st.sampled_from(("customer", "customer", "basket")),
    ),
    st.sampled_from((NthUnit((0, 5000)), NthUnit((0, 2500, 7500)))),
    st.builds(AnyForPrice, st.sampled_from((2, 3)), st.sampled_from((100, 260, 500))),
    st.builds(FixedUnitPrice, st.sampled_from((90, 240))),
    st.builds(
        SlotBundle,
        st.sampled_from((slots("a", "b"), slots("a", "bc"), slots("ab", "bc"), slots("a", "b", "c"))),
        st.sampled_from((100, 300)),
    ),
    st.builds(
        SlotBundle, st.sampled_from((slots("a", "b"), slots("ab", "ab"))), st.none(), st.sampled_from((1500, 5000))
    ),
    st.builds(
        BuyGet,
        st.sampled_from((Selector(), Selector(products=("a",)), Selector(products=("a", "b")))),
        st.sampled_from((Selector(products=("a",)), Selector(products=("b", "c")), Selector())),
        st.sampled_from((1, 2)),
        st.just(1),
        st.sampled_from((5000, 10000)),
    ),
    st.just(SpendLadder((LadderStep(300, 20), LadderStep(900, 30, 1000)))),
)

LIMITS = st.one_of(
    st.just(Limits()),
    st.just(Limits()),
    st.builds(
        Limits,
        uses_per_receipt=st.sampled_from((None, 1, 2)),
        budget_minor=st.sampled_from((None, 75)),
        discount_max_minor=st.sampled_from((None, 110)),
        unit_price_floor_minor=st.sampled_from((0, 50)),
    ),
)

ROUNDINGS = st.builds(
    Rounding, st.sampled_from(("offer", "offer", "unit")), st.sampled_from(("half_up", "half_up", "down"))
)


def offers(
    policies: tuple[str, ...], phases: tuple[str, ...], rewards: st.SearchStrategy[Reward] = REWARDS
) -> st.SearchStrategy[Offer]:
    """Offers without an id of their own yet."""
    return st.builds(
        Offer,
        offer_id=st.just("?"),
        name=st.just("offer"),
        condition=CONDITIONS,
        reward=rewards,
        target=SELECTORS,
        phase=st.sampled_from(phases),
        policy=st.sampled_from(policies),
        priority=st.integers(0, 2),
        exclusive_group=st.just("g"),
        rounding=ROUNDINGS,
        limits=LIMITS,
    )


def campaigns(
    size_max: int,
    policies: tuple[str, ...] = ("best", "best", "stack", "exclusive"),
    phases: tuple[str, ...] = ("line", "line", "basket"),
    size_min: int = 1,
    rewards: st.SearchStrategy[Reward] = REWARDS,
) -> st.SearchStrategy[tuple[Campaign, ...]]:
    """One campaign per offer, so that coupons compete."""

    def build(drawn: list[Offer]) -> tuple[Campaign, ...]:
        return tuple(
            campaign_of(
                Offer(
                    f"o{number}",
                    f"offer {number}",
                    o.condition,
                    o.reward,
                    o.target,
                    o.phase,
                    o.policy,
                    o.priority,
                    o.exclusive_group,
                    o.rounding,
                    o.limits,
                ),
                campaign_id=f"c{number}",
            )
            for number, o in enumerate(drawn)
        )

    return st.builds(build, st.lists(offers(policies, phases, rewards), min_size=size_min, max_size=size_max))
