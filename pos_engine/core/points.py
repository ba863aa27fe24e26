"""What a finished course earns beside money: points per unit, stamps, messages.

Laws: points count on what is paid in the end; they are kept per unit, so that a return takes back exactly its units'
share; the shares sum to the points.
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine.core.course import Course, Entry
from pos_engine.core.money import BASIS_POINTS_WHOLE, divide_half_up, share_by_largest_remainder
from pos_engine.core.outcome import MessageShown, PointsGrant, PointsShare, StampsGrant
from pos_engine.core.rewards.message import Message
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.points_multiplier import PointsMultiplier
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.core.sale import Sale


def points_of(sale: Sale, course: Course) -> dict[int, dict[int, int]]:
    """Offer number → points per unit, of every offer that gave points."""
    earned: dict[int, dict[int, int]] = {}
    factors = _factors(sale, course)
    for entry in course.entries:
        reward = entry.compiled.offer.reward
        if not isinstance(reward, Points):
            continue
        number = entry.compiled.number
        units = sale.touched[number]
        spent = {unit: course.left[unit] for unit in units}
        whole = sum(spent.values())
        plain = reward.points if not reward.per_minor else _times(reward, whole, reward.per_minor) * reward.points
        most = plain if reward.points_max is None else min(plain, reward.points_max)
        _add(earned, number, spent, most)
        if not reward.per_minor:
            continue
        # Each multiplier has what it adds to the running sum, so that the parts sum to the whole.
        running, before = whole * BASIS_POINTS_WHOLE, plain
        for owner in sorted({owner for owner, _ in factors.values()}):
            mine = {unit: cost for unit, cost in spent.items() if unit in factors and factors[unit][0] == owner}
            running += sum(cost * (factors[unit][1] - BASIS_POINTS_WHOLE) for unit, cost in mine.items())
            after = _times(reward, running, reward.per_minor * BASIS_POINTS_WHOLE) * reward.points
            _add(earned, owner, mine, _under(reward.points_max, after) - _under(reward.points_max, before))
            before = after
    return earned


def _times(reward: Points, spent: int, step: int) -> int:
    """How often a step is in what was spent, as the reward rounds."""
    return divide_half_up(spent, step) if reward.mode == "half_up" else spent // step


def _under(ceiling: int | None, points: int) -> int:
    return points if ceiling is None else min(points, ceiling)


def _factors(sale: Sale, course: Course) -> dict[int, tuple[int, int]]:
    """Unit → (number of the offer, factor in basis points) of the highest multiplier on it."""
    factors: dict[int, tuple[int, int]] = {}
    for entry in sorted(course.entries, key=lambda e: e.compiled.number):
        reward = entry.compiled.offer.reward
        if isinstance(reward, PointsMultiplier):
            for unit in sale.touched[entry.compiled.number]:
                if unit not in factors or reward.multiplier_bp > factors[unit][1]:
                    factors[unit] = (entry.compiled.number, reward.multiplier_bp)
    return factors


def _add(earned: dict[int, dict[int, int]], number: int, spent: dict[int, int], points: int) -> None:
    """Share points over units by what they cost; equally when they cost nothing."""
    mine = earned.setdefault(number, {})
    if points <= 0 or not spent:
        return
    weights = list(spent.values()) if any(spent.values()) else [1] * len(spent)
    for unit, part in zip(spent, share_by_largest_remainder(points, weights), strict=True):
        mine[unit] = mine.get(unit, 0) + part


def without_empty(course: Course, earned: dict[int, dict[int, int]]) -> list[int]:
    """Take out of a course the offers whose points came to nothing; their numbers."""
    empty = [number for number, units in earned.items() if not any(units.values())]
    empty += [
        entry.compiled.number
        for entry in course.entries
        if isinstance(entry.compiled.offer.reward, PointsMultiplier) and entry.compiled.number not in earned
    ]
    course.entries = [entry for entry in course.entries if entry.compiled.number not in empty]
    return empty


def points_grants(sale: Sale, entries: Sequence[Entry], earned: dict[int, dict[int, int]]) -> tuple[PointsGrant, ...]:
    """The points of each offer with its units, in the order of the basket."""
    found: list[PointsGrant] = []
    for entry in entries:
        units = earned.get(entry.compiled.number)
        if not units:
            continue
        rows = sorted((*sale.goods.place_of[unit], points) for unit, points in units.items() if points)
        shares = tuple(
            PointsShare(sale.basket.lines[position].line_id, index, points) for position, index, points in rows
        )
        head = (entry.compiled.campaign_id, entry.compiled.campaign_version, entry.compiled.offer.offer_id)
        found.append(PointsGrant(*head, sum(units.values()), shares))
    return tuple(found)


def stamps_given(sale: Sale, entry: Entry) -> int:
    """How many stamps an offer gives; 0 for other rewards."""
    reward = entry.compiled.offer.reward
    if not isinstance(reward, Stamps):
        return 0
    return reward.stamps * (len(sale.touched[entry.compiled.number]) if reward.per == "unit" else 1)


def stamps_grants(sale: Sale, entries: Sequence[Entry]) -> tuple[StampsGrant, ...]:
    """The stamps of each offer; per unit with the units they were given for."""
    found: list[StampsGrant] = []
    for entry in entries:
        compiled, reward = entry.compiled, entry.compiled.offer.reward
        if not isinstance(reward, Stamps):
            continue
        shares: tuple[PointsShare, ...] = ()
        if reward.per == "unit":
            places = sorted(sale.goods.place_of[unit] for unit in sale.touched[compiled.number])
            lines = sale.basket.lines
            shares = tuple(PointsShare(lines[position].line_id, index, reward.stamps) for position, index in places)
        head = (compiled.campaign_id, compiled.campaign_version, compiled.offer.offer_id)
        found.append(StampsGrant(*head, reward.stamp_card_id, stamps_given(sale, entry), shares))
    return tuple(found)


def messages_of(entries: Sequence[Entry]) -> tuple[MessageShown, ...]:
    """The sentences for the customer."""
    return tuple(
        MessageShown(entry.compiled.campaign_id, entry.compiled.offer.offer_id, entry.compiled.offer.reward.message)
        for entry in entries
        if isinstance(entry.compiled.offer.reward, Message)
    )
