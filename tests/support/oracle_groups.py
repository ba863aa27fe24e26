"""The judge's reading of multi-buys: every way of putting some units of a pile into applications is tried."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from pos_engine.core.campaign import Offer
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.slot_bundle import SlotBundle

Application = tuple[tuple[int, ...], tuple[int, ...]]
"""Units, and at the same places what is off each in basis points."""

Matches = Callable[[Selector, int], bool]


def best_groups(
    offer: Offer, pile: Sequence[int], left: Sequence[int], rooms: Mapping[int, int], matches: Matches
) -> dict[int, int]:
    """What the units of the best arrangement get; units that are only needed get 0. `rooms`: what may be taken off."""
    reward = offer.reward
    if isinstance(reward, MultiBuy) and reward.grouping == "basket":
        return _amounts(offer, [_of_basket(reward, offer, pile, left)], left, rooms)
    if isinstance(reward, SlotBundle | BuyGet):
        for slot in reward.slots():
            assert slot.quantity >= 1
        pile = [u for u in pile if any(matches(slot.selector, u) for slot in reward.slots())]
    applications = list(_applications(offer, pile, left, matches))
    best: dict[int, int] = {}
    for chosen in _disjoint(applications, offer.limits.uses_per_receipt):
        if isinstance(reward, BuyGet) and not _fair(reward, chosen, left, matches):
            continue
        given = _amounts(offer, chosen, left, rooms)
        if sum(given.values()) > sum(best.values()):
            best = given
    return best


def _disjoint(applications: Sequence[Application], most: int | None) -> Iterator[list[Application]]:
    """Every choice of applications that share no unit."""

    def grow(start: int, chosen: list[Application], used: frozenset[int]) -> Iterator[list[Application]]:
        yield chosen
        if most is not None and len(chosen) >= most:
            return
        for number in range(start, len(applications)):
            units = frozenset(applications[number][0])
            if not units & used:
                yield from grow(number + 1, [*chosen, applications[number]], used | units)

    yield from grow(0, [], frozenset())


def _applications(offer: Offer, pile: Sequence[int], left: Sequence[int], matches: Matches) -> Iterator[Application]:
    reward = offer.reward
    if isinstance(reward, BuyGet | SlotBundle):
        yield from _slot_applications(reward, pile, matches)
        return
    if isinstance(reward, AnyForPrice):
        for units in itertools.combinations(pile, reward.count):
            yield units, (0,) * len(units)
        return
    if isinstance(reward, NthUnit):
        places = reward.places_bp
    else:
        assert isinstance(reward, MultiBuy)
        few, many = (reward.percent_bp,) * reward.count, (0,) * (reward.every - reward.count)
        places = many + few if reward.order == "cheapest" else few + many
    for units in itertools.combinations(pile, len(places)):
        yield tuple(sorted(units, key=lambda u: (-left[u], u))), places


def _slot_applications(reward: BuyGet | SlotBundle, pile: Sequence[int], matches: Matches) -> Iterator[Application]:
    if isinstance(reward, BuyGet):
        for bought in itertools.combinations([u for u in pile if matches(reward.buy, u)], reward.buy_quantity):
            rest = [u for u in pile if u not in bought and matches(reward.get, u)]
            for got in itertools.combinations(rest, reward.get_quantity):
                yield bought + got, (0,) * len(bought) + (reward.percent_bp,) * len(got)
    else:
        wanted = [slot.selector for slot in reward.bundle_slots for _ in range(slot.quantity)]
        for units in itertools.combinations(pile, len(wanted)):
            orders = itertools.permutations(units)
            if any(all(matches(w, u) for w, u in zip(wanted, order, strict=True)) for order in orders):
                yield units, (reward.percent_bp or 0,) * len(units)


def _of_basket(reward: MultiBuy, offer: Offer, pile: Sequence[int], left: Sequence[int]) -> Application:
    times = len(pile) // reward.every
    if offer.limits.uses_per_receipt is not None:
        times = min(times, offer.limits.uses_per_receipt)
    sign = 1 if reward.order == "cheapest" else -1
    units = sorted(pile, key=lambda u: (sign * left[u], u))[: times * reward.every]
    few = times * reward.count
    return tuple(units), (reward.percent_bp,) * few + (0,) * (len(units) - few)


def _fair(reward: BuyGet, chosen: Sequence[Application], left: Sequence[int], matches: Matches) -> bool:
    """No unit that is got is dearer than one that was bought and could have been got.

    When everything chosen can be bought and got, this holds inside each application, else over all of them.
    """
    pairs = [(units[: reward.buy_quantity], units[reward.buy_quantity :]) for units, _ in chosen]
    if not all(matches(reward.buy, u) and matches(reward.get, u) for units, _ in chosen for u in units):
        pairs = [(tuple(u for bought, _ in pairs for u in bought), tuple(u for _, got in pairs for u in got))]
    return all(left[g] <= left[b] for bought, got in pairs for g in got for b in bought if matches(reward.get, b))


def _amounts(
    offer: Offer, chosen: Sequence[Application], left: Sequence[int], rooms: Mapping[int, int]
) -> dict[int, int]:
    """The amounts of one choice. Within one phase only their sum and the consumed units matter."""
    reward, limits = offer.reward, offer.limits
    units = [u for group, _ in chosen for u in group]
    parts = {u: part for group, places in chosen for u, part in zip(group, places, strict=True)}
    caps = [cap for cap in (limits.budget_minor, limits.discount_max_minor) if cap is not None]
    fixed = reward.price_minor if isinstance(reward, AnyForPrice | SlotBundle) else None
    half = Fraction(0) if offer.rounding.mode == "down" else Fraction(1, 2)
    if fixed is not None:
        total = max(0, min(sum(left[u] for u in units) - fixed * len(chosen), sum(rooms[u] for u in units)))
    elif offer.rounding.scope == "offer":
        total = int(sum(Fraction(left[u] * parts[u], 10_000) for u in units) + half)
        total = min(total, sum(rooms[u] for u in units if parts[u]))
    else:
        total = sum(min(int(Fraction(left[u] * parts[u], 10_000) + half), rooms[u]) for u in units)
    total = min([total, *caps])
    amounts: dict[int, int] = {}
    for u in units:
        amounts[u] = min(total, rooms[u])
        total -= amounts[u]
    assert total == 0
    return amounts
