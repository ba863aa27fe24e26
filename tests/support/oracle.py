"""The judge of the solver: tries every legal way of applying the offers to a small basket. Slow, naive, and separate.

It shares the data classes with the core and nothing else: own arithmetic, own search, no bounds, no shortcuts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import PHASES, Campaign, Condition, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.any_of import AnyOf
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.distinct_products import DistinctProducts
from pos_engine.core.conditions.minimum_quantity import MinimumQuantity
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.not_one import NotOne
from pos_engine.core.grouped import Grouped
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from tests.support.oracle_amounts import Thing, amounts, pick, room
from tests.support.oracle_groups import best_groups

Ways = tuple[frozenset[str], ...]
"""Sets of coupon series, of which any one is enough; an empty set: no coupon is needed."""


@dataclass(frozen=True)
class State:
    """Costs left per unit, which campaigns used which coupons, which exclusive groups have their winner."""

    left: tuple[int, ...]
    used: tuple[tuple[str, Ways], ...]
    won: frozenset[str]


Pair = tuple[str, Offer]
"""A campaign's id and its offer."""

Gift = tuple[str, Offer, dict[int, int]]
"""What an offer takes off which units; 0 where a unit only had to be there."""


def best_saving(campaigns: Sequence[Campaign], basket: Basket) -> int:
    """The most that any legal way of applying the offers saves."""
    things = sorted(
        (
            Thing(row.product_id, row.unit_price_minor, row.categories, row.vat_bp or 0, row.unit_price_floor_minor)
            for row in basket.lines
            for _ in range(row.quantity)
        ),
        key=lambda t: (t.product, t.price, t.vat, t.categories, t.floor),
    )
    coupons = sorted(c.series_id for c in basket.presented_coupons)
    states = {State(tuple(t.price for t in things), (), frozenset())}
    owned = [(campaign.campaign_id, offer) for campaign in campaigns for offer in campaign.offers]
    for phase in PHASES:
        here = [(owner, offer) for owner, offer in owned if offer.phase == phase]
        if here:
            states = {after for state in states for after in _phase(state, here, things, coupons)}
    return max(sum(t.price for t in things) - sum(state.left) for state in states)


def _matches(selector: Selector, thing: Thing) -> bool:
    if thing.product in selector.exclude_products or set(selector.exclude_categories) & set(thing.categories):
        return False
    if not selector.products and not selector.categories:
        return True
    return thing.product in selector.products or bool(set(selector.categories) & set(thing.categories))


def _touches(offer: Offer, thing: Thing) -> bool:
    slots = offer.reward.slots()
    if isinstance(offer.reward, FreeProduct) and thing.product not in offer.reward.product_ids:
        return False
    return _matches(offer.target, thing) and (not slots or any(_matches(slot.selector, thing) for slot in slots))


def _ways(
    condition: Condition, left: Sequence[int], things: Sequence[Thing], coupons: Sequence[str], without: set[int]
) -> list[frozenset[str]]:
    """The coupons with which a condition holds; none: it does not. The coupons are named by their series."""

    def counted(selector: Selector) -> list[int]:
        return [unit for unit, thing in enumerate(things) if unit not in without and _matches(selector, thing)]

    def ways(part: Condition) -> list[frozenset[str]]:
        return _ways(part, left, things, coupons, without)

    if isinstance(condition, AllOf):
        return [frozenset().union(*chosen) for chosen in itertools.product(*map(ways, condition.conditions))]
    if isinstance(condition, AnyOf):
        found = [way for part in condition.conditions for way in ways(part)]
        return [frozenset()] if frozenset() in found else found
    if isinstance(condition, CouponPresented):
        return [frozenset({condition.series_id})] if condition.series_id in coupons else []
    if isinstance(condition, NotOne):
        holds = not ways(condition.condition)
    elif isinstance(condition, MinimumQuantity):
        holds = len(counted(condition.selector)) >= condition.quantity
    elif isinstance(condition, DistinctProducts):
        holds = len({things[unit].product for unit in counted(condition.selector)}) >= condition.count
    else:
        assert isinstance(condition, MinimumSpend)
        costs = [thing.price for thing in things] if condition.measured == "before" else left
        holds = sum(costs[unit] for unit in counted(condition.selector)) >= condition.amount_minor
    return [frozenset()] if holds else []


def _holds(
    condition: Condition, left: Sequence[int], things: Sequence[Thing], coupons: Sequence[str], without: set[int]
) -> bool:
    return bool(_ways(condition, left, things, coupons, without))


def _gift(
    offer: Offer,
    free: Sequence[int],
    start: Sequence[int],
    left: Sequence[int],
    things: Sequence[Thing],
    coupons: list[str],
) -> dict[int, int]:
    roomy = [u for u in free if _touches(offer, things[u]) and room(offer, u, left, things) > 0]
    if isinstance(offer.reward, Grouped):
        rooms = {u: room(offer, u, left, things) for u in roomy}
        return best_groups(offer, roomy, left, rooms, lambda selector, unit: _matches(selector, things[unit]))
    taken = pick(offer, roomy, left, things)
    if isinstance(offer.reward, FreeProduct):
        while taken and not _holds(offer.condition, start, things, coupons, set(taken)):
            taken = taken[:-1]
    return amounts(offer, taken, left, things) if taken else {}


def _is_limited(offer: Offer) -> bool:
    if isinstance(offer.reward, MultiBuy):
        return offer.reward.grouping == "basket"
    return isinstance(offer.reward, FreeProduct) or (
        isinstance(offer.reward, Percent | PercentOfShelf | Amount) and offer.reward.units_max is not None
    )


def _merchant_order(pair: Pair) -> tuple[int, str]:
    return (-pair[1].priority, pair[1].offer_id)


def _phase(state: State, offers: Sequence[Pair], things: Sequence[Thing], coupons: list[str]) -> Iterator[State]:
    """Every state this phase can end in: every set of offers, every order, every split of shared units."""
    live = [pair for pair in offers if _holds(pair[1].condition, state.left, things, coupons, set())]
    first = _merchant_first(state, live, things, coupons)
    stack = sorted((p for p in live if p[1].policy == "stack"), key=_merchant_order)
    alone = [pair for pair in live if pair[1].policy in {"best", "exclusive"}]
    pools = [[*c] for size in range(len(stack) + 1) for c in itertools.combinations(stack, size)]
    for pool in pools:
        claims = [[pair] for pair in alone] + ([pool] if pool else [])
        for size in range(len(claims) + 1):
            for order in itertools.permutations(claims, size):
                groups = [o.exclusive_group for claim in order for _, o in claim if o.policy == "exclusive"]
                if len(set(groups)) == len(groups) and not state.won & set(groups):
                    yield from _play(state, first, order, things, coupons)


def _merchant_first(state: State, live: Sequence[Pair], things: Sequence[Thing], coupons: list[str]) -> list[Gift]:
    """Offers of policy priority give in the merchant's order, each once, out of the units that are left to it."""
    gifts: list[Gift] = []
    gone: set[int] = set()
    used = state.used
    for owner, offer in sorted((p for p in live if p[1].policy == "priority"), key=_merchant_order):
        free = [u for u in range(len(things)) if u not in gone]
        gift = _gift(offer, free, state.left, state.left, things, coupons)
        mine = (*used, (owner, tuple(_ways(offer.condition, state.left, things, coupons, set()))))
        if any(gift.values()) and _enough(mine, coupons):
            gifts.append((owner, offer, gift))
            gone |= set(gift)
            used = mine
    return gifts


def _enough(used: Sequence[tuple[str, Ways]], coupons: Sequence[str]) -> bool:
    """Whether the coupons can be dealt out to the campaigns that used some: one of each series is enough for each."""
    for chosen in itertools.product(*(ways for _, ways in used)):
        wanted = {(owner, series) for (owner, _), way in zip(used, chosen, strict=True) for series in way}
        if all(sum(series == one for _, one in wanted) <= coupons.count(series) for _, series in wanted):
            return True
    return False


def _play(
    state: State, first: list[Gift], order: Sequence[list[Pair]], things: Sequence[Thing], coupons: list[str]
) -> Iterator[State]:
    start = state.left
    gone = {unit for _, _, gift in first for unit in gift}
    claimed: set[int] = set()
    gifts = list(first)
    sharing: list[list[Pair]] = []

    def may(claim: list[Pair], unit: int) -> bool:
        return any(_touches(o, things[unit]) and room(o, unit, start, things) > 0 for _, o in claim)

    for claim in order:
        owner, offer = claim[0]
        free = [u for u in range(len(things)) if u not in gone and u not in claimed]
        if len(claim) == 1 and offer.policy != "stack" and _is_limited(offer):
            gift = _gift(offer, free, start, start, things, coupons)
            gifts.append((owner, offer, gift))
            gone |= set(gift)
        else:
            sharing.append(claim)
            claimed |= {u for u in range(len(things)) if u not in gone and may(claim, u)}
    units = sorted(claimed)
    choices = [[n for n, claim in enumerate(sharing) if may(claim, u)] for u in units]
    for split in itertools.product(*choices):
        left = list(start)
        every = list(gifts)
        useful = all(any(gift.values()) for _, _, gift in gifts)
        for _, _, gift in gifts:
            _take(left, gift)
        for number, claim in enumerate(sharing):
            pile = [u for u, n in zip(units, split, strict=True) if n == number]
            before = sum(left)
            for owner, offer in claim:
                gift = _gift(offer, pile, start, left, things, coupons)
                _take(left, gift)
                every.append((owner, offer, gift))
            useful = useful and sum(left) < before
        if useful:  # who gives nothing is not used, and may not stand in anybody's way
            yield from _settled(state, left, every, things, coupons)


def _take(left: list[int], gift: dict[int, int]) -> None:
    for unit, amount in gift.items():
        left[unit] -= amount


def _settled(
    state: State, left: list[int], gifts: Sequence[Gift], things: Sequence[Thing], coupons: list[str]
) -> Iterator[State]:
    """The end state, when there are coupons enough for the campaigns that used one."""
    used = set(state.used)
    won = set(state.won)
    for owner, offer, gift in gifts:
        if not any(gift.values()):
            continue
        if offer.policy == "exclusive":
            won.add(offer.exclusive_group)
        ways = tuple(_ways(offer.condition, state.left, things, coupons, set()))
        if frozenset() not in ways:
            used.add((owner, ways))
    if _enough(sorted(used, key=str), coupons):
        yield State(tuple(left), tuple(sorted(used, key=str)), frozenset(won))
