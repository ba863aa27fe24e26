"""One offer with everything that every basket would otherwise work out again, and the place where it is asked."""

from __future__ import annotations

from datetime import date

from pos_engine.core.campaign import PHASES, Campaign, Condition, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.conditions.not_one import NotOne
from pos_engine.core.money import BASIS_POINTS_WHOLE
from pos_engine.core.offer_parts import Limits
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.selectors import Matcher, SelectorTable
from pos_engine.core.terms import blocked_by, uses_left
from pos_engine.core.usage import OfferLeft

UNTOUCHED = OfferLeft()
"""What earlier baskets left of an offer nobody has counted."""

ASK_THE_REWARD, PERCENT, AMOUNT_ONCE, AMOUNT_PER_UNIT = range(4)
"""How an offer gives: most of a shop's offers are of one of three plain kinds, whose arithmetic needs no objects."""

UNLIMITED: frozenset[Limits] = frozenset({Limits()})
"""The limits of an offer that has none. A set, because mypyc 2.4.1 compares two dataclasses by identity with `==`."""

NEVER_SURE = 1 << 62
"""A price no article has, in minor units."""

Spend = tuple[int, int, bool]
"""A spend that is asked for: number of the matcher that counts, amount in minor units, whether at shelf prices."""


class CompiledOffer:
    """`number` is the place in the stable order (campaign id, offer id), `rank` the place in which offers are asked.

    `watches_goods`: its condition counts goods, so a unit it gives for free must be taken out of the count.
    `follows_discounts`: its condition may answer differently in every phase. `denies_goods`: its condition counts goods
    under a "not", so it may come to hold as goods get cheaper. `past_midnight`: a window of yesterday may be open.
    `pays`: it takes something off. `shares_terms`: offers that round, end and have floors like it have the same terms.

    What the gates of the set leave to be asked: `spends`, and `rest` (None: nothing). `way`: how it gives, and `value`:
    the basis points or the sum of a plain way. `sure_from`: an article of at least this price is surely consumed when
    the gates let the offer through. For an offer nobody has counted: `blocked` is the code of the limit that leaves
    nothing, `uses_max` how often it may give, and without `asks` it holds unasked.
    """

    __slots__ = (
        "asks",
        "blocked",
        "campaign_id",
        "campaign_version",
        "denies_goods",
        "ends_on",
        "floor_minor",
        "follows_discounts",
        "matcher",
        "number",
        "offer",
        "past_midnight",
        "pays",
        "phase_number",
        "rank",
        "rest",
        "rounds_down",
        "shares_terms",
        "spends",
        "starts_on",
        "sure_from",
        "uses_max",
        "value",
        "watches_goods",
        "way",
    )

    def __init__(self, campaign: Campaign, offer: Offer, table: SelectorTable, matcher: Matcher) -> None:
        self.campaign_id: str = campaign.campaign_id
        self.campaign_version: int = campaign.version
        self.starts_on: date = campaign.starts_on
        self.ends_on: date = campaign.ends_on
        self.offer = offer
        self.matcher = matcher
        self.number = -1
        self.rank = -1
        # What takes nothing off comes last, so that it never uses up a coupon that would have saved money.
        self.phase_number: int = PHASES.index("points" if offer.reward.grants() else offer.phase)
        self.watches_goods: bool = add_selectors(offer.condition, table)
        self.follows_discounts: bool = _follows_discounts(offer.condition)
        self.denies_goods: bool = self.watches_goods and _denies(offer.condition)
        self.past_midnight: bool = offer.condition.past_midnight()
        self.pays: bool = not offer.reward.grants()
        self.blocked: str = blocked_by(offer.limits, UNTOUCHED)
        self.uses_max: int | None = uses_left(offer.limits, UNTOUCHED)
        self.floor_minor: int = offer.limits.unit_price_floor_minor
        self.way, self.value = _way(offer)
        self.rounds_down: bool = offer.rounding.mode == "down"
        self.spends: tuple[Spend, ...] = ()
        self.rest: Condition | None = None
        self.asks = True
        self.sure_from: int = NEVER_SURE
        limits, reward = offer.limits, offer.reward
        capped = limits.budget_minor is not None or limits.discount_max_minor is not None
        self.shares_terms: bool = not capped and not reward.slots() and not reward.products()

    def leave(self, rest: list[Condition], table: SelectorTable) -> None:
        """Note what the gates leave to be asked."""
        if self.past_midnight:
            self.rest = self.offer.condition
            self.asks = True
            return
        # What is given for free is taken out of the count, and only the whole condition knows how.
        spends = [] if self.offer.reward.products() else [part for part in rest if isinstance(part, MinimumSpend)]
        self.spends = tuple(
            (table.matcher(part.selector).number, part.amount_minor, part.measured == "before") for part in spends
        )
        others = [part for part in rest if part not in spends]
        if others:
            self.rest = others[0] if len(others) == 1 else AllOf(tuple(others))
        elif not spends and self.offer.policy == "priority" and self.offer.limits in UNLIMITED:
            self.sure_from = self._sure_from()
        self.asks = bool(self.blocked or self.spends or self.rest)

    def _sure_from(self) -> int:
        """From which price on one unit alone makes an unconditional offer give at least one minor unit."""
        if self.way == PERCENT and self.value > 0:
            whole = BASIS_POINTS_WHOLE if self.rounds_down else BASIS_POINTS_WHOLE // 2
            return -(-whole // self.value)
        return 1 if self.way == AMOUNT_ONCE and self.value > 0 else NEVER_SURE


def _way(offer: Offer) -> tuple[int, int]:
    """Whether an offer gives in a plain way, and how much: nothing but uses bounds it, and it takes all it may."""
    reward, limits = offer.reward, offer.limits
    if limits.budget_minor is not None or limits.discount_max_minor is not None or limits.unit_price_floor_minor:
        return ASK_THE_REWARD, 0
    if type(reward) is Percent and reward.units_max is None and offer.rounding.scope == "offer":
        return PERCENT, reward.percent_bp
    if type(reward) is Amount and reward.units_max is None:
        return AMOUNT_ONCE if reward.per == "offer" else AMOUNT_PER_UNIT, reward.amount_minor
    return ASK_THE_REWARD, 0


def asked_in(compiled: CompiledOffer) -> tuple[int, int, str, int, str, int]:
    """The order in which offers are asked: by phase; the merchant's own order, then the others, then mere grants.

    Of an exclusive group the largest sum comes first.
    """
    offer = compiled.offer
    if not compiled.pays:
        return (compiled.phase_number, 2, "", 0, "", compiled.number)
    if offer.policy == "priority":
        return (compiled.phase_number, 0, "", -offer.priority, offer.offer_id, 0)
    sum_first = -offer.reward.amount_minor if isinstance(offer.reward, Amount) and offer.policy == "exclusive" else 0
    group = offer.exclusive_group if offer.policy == "exclusive" else ""
    return (compiled.phase_number, 1, group, sum_first, "", compiled.number)


def _denies(condition: Condition) -> bool:
    return isinstance(condition, NotOne) or any(_denies(part) for part in condition.parts())


def _follows_discounts(condition: Condition) -> bool:
    return condition.follows_discounts() or any(_follows_discounts(part) for part in condition.parts())


def add_selectors(condition: Condition, table: SelectorTable) -> bool:
    """Prepare all selectors of a condition tree; True when there are any."""
    selectors = condition.selectors()
    for selector in selectors:
        table.add(selector)
    inside = [add_selectors(part, table) for part in condition.parts()]
    return bool(selectors) or any(inside)
