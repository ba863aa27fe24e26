"""The judge of the solver: tries every legal way of applying the offers to a small basket. Slow, naive, and separate.

It shares the data classes with the core and nothing else: own arithmetic, own search, no bounds, no shortcuts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import PHASES, Campaign, Condition, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.grouped import Grouped
from pos_engine.core.offer_parts import Rounding, Selector
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.spend_ladder import SpendLadder
from tests.support.oracle_groups import best_groups


@dataclass(frozen=True)
class State:
    """Costs left per unit, which campaign owns which coupon, which offer won the exclusive group."""

    left: tuple[int, ...]
    owners: tuple[tuple[str, str], ...]
    group_won: bool


@dataclass(frozen=True)
class Thing:
    """One unit."""

    product: str
    price: int
    categories: tuple[str, ...]
    vat: int


def best_saving(campaigns: Sequence[Campaign], basket: Basket) -> int:
    """The most that any legal way of applying the offers saves."""
    things = sorted(
        (
            Thing(row.product_id, row.unit_price_minor, row.categories, row.vat_bp or 0)
            for row in basket.lines
            for _ in range(row.quantity)
        ),
        key=lambda t: (t.product, t.price, t.vat, t.categories),
    )
    coupons = sorted(c.coupon_id for c in basket.presented_coupons)
    states = {State(tuple(t.price for t in things), (), False)}
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


def _holds(
    condition: Condition, left: Sequence[int], things: Sequence[Thing], coupons: Sequence[str], without: set[int]
) -> bool:
    if isinstance(condition, AllOf):
        return all(_holds(part, left, things, coupons, without) for part in condition.conditions)
    if isinstance(condition, CouponPresented):
        return bool(coupons)
    assert isinstance(condition, MinimumSpend)
    spend = sum(
        thing.price if condition.measured == "before" else left[unit]
        for unit, thing in enumerate(things)
        if unit not in without and _matches(condition.selector, thing)
    )
    return spend >= condition.amount_minor


def _needs_coupon(condition: Condition) -> bool:
    return isinstance(condition, CouponPresented) or any(_needs_coupon(part) for part in condition.parts())


def _round(value: Fraction, rounding: Rounding) -> int:
    return int(value) if rounding.mode == "down" else int(value + Fraction(1, 2))


def _split(total: int, weights: dict[int, int], rooms: dict[int, int]) -> dict[int, int]:
    """Largest remainder under ceilings, by the book."""
    given = dict.fromkeys(weights, 0)
    todo = [key for key in weights if rooms[key] > 0]
    while total > 0:
        whole = sum(weights[key] for key in todo)
        exact = {key: Fraction(total * weights[key], whole) for key in todo}
        part = {key: int(exact[key]) for key in todo}
        order = sorted(todo, key=lambda key: (-(exact[key] - part[key]), todo.index(key)))
        for key in order[: total - sum(part.values())]:
            part[key] += 1
        if all(part[key] <= rooms[key] for key in todo):
            return {**given, **part}
        for key in [key for key in todo if part[key] >= rooms[key]]:
            given[key] = rooms[key]
            total -= rooms[key]
            todo.remove(key)
    return given


def _spread(total: int, weights: dict[int, int], rooms: dict[int, int], things: Sequence[Thing]) -> dict[int, int]:
    rates = sorted({things[unit].vat for unit in weights})
    by_rate = {rate: [unit for unit in weights if things[unit].vat == rate] for rate in rates}
    parts = _split(
        total,
        {rate: sum(weights[u] for u in by_rate[rate] if rooms[u]) for rate in rates},
        {rate: sum(rooms[u] for u in by_rate[rate]) for rate in rates},
    )
    amounts: dict[int, int] = {}
    for rate in rates:
        units = by_rate[rate]
        amounts.update(_split(parts[rate], {u: weights[u] for u in units}, {u: rooms[u] for u in units}))
    return amounts


def _pick(offer: Offer, units: list[int], left: Sequence[int], things: Sequence[Thing]) -> list[int]:
    reward = offer.reward
    if isinstance(reward, Percent):
        if reward.units_max is None:
            return units
        sign = 1 if reward.order == "cheapest" else -1
        return sorted(units, key=lambda u: (sign * left[u], u))[: reward.units_max]
    if isinstance(reward, FreeProduct):
        mine = [u for u in units if things[u].product in reward.product_ids]
        return sorted(mine, key=lambda u: (-left[u], u))[: reward.quantity]
    if isinstance(reward, FixedUnitPrice):
        units = [u for u in units if left[u] > reward.price_minor]
    each = isinstance(reward, FixedUnitPrice) or (isinstance(reward, Amount) and reward.per == "unit")
    if each and offer.limits.uses_per_receipt is not None:
        return sorted(units, key=lambda u: (-left[u], u))[: offer.limits.uses_per_receipt]
    return units


def _amounts(offer: Offer, taken: list[int], left: Sequence[int], things: Sequence[Thing]) -> dict[int, int]:
    reward, limits = offer.reward, offer.limits
    rooms = {u: max(0, left[u] - limits.unit_price_floor_minor) for u in taken}
    weights = {u: left[u] for u in taken}
    caps = [cap for cap in (limits.budget_minor, limits.discount_max_minor) if cap is not None]
    ceiling = min([*caps, sum(rooms.values())])
    if isinstance(reward, SpendLadder):
        spend = sum(weights.values())
        steps = [step for step in reward.steps if step.from_minor <= spend]
        given = 0
        if steps:
            part = Fraction(spend * steps[-1].percent_bp, 10_000)
            given = steps[-1].amount_minor + _round(part, offer.rounding)
        return _spread(min(given, ceiling), weights, rooms, things)
    if isinstance(reward, Amount) and reward.per == "offer":
        return _spread(min(reward.amount_minor, ceiling), weights, rooms, things)
    if isinstance(reward, Amount):
        wishes = {u: min(reward.amount_minor, rooms[u]) for u in taken}
    elif isinstance(reward, FixedUnitPrice):
        wishes = {u: max(0, min(left[u] - reward.price_minor, rooms[u])) for u in taken}
    else:
        part = Fraction(reward.percent_bp, 10_000) if isinstance(reward, Percent) else Fraction(1)
        if offer.rounding.scope == "offer":
            wanted = _round(sum(weights.values()) * part, offer.rounding)
            return _spread(min(wanted, ceiling), weights, rooms, things)
        wishes = {u: min(_round(left[u] * part, offer.rounding), rooms[u]) for u in taken}
    total = min(sum(wishes.values()), ceiling)
    return wishes if total == sum(wishes.values()) else _spread(total, wishes, wishes, things)


def _gift(
    offer: Offer,
    free: Sequence[int],
    start: Sequence[int],
    left: Sequence[int],
    things: Sequence[Thing],
    coupons: list[str],
) -> dict[int, int]:
    room = [u for u in free if _touches(offer, things[u]) and left[u] - max(0, offer.limits.unit_price_floor_minor) > 0]
    if isinstance(offer.reward, Grouped):
        return best_groups(offer, room, left, lambda selector, unit: _matches(selector, things[unit]))
    taken = _pick(offer, room, left, things)
    if isinstance(offer.reward, FreeProduct):
        while taken and not _holds(offer.condition, start, things, coupons, set(taken)):
            taken = taken[:-1]
    return _amounts(offer, taken, left, things) if taken else {}


def _is_limited(offer: Offer) -> bool:
    if isinstance(offer.reward, MultiBuy):
        return offer.reward.grouping == "basket"
    return isinstance(offer.reward, FreeProduct) or (
        isinstance(offer.reward, Percent) and offer.reward.units_max is not None
    )


def _phase(
    state: State, offers: Sequence[tuple[str, Offer]], things: Sequence[Thing], coupons: list[str]
) -> Iterator[State]:
    """Every state this phase can end in: every set of offers, every order, every split of shared units."""
    live = [pair for pair in offers if _holds(pair[1].condition, state.left, things, coupons, set())]
    stack = sorted((p for p in live if p[1].policy == "stack"), key=lambda p: (-p[1].priority, p[1].offer_id))
    alone = [pair for pair in live if pair[1].policy != "stack"]
    pools = [[*c] for size in range(len(stack) + 1) for c in itertools.combinations(stack, size)]
    for pool in pools:
        claims = [[pair] for pair in alone] + ([pool] if pool else [])
        for size in range(len(claims) + 1):
            for order in itertools.permutations(claims, size):
                exclusive = sum(pair[1].policy == "exclusive" for claim in order for pair in claim)
                if exclusive + state.group_won <= 1 or exclusive == 0:
                    yield from _play(state, order, things, coupons)


def _play(
    state: State, order: Sequence[list[tuple[str, Offer]]], things: Sequence[Thing], coupons: list[str]
) -> Iterator[State]:
    start = state.left
    gone: set[int] = set()
    claimed: set[int] = set()
    gifts: list[tuple[str, Offer, dict[int, int]]] = []
    sharing: list[list[tuple[str, Offer]]] = []

    def may(claim: list[tuple[str, Offer]], unit: int) -> bool:
        return any(_touches(o, things[unit]) and start[unit] > o.limits.unit_price_floor_minor for _, o in claim)

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
            yield from _settled(state, left, every, coupons)


def _take(left: list[int], gift: dict[int, int]) -> None:
    for unit, amount in gift.items():
        left[unit] -= amount


def _settled(
    state: State, left: list[int], gifts: Sequence[tuple[str, Offer, dict[int, int]]], coupons: list[str]
) -> Iterator[State]:
    """The end state, when there are coupons enough for the campaigns that used one."""
    owners = dict(state.owners)
    won = state.group_won
    for owner, offer, gift in gifts:
        if not any(gift.values()):
            continue
        won = won or offer.policy == "exclusive"
        if _needs_coupon(offer.condition) and owner not in owners.values():
            spare = [coupon for coupon in coupons if coupon not in owners]
            if not spare:
                return
            owners[spare[0]] = owner
    yield State(tuple(left), tuple(sorted(owners.items())), won)
