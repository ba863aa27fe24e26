"""The judge's own arithmetic: which units an offer picks, and what it takes off each. By the book, no shortcuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pos_engine.core.campaign import Offer
from pos_engine.core.offer_parts import Rounding
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.free_product import FreeProduct
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from pos_engine.core.rewards.spend_ladder import SpendLadder


@dataclass(frozen=True)
class Thing:
    """One unit; `floor` is the lowest price of its article."""

    product: str
    price: int
    categories: tuple[str, ...]
    vat: int
    floor: int


def room(offer: Offer, unit: int, left: Sequence[int], things: Sequence[Thing]) -> int:
    """How much the offer may take off a unit: nothing costs less than the article's floor, or the offer's."""
    return max(0, left[unit] - max(offer.limits.unit_price_floor_minor, things[unit].floor))


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


def pick(offer: Offer, units: list[int], left: Sequence[int], things: Sequence[Thing]) -> list[int]:
    """The units it takes out of those it is offered."""
    reward = offer.reward
    if isinstance(reward, Percent | PercentOfShelf | Amount) and reward.units_max is not None:
        costs = [thing.price for thing in things] if isinstance(reward, PercentOfShelf) else left
        sign = 1 if reward.order == "cheapest" else -1
        units = sorted(units, key=lambda u: (sign * costs[u], u))[: reward.units_max]
    if isinstance(reward, FreeProduct):
        mine = [u for u in units if things[u].product in reward.product_ids]
        return sorted(mine, key=lambda u: (-left[u], u))[: reward.quantity]
    if isinstance(reward, FixedUnitPrice):
        units = [u for u in units if left[u] > reward.price_minor]
    each = isinstance(reward, FixedUnitPrice) or (isinstance(reward, Amount) and reward.per == "unit")
    if each and offer.limits.uses_per_receipt is not None:
        return sorted(units, key=lambda u: (-left[u], u))[: offer.limits.uses_per_receipt]
    return units


def amounts(offer: Offer, taken: list[int], left: Sequence[int], things: Sequence[Thing]) -> dict[int, int]:
    """What it takes off each of the units it took."""
    reward, limits = offer.reward, offer.limits
    rooms = {u: room(offer, u, left, things) for u in taken}
    weights = {u: things[u].price if isinstance(reward, PercentOfShelf) else left[u] for u in taken}
    caps = [cap for cap in (limits.budget_minor, limits.discount_max_minor) if cap is not None]
    ceiling = min([*caps, sum(rooms.values())])
    if isinstance(reward, SpendLadder):
        spend = sum(weights.values())
        steps = [step for step in reward.steps if step.from_minor <= spend]
        given = 0
        if steps:
            part = Fraction(spend * steps[-1].percent_bp, 10_000)
            beyond = spend - steps[-1].from_minor
            times = 1 + beyond // steps[-1].each_minor if steps[-1].each_minor else 1
            given = steps[-1].amount_minor * times + _round(part, offer.rounding)
        return _spread(min(given, ceiling), weights, rooms, things)
    if isinstance(reward, Amount) and reward.per == "offer":
        return _spread(min(reward.amount_minor, ceiling), weights, rooms, things)
    if isinstance(reward, Amount):
        wishes = {u: min(reward.amount_minor, rooms[u]) for u in taken}
    elif isinstance(reward, FixedUnitPrice):
        wishes = {u: max(0, min(left[u] - reward.price_minor, rooms[u])) for u in taken}
    else:
        percent_bp = reward.percent_bp if isinstance(reward, Percent | PercentOfShelf) else 10_000
        part = Fraction(percent_bp, 10_000)
        if offer.rounding.scope == "offer":
            wanted = _round(sum(weights.values()) * part, offer.rounding)
            return _spread(min(wanted, ceiling), weights, rooms, things)
        wishes = {u: min(_round(weights[u] * part, offer.rounding), rooms[u]) for u in taken}
    total = min(sum(wishes.values()), ceiling)
    return wishes if total == sum(wishes.values()) else _spread(total, wishes, wishes, things)
