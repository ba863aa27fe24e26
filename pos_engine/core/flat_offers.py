"""An offer as a row of integers: what a sale needs to know of it, so that it never looks at the offer's documents.

Law: a row says what the offer's reward says. What cannot be said so has the shape `NOT_FLAT`: the rewards are asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_engine.core.campaign import Reward
from pos_engine.core.compiled import CompiledOffer
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.any_for_price import AnyForPrice
from pos_engine.core.rewards.buy_get import BuyGet
from pos_engine.core.rewards.fixed_unit_price import FixedUnitPrice
from pos_engine.core.rewards.multi_buy import MultiBuy
from pos_engine.core.rewards.nth_unit import NthUnit
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.percent_of_shelf import PercentOfShelf
from pos_engine.core.rewards.spend_ladder import SpendLadder
from pos_engine.core.selectors import SelectorTable
from pos_engine.core.terms import discount_left_minor, uses_left
from pos_engine.core.usage import OfferLeft

if TYPE_CHECKING:
    from mypy_extensions import i64

NOT_FLAT: Final = 0
PERCENT: Final = 1
SUM: Final = 2
EACH: Final = 3
PRICE: Final = 4
LADDER: Final = 5
PLACES: Final = 6
GROUP_PRICE: Final = 7
BUY_GET: Final = 8
"""Shapes: what has to be asked the long way; a percentage of all units; a sum on all of them; a sum on each; a price
for each; a ladder of spends; so many units by places; so many units for a price; some goods bought, others got."""

NO_END: Final = 1 << 62
"""Stands for "no ceiling": more units or minor units than any sale has."""

NUMBER_MAX: Final = 10**12
"""The largest number a row may hold, in minor units or uses, so that no product of two leaves 64 bits."""


WHOLE_BP: Final = 10_000
"""100 % in basis points, as a constant that the compiler knows."""

_NONE: list[int] = []
"""Most rows have most lists empty: they share one, and nobody adds to it."""


class FlatOffer:
    """`value`: basis points or minor units. `uses_max`, `discount_max`: ceilings while nobody has counted the offer.

    `units_max`: only so many units, the cheapest or (`dearest`) the dearest of them. `down`: rounds down; `each`: each
    unit is rounded. `places`: basis points per place of an application, of `size` units. `steps`: of a ladder, four
    numbers each: from, amount, basis points, each. `alike`: it
    takes all units and rounds once. `buy`, `get`: numbers of two matchers.

    What the gates leave to be asked, when `asks`: `blocked`, `spends` (three numbers each: matcher, amount, whether at
    shelf prices) and the condition `compiled.rest`, which looks at goods when `rest_watches`.
    """

    __slots__ = (
        "alike",
        "asks",
        "blocked",
        "buy",
        "buy_quantity",
        "compiled",
        "dearest",
        "discount_max",
        "down",
        "each",
        "floor",
        "get",
        "offer_id",
        "places",
        "rest_watches",
        "shape",
        "size",
        "spends",
        "steps",
        "sure_from",
        "units_max",
        "uses_max",
        "value",
    )

    def __init__(self, compiled: CompiledOffer, sure_from: int) -> None:
        offer, limits = compiled.offer, compiled.offer.limits
        self.compiled = compiled
        self.offer_id: str = offer.offer_id
        self.shape: i64 = NOT_FLAT
        self.value: i64 = 0
        self.size: i64 = 1
        self.floor: i64 = min(limits.unit_price_floor_minor, NUMBER_MAX)
        self.uses_max: i64 = ceiling(compiled.uses_max)
        self.discount_max: i64 = ceiling(discount_left_minor(limits, OfferLeft()))
        self.units_max: i64 = NO_END
        self.sure_from: i64 = sure_from
        self.buy: i64 = -1
        self.get: i64 = -1
        self.buy_quantity: i64 = 0
        self.dearest = True
        self.alike = False
        self.down: bool = compiled.rounds_down
        self.each: bool = offer.rounding.scope == "unit"
        self.blocked: bool = bool(compiled.blocked)
        self.asks: bool = compiled.asks
        self.rest_watches = False
        self.places: list[int] = _NONE
        self.steps: list[int] = _NONE
        self.spends: list[int] = _NONE

    def left(self, counted: OfferLeft) -> tuple[int, int]:
        """The uses and the minor units that are left when somebody has counted."""
        limits = self.compiled.offer.limits
        return ceiling(uses_left(limits, counted)), ceiling(discount_left_minor(limits, counted))


def ceiling(most: int | None) -> int:
    """A ceiling as a number; None is no ceiling."""
    return NO_END if most is None else min(most, NO_END)


def flat_offer(compiled: CompiledOffer, sure_from: int, table: SelectorTable) -> FlatOffer:
    """The row of an offer."""
    row = FlatOffer(compiled, sure_from)
    if not compiled.pays or compiled.offer.policy == "stack":
        return row
    if compiled.spends:
        row.spends = [n for matcher, minor, before in compiled.spends for n in (matcher, ceiling(minor), int(before))]
    if compiled.rest is not None:
        row.rest_watches = compiled.watches_goods
    row.shape = _shape(row, compiled, table)
    row.alike = row.shape in (PERCENT, SUM) and row.units_max == NO_END and not (row.shape == PERCENT and row.each)
    return row


def _shape(row: FlatOffer, compiled: CompiledOffer, table: SelectorTable) -> int:
    """Fill in how the offer gives; its shape."""
    reward = compiled.offer.reward
    if isinstance(reward, Percent | PercentOfShelf | Amount):
        shape, value = _of_units(row, reward)
    elif isinstance(reward, FixedUnitPrice):
        shape, value = PRICE, reward.price_minor
    elif isinstance(reward, AnyForPrice):
        shape, value, row.size = GROUP_PRICE, reward.price_minor, reward.count
    elif isinstance(reward, SpendLadder):
        shape, value = LADDER, 0
        row.steps = [n for s in reward.steps for n in (s.from_minor, s.amount_minor, s.percent_bp, s.each_minor)]
        if any(0 < step.each_minor < step.amount_minor for step in reward.steps):
            # More given than spent: what it comes to could leave 64 bits.
            return NOT_FLAT
    else:
        shape, value = _of_groups(row, reward, table)
    if not 0 <= value <= NUMBER_MAX or any(not 0 <= step <= NUMBER_MAX for step in row.steps):
        return NOT_FLAT
    row.value = value
    return shape


def _of_units(row: FlatOffer, reward: Percent | PercentOfShelf | Amount) -> tuple[int, int]:
    """Shape and value of what goes to all units, or to the cheapest or dearest of them. They are at shelf prices."""
    row.units_max, row.dearest = ceiling(reward.units_max), reward.order == "dearest"
    if not isinstance(reward, Amount):
        return PERCENT, reward.percent_bp
    if reward.units_max is None:
        # A limit of uses takes the dearest.
        row.dearest = True
    return SUM if reward.per == "offer" else EACH, reward.amount_minor


def _of_groups(row: FlatOffer, reward: Reward, table: SelectorTable) -> tuple[int, int]:
    """Shape and value of what goes to every so many units."""
    if isinstance(reward, BuyGet):
        row.places, row.size = list(reward.places_bp()), reward.size()
        row.buy, row.get = table.matcher(reward.buy).number, table.matcher(reward.get).number
        row.buy_quantity = reward.buy_quantity
        return BUY_GET, reward.percent_bp
    if isinstance(reward, NthUnit):
        row.places, row.size = list(reward.places_bp), reward.size()
        return PLACES, 0
    if isinstance(reward, MultiBuy) and reward.order == "cheapest" and reward.grouping == "customer":
        row.places, row.size = list(reward.places_bp()), reward.size()
        return PLACES, 0
    return NOT_FLAT, 0


def part_of(exact: i64, *, down: bool) -> i64:
    """Basis points of a value that is not negative, in minor units, rounded half up or down."""
    if down:
        return exact // WHOLE_BP
    return (2 * exact + WHOLE_BP) // (2 * WHOLE_BP)


def ladder_minor(row: FlatOffer, spend: i64) -> i64:
    """What a spend earns on a ladder: the highest step it reaches."""
    steps = row.steps
    given: i64 = 0
    at: i64 = 0
    while at < len(steps):
        first: i64 = steps[at]
        if spend >= first:
            again: i64 = steps[at + 3]
            times: i64 = 1
            if again:
                times += (spend - first) // again
            given = steps[at + 1] * times + part_of(spend * steps[at + 2], down=row.down)
        at += 4
    return given
