"""The parts of the search, each against its law: bounds are never too low, what is left out is never the best."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from pos_engine.core.answers import Answer
from pos_engine.core.basket import Basket
from pos_engine.core.bound import Level, Stake, later_bounds
from pos_engine.core.campaign import Offer, Reward
from pos_engine.core.choices import WAYS_MAX, Choices
from pos_engine.core.claims import EMPTY
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.course import Course
from pos_engine.core.effort import UNITS_A_STEP, Effort
from pos_engine.core.menu import best_within, most_within, savings_of, sums_within
from pos_engine.core.narrowing import apart, narrowed
from pos_engine.core.offer_parts import Selector
from pos_engine.core.phase import Live
from pos_engine.core.plain_tracks import Once, PercentInAll
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.spend_ladder import LadderStep, SpendLadder
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.core.sale import Sale
from pos_engine.core.track_table import TrackTable
from pos_engine.core.tracks import ByPlaces
from pos_engine.core.unit_by_unit import UnitByUnit
from pos_engine.core.usage import Usage
from tests.support.pricing import ALWAYS, MOMENT, TARIFF, campaign_of, line

QUICK = settings(max_examples=150, deadline=None, print_blob=True)
PRICES = st.lists(st.sampled_from((1, 33, 50, 99, 100, 250)), min_size=1, max_size=5)


def lives_of(offers: list[Offer], prices: list[int]) -> tuple[list[Live], Sale]:
    """Offers on a basket of units of product a at these prices."""
    basket = Basket(tuple(line(f"l{n}", "a", price) for n, price in enumerate(prices)))
    sale = Sale(compile_ruleset((campaign_of(*offers),), TARIFF), basket, None, Usage(), MOMENT)
    sale.touch()
    made = [
        Live(compiled, Answer(), tuple(sale.touched[compiled.number]), sale.terms_of(compiled))
        for compiled in sale.ruleset.offers
    ]
    return made, sale


def offer(number: int, reward: Reward, target: Selector = Selector()) -> Offer:
    return Offer(f"o{number}", "o", ALWAYS, reward, target)


def test_a_table_finds_the_most_above_any_prices() -> None:
    @QUICK
    @given(PRICES, st.lists(st.integers(0, 1_500_000), min_size=5, max_size=5), st.sampled_from((500, 1250, 5000)))
    def play(prices: list[int], asked: list[int], percent_bp: int) -> None:
        lives, sale = lives_of([offer(0, Percent(percent_bp)), offer(1, Amount(120)), offer(2, MultiBuy(2))], prices)
        left = sale.goods.price
        walk = sorted(range(len(left)), key=lambda unit: (-left[unit], unit))
        places = list(range(len(left)))
        for track in (
            PercentInAll(lives[0], left, percent_bp, left),
            Once(lives[1], left, 120),
            ByPlaces(lives[2], left, (0, 10_000)),
        ):
            table = TrackTable(track, places, walk)
            reward = track.live.compiled.offer.reward
            best = 0
            for size in range(len(walk) + 1):
                for chosen in itertools.combinations(places, size):
                    units = sorted(walk[place] for place in chosen)
                    taken = reward.pick(units, left, track.live.terms)
                    given_minor = sum(reward.amounts(taken, left, track.live.terms))
                    best = max(best, given_minor * 10_000 - sum(asked[place] for place in chosen))
            assert table.gain_above(asked) == best
            assert sum(asked[place] for place in table.taken(asked)) + best >= 0

    play()


def test_narrowing_keeps_the_best_and_lets_go_what_never_is() -> None:
    lives, sale = lives_of([offer(0, Percent(1000)), offer(1, Percent(3000)), offer(2, Amount(5, "unit"))], [100, 250])
    kept = narrowed(lives, sale.goods.price)
    assert kept == [[], [0, 1], []]
    assert apart(kept) == [[1]]


def test_narrowing_leaves_what_rounding_may_decide() -> None:
    # 30 % of 0.99 are 29.7 and 29.5 % are 29.2 cents: with other units beside, either may be the 30 cents.
    offers = [offer(0, Percent(3000)), offer(1, Percent(2950))]
    lives, sale = lives_of(offers, [99, 99])
    assert narrowed(lives, sale.goods.price) == [[0, 1], [0, 1]]
    # With no other unit beside, the higher one gives at least as much.
    alone, sale = lives_of(offers, [99])
    assert narrowed(alone, sale.goods.price) == [[0], []]


def test_of_multi_buys_on_the_same_goods_the_better_one_stays() -> None:
    offers = [offer(0, MultiBuy(3)), offer(1, MultiBuy(2)), offer(2, MultiBuy(2)), offer(3, MultiBuy(4, 2))]
    lives, sale = lives_of(offers, [200, 200, 200, 100])
    # "3 for 2" and the second "2 for 1" are never of use; "two of four free" may be.
    assert [bool(units) for units in narrowed(lives, sale.goods.price)] == [False, True, False, True]


def test_a_multi_buy_stays_only_where_it_beats_what_its_units_are_worth_elsewhere() -> None:
    lives, sale = lives_of([offer(0, MultiBuy(2)), offer(1, Percent(5000))], [200, 200, 300])
    assert narrowed(lives, sale.goods.price) == [[], [0, 1, 2]]
    lives, sale = lives_of([offer(0, MultiBuy(2)), offer(1, Percent(4000))], [200, 200, 300])
    # Two of 2.00 save 2.00 together and 1.60 alone; beside the one of 3.00 as much is lost as is won.
    assert narrowed(lives, sale.goods.price) == [[0, 1], [0, 1, 2]]


def test_the_walk_ends_with_a_bound_that_is_never_too_low() -> None:
    @QUICK
    @given(PRICES, st.integers(0, 3))
    def play(prices: list[int], effort: int) -> None:
        lives, sale = lives_of([offer(0, Percent(3333)), offer(1, Amount(120)), offer(2, Amount(50))], prices)
        left = sale.goods.price
        tracks = [PercentInAll(lives[0], left, 3333, left), Once(lives[1], left, 120), Once(lives[2], left, 50)]
        walk = UnitByUnit(tracks, left, Effort(effort))
        walk.solve()
        best = 0
        for owners in itertools.product(range(3), repeat=len(prices)):
            total = 0
            for number, live in enumerate(lives):
                pile = [unit for unit, owner in enumerate(owners) if owner == number]
                total += sum(live.compiled.offer.reward.amounts(pile, left, live.terms)) if pile else 0
            best = max(best, total)
        assert walk.ceiling_minor >= best

    play()


def test_the_most_within_a_room_is_that_of_all_combinations() -> None:
    menus = st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=4), min_size=1, max_size=4
    )

    @QUICK
    @given(menus, st.integers(0, 20), st.integers(0, 15))
    def play(menus: list[list[tuple[int, int]]], room: int, least: int) -> None:
        ordered = [sorted(menu, key=lambda plan: -plan[1]) for menu in menus]
        weights = [[weight for weight, _ in menu] for menu in ordered]
        savings = [[saving for _, saving in menu] for menu in ordered]
        best = max(
            (
                sum(saving for _, saving in plans)
                for plans in itertools.product(*ordered)
                if sum(weight for weight, _ in plans) <= room
            ),
            default=-1,
        )
        chosen = best_within(weights, savings, room, least)
        if best < least:
            assert chosen == []
        else:
            assert sum(menu[number] for menu, number in zip(savings, chosen, strict=True)) == best
            assert sum(menu[number] for menu, number in zip(weights, chosen, strict=True)) <= room

    play()


def test_sums_as_bits_are_those_of_all_combinations() -> None:
    menus = st.lists(st.sets(st.integers(0, 12), min_size=1, max_size=5), min_size=1, max_size=4)

    @QUICK
    @given(menus, st.integers(0, 30), st.integers(0, 12))
    def play(drawn: list[set[int]], room: int, most: int) -> None:
        # The last menu is everything up to a sum, which is told in a way of its own.
        plans = [*[sorted(menu, reverse=True) for menu in drawn], list(range(most, -1, -1))]
        possible = {sum(some) for some in itertools.product(*plans) if sum(some) <= room}
        sums = sums_within([sum(1 << saving for saving in menu) for menu in plans], room)
        assert {saving for saving in range(room + 1) if sums[-1] >> saving & 1} == possible
        chosen = most_within(plans, sums)
        if possible:
            assert sum(menu[number] for menu, number in zip(plans, chosen, strict=True)) == max(possible)
        else:
            assert chosen == []

    play()


REWARDS = st.sampled_from(
    (Percent(2000), Percent(3333), Amount(120), Amount(40, "unit"), MultiBuy(2), MultiBuy(3, percent_bp=5000))
)


def test_choices_are_plans_that_the_game_allows_and_no_saving_is_forgotten() -> None:
    @QUICK
    @given(st.lists(REWARDS, min_size=5, max_size=6), st.lists(st.sampled_from((33, 99, 250)), min_size=4, max_size=4))
    def play(rewards: list[Reward], prices: list[int]) -> None:
        lives, sale = lives_of([offer(number, reward) for number, reward in enumerate(rewards)], prices)
        # The first offers may not have every unit.
        lives = [Live(one.compiled, one.answer, one.units[number % 3 :], one.terms) for number, one in enumerate(lives)]
        choices = Choices(lives, Course(sale.goods.price), sale.facts(sale.goods.price), Effort(10_000))
        choices.begin(EMPTY, 0)
        ways = 1
        for unit in range(len(prices)):
            ways *= 1 + sum(unit in live.units for live in lives)
        assert choices.complete == (ways <= WAYS_MAX)
        legal = legal_savings(lives, sale.goods.price)
        room = max(legal) * 2 // 3
        choices.widen(room, 1 << room)
        found = {choice.saving_minor for choice in choices.found}
        assert found <= legal
        assert all(choices.plan(choice).saving_minor == choice.saving_minor for choice in choices.found)
        told = savings_of(choices, room)
        assert all(told >> saving & 1 for saving in legal if saving <= room)

    play()


def legal_savings(lives: list[Live], prices: list[int]) -> set[int]:
    """Every saving of a plan in which who is used gives something and leaves no unit that he may have to nobody."""
    found: set[int] = set()
    for owners in itertools.product(range(-1, len(lives)), repeat=len(prices)):
        if any(owner >= 0 and unit not in lives[owner].units for unit, owner in enumerate(owners)):
            continue
        saving, allowed = 0, True
        for number in set(owners) - {-1}:
            live = lives[number]
            reward = live.compiled.offer.reward
            taken = reward.pick([unit for unit, owner in enumerate(owners) if owner == number], prices, live.terms)
            given = sum(reward.amounts(taken, prices, live.terms))
            saving += given
            left_out = any(owner == -1 and unit in live.units for unit, owner in enumerate(owners))
            allowed = allowed and given > 0 and not left_out
        if allowed:
            found.add(saving)
    return found


def later(*rewards_and_spends: tuple[Reward, int], group: str = "g") -> list[Offer]:
    """Offers of the basket phase, one of them at most, from a spend after discounts on."""
    return [
        Offer(
            f"o{number}",
            "o",
            MinimumSpend(spend, measured="after"),
            reward,
            phase="basket",
            policy="exclusive",
            exclusive_group=group,
        )
        for number, (reward, spend) in enumerate(rewards_and_spends)
    ]


def test_levels_say_what_restraint_is_worth() -> None:
    """Up to 3.00 may come off now. 10.00 are in the basket: from 9.00 left 2.00 come off later, from 5.00 left 1.00."""
    lives, sale = lives_of(later((Amount(200), 900), (Amount(100), 500)), [600, 400])
    bounds = later_bounds([[], lives], sale.facts(sale.goods.price))
    levels = bounds[1].levels(sale.goods.price, [Stake(300, 300, (0, 1))])
    assert [(level.discount_minor, level.later_minor, level.reach_minor) for level in levels] == [
        (300, 100, 400),
        (100, 200, 300),
    ]
    assert levels[0].held_by is None
    assert levels[1].held_by is not None
    assert levels[1].held_by.needed_minor == 900


def test_a_ladder_later_is_a_gift_for_each_step() -> None:
    ladder = SpendLadder((LadderStep(500, 100), LadderStep(900, 250)))
    offers = [Offer("o0", "o", ALWAYS, ladder, phase="basket")]
    lives, sale = lives_of(offers, [600, 400])
    level: Level = later_bounds([[], lives], sale.facts(sale.goods.price))[1].levels(
        sale.goods.price, [Stake(300, 300, (0, 1))]
    )[0]
    # Giving up 2.00 now keeps the step of 2.50; taking all 3.00 leaves the step of 1.00.
    assert (level.discount_minor, level.reach_minor) == (300, 400)


def test_what_looks_at_all_units_of_a_large_basket_pays_for_them() -> None:
    effort = Effort(1_000)
    effort.gone_through(UNITS_A_STEP - 1)
    assert effort.used == 0
    effort.gone_through(10 * UNITS_A_STEP)
    assert effort.used == 10
    effort.gone_through(100_000 * UNITS_A_STEP)
    assert (effort.used, effort.spent) == (1_000, True)
