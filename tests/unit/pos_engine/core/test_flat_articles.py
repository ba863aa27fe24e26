"""A product and its kind together say what the listing says about the article, on every line it is sold on."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pos_engine.core.basket import BasketLine
from pos_engine.core.campaign import Offer
from pos_engine.core.flat_articles import key_of
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Selector, Slot
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.slot_bundle import SlotBundle
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from tests.support.pricing import ALWAYS, campaign_of

NAMES = st.lists(st.sampled_from("abc"), max_size=2).map(tuple)
SELECTORS = st.one_of(
    st.builds(Selector, NAMES, NAMES),
    st.builds(Selector, NAMES, NAMES),
    st.builds(
        Selector,
        NAMES,
        NAMES,
        NAMES,
        NAMES,
        st.sampled_from((("goods", "price_fixed"), ("goods", "service"))),
        st.booleans(),
        departments=NAMES,
        brands=NAMES,
        attributes=NAMES,
    ),
)
BANDS = st.builds(Selector, NAMES, unit_price_min_minor=st.just(100))
REWARDS = st.one_of(
    st.just(Percent(1000)),
    st.builds(FreeProduct, st.sampled_from((("a",), ("b", "c")))),
    st.builds(lambda one, other: SlotBundle((Slot(one), Slot(other)), 100), SELECTORS, SELECTORS),
)
LINES = st.builds(
    BasketLine,
    st.just("1"),
    st.sampled_from("abcd"),
    st.sampled_from((50, 100)),
    categories=NAMES,
    line_kind=st.sampled_from(("goods", "goods", "goods", "service", "deposit", "price_fixed")),
    already_reduced=st.booleans(),
    department=st.sampled_from(("", "a", "b")),
    brand=st.sampled_from(("", "a")),
    attributes=NAMES,
)


def _shop(targets: list[Selector], rewards: list[object]) -> Ruleset:
    offers = [
        Offer(f"o{number}", "o", ALWAYS, reward, target)  # type: ignore[arg-type]
        for number, (target, reward) in enumerate(zip(targets, rewards, strict=False))
    ]
    return compile_ruleset((campaign_of(*offers),), Tariff())


def _agrees(ruleset: Ruleset, lines: list[BasketLine]) -> None:
    for line in lines:
        product, kind = ruleset.articles.of(line, line.unit_price_minor)
        listed = ruleset.listing.of([key_of(line, 0)])[0]
        ranks = {*kind.ranks, *(product.ranks if kind.touchable else ())}
        assert ranks == set(listed.ranks)
        assert kind.touchable == listed.touchable
        for matcher in ruleset.selectors.matchers:
            number = matcher.number
            counts = kind.listed.counts(number) or number in product.numbers
            assert counts == listed.counts(number), (line, number)


@settings(max_examples=200, deadline=None, print_blob=True)
@given(
    st.lists(SELECTORS, min_size=1, max_size=5),
    st.lists(REWARDS, min_size=5, max_size=5),
    st.lists(LINES, min_size=2, max_size=8),
)
def test_product_and_kind_are_the_article(
    targets: list[Selector], rewards: list[object], lines: list[BasketLine]
) -> None:
    _agrees(_shop(targets, rewards), lines)


@settings(max_examples=50, deadline=None, print_blob=True)
@given(st.lists(st.one_of(SELECTORS, BANDS), min_size=1, max_size=3), st.lists(LINES, min_size=2, max_size=8))
def test_a_band_of_prices_looks_at_every_price(targets: list[Selector], lines: list[BasketLine]) -> None:
    _agrees(_shop([Selector(("a",), unit_price_max_minor=60), *targets], [Percent(1000)] * 4), lines)


def test_a_product_that_changes_its_category_is_seen_anew() -> None:
    ruleset = _shop([Selector(categories=("x",))], [Percent(1000)])
    plain = BasketLine("1", "a", 100)
    moved = BasketLine("1", "a", 100, categories=("x",))
    for line, ranks in ((plain, ()), (moved, (0,)), (plain, ()), (moved, (0,))):
        product, kind = ruleset.articles.of(line, 100)
        assert (product.ranks, kind.ranks) == ((), ranks)
