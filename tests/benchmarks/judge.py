"""The judge of the best price on big real baskets: an integer programme, solved by HiGHS through scipy.

It shares no line with the core's search. Rounding, sums given once, and spends after discounts are said exactly; what
it cannot say (multi-buys, more than one offer that stands on a spend) makes a basket one that it does not judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.course import Course
from pos_engine.core.phase import Live, live_offers
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.sale import Sale, answer_of
from pos_engine.core.usage import Usage
from tests.benchmarks.campaigns import Visit

WHOLE = 10_000
HALF = WHOLE // 2
LINE, BASKET = 0, 2
SECONDS_MAX = 20.0
"""A basket that takes HiGHS longer is not judged."""


class CannotJudgeError(Exception):
    """The basket has an offer, or a proof, beyond this judge."""


@dataclass(frozen=True)
class WholeBasketOffer:
    """A sum off the whole basket from a spend on, one such offer a receipt."""

    amount_minor: int
    spend_minor: int


class Model:
    """Rows and columns of an integer programme."""

    def __init__(self) -> None:
        self.worth: list[float] = []
        self.highest: list[float] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []

    def column(self, highest: float, worth: float = 0) -> int:
        """A whole number from zero on."""
        self.worth.append(worth)
        self.highest.append(highest)
        return len(self.worth) - 1

    def row(self, parts: dict[int, float], low: float, high: float) -> None:
        """A sum that has to lie between two numbers."""
        self.rows.append((parts, low, high))

    def solve(self) -> int:
        """The highest worth, proven."""
        if not self.worth:
            return 0
        at = [(number, column) for number, (parts, _, _) in enumerate(self.rows) for column in parts]
        values = [value for parts, _, _ in self.rows for value in parts.values()]
        shape = (len(self.rows), len(self.worth))
        matrix = csr_array((values, ([r for r, _ in at], [c for _, c in at])), shape=shape)
        found = milp(
            -np.array(self.worth),
            integrality=np.ones(len(self.worth)),
            bounds=Bounds(0, np.array(self.highest)),
            constraints=LinearConstraint(matrix, [low for _, low, _ in self.rows], [high for _, _, high in self.rows]),
            options={"time_limit": SECONDS_MAX, "mip_rel_gap": 0},
        )
        if found.status != 0:
            raise CannotJudgeError(found.message)
        return round(-float(found.fun))


def best_minor(ruleset: Ruleset, visit: Visit) -> int:
    """The most that any legal way of applying the offers saves on this basket."""
    sale = Sale(ruleset, visit.basket, visit.member, Usage(), visit.moment)
    sale.touch()
    numbers = sorted(sale.touched)
    lives = live_offers(sale, Course(list(sale.goods.price)), numbers, {})
    here = [live for live in lives if live.compiled.phase_number == LINE]
    if any(sale.ruleset.offers[number].phase_number not in {LINE, BASKET} for number in numbers):
        raise CannotJudgeError("a phase of its own")
    return _solved(sale.goods.price, here, _whole_basket_offers(sale, numbers))


def _whole_basket_offers(sale: Sale, numbers: Sequence[int]) -> list[WholeBasketOffer]:
    """What may come after the first phase; a spend after discounts is at shelf prices at most."""
    facts = sale.facts(sale.goods.price)
    found: list[WholeBasketOffer] = []
    for number in numbers:
        compiled = sale.ruleset.offers[number]
        if compiled.phase_number != BASKET or not answer_of(compiled, facts).yes:
            continue
        offer = compiled.offer
        spends = [part for part in offer.condition.parts() if isinstance(part, MinimumSpend)]
        every = len(sale.touched[number]) == len(sale.goods.price)
        if not isinstance(offer.reward, Amount) or offer.policy != "exclusive" or len(spends) != 1 or not every:
            raise CannotJudgeError(f"{offer.offer_id} on the basket")
        found.append(WholeBasketOffer(offer.reward.amount_minor, spends[0].amount_minor))
    return found


def _solved(prices: Sequence[int], lives: Sequence[Live], whole: Sequence[WholeBasketOffer]) -> int:
    model = Model()
    takers: dict[int, dict[int, int]] = {}
    used: dict[int, int] = {}
    savings: list[int] = []
    for number, live in enumerate(lives):
        used[number] = model.column(1)
        mine = {unit: model.column(1) for unit in live.units}
        for unit, column in mine.items():
            takers.setdefault(unit, {})[number] = column
            model.row({column: 1, used[number]: -1}, -1, 0)
        saving = model.column(sum(prices[unit] for unit in live.units), 1)
        savings.append(saving)
        # Who gives nothing is not used, and may not keep units from others.
        model.row({saving: 1, used[number]: -1}, 0, np.inf)
        _say(model, live, saving, mine, prices)
    for columns in takers.values():
        model.row(dict.fromkeys(columns.values(), 1), 0, 1)
        for number in columns:
            # Who is used takes every unit that he may, unless another one takes it.
            model.row({**dict.fromkeys(columns.values(), 1), used[number]: -1}, 0, np.inf)
    _say_whole(model, whole, savings, sum(prices))
    return model.solve()


def _say(model: Model, live: Live, saving: int, mine: dict[int, int], prices: Sequence[int]) -> None:
    """What one offer takes off the units it gets."""
    reward, terms = live.compiled.offer.reward, live.terms
    if terms.floor_minor or terms.discount_max_minor is not None or live.compiled.offer.policy != "best":
        raise CannotJudgeError(f"{live.compiled.offer.offer_id} has a floor, a ceiling or a policy")
    if isinstance(reward, Percent) and reward.units_max is None and terms.rounding.mode == "half_up":
        exact = {column: float(prices[unit] * reward.percent_bp) for unit, column in mine.items()}
        model.row({**{c: -v for c, v in exact.items()}, saving: WHOLE}, HALF - WHOLE + 1, HALF)
        return
    if not isinstance(reward, Amount) or reward.units_max is not None:
        raise CannotJudgeError(f"{live.compiled.offer.offer_id} is of another kind")
    if reward.per == "offer":
        room = {column: float(prices[unit]) for unit, column in mine.items()}
        _say_least(model, saving, room, reward.amount_minor)
        return
    if terms.uses_max is None:
        room = {column: float(min(prices[unit], reward.amount_minor)) for unit, column in mine.items()}
        model.row({**{c: -v for c, v in room.items()}, saving: 1}, 0, 0)
        return
    if terms.uses_max != 1:
        raise CannotJudgeError(f"{live.compiled.offer.offer_id} may be used several times")
    _say_dearest(model, saving, mine, prices, reward.amount_minor)


def _say_least(model: Model, saving: int, room: dict[int, float], amount: int) -> None:
    """The saving is the amount, or all the room when that is less."""
    most = sum(room.values())
    full = model.column(1)
    model.row({**{c: -v for c, v in room.items()}, saving: 1}, -np.inf, 0)
    model.row({saving: 1}, 0, amount)
    model.row({saving: 1, full: -amount}, 0, np.inf)
    model.row({**{c: -v for c, v in room.items()}, saving: 1, full: most}, 0, np.inf)


def _say_dearest(model: Model, saving: int, mine: dict[int, int], prices: Sequence[int], amount: int) -> None:
    """The saving is that of the dearest unit it gets."""
    picked: dict[int, float] = {}
    for unit, column in mine.items():
        worth = float(min(prices[unit], amount))
        model.row({saving: 1, column: -worth}, 0, np.inf)
        choice = model.column(1)
        model.row({choice: 1, column: -1}, -1, 0)
        picked[choice] = worth
    model.row(dict.fromkeys(picked, 1), 0, 1)
    model.row({**{c: -v for c, v in picked.items()}, saving: 1}, -np.inf, 0)


def _say_whole(model: Model, whole: Sequence[WholeBasketOffer], savings: Sequence[int], price: int) -> None:
    winners: list[int] = []
    for offer in whole:
        if offer.spend_minor <= price:
            winner = model.column(1, min(offer.amount_minor, offer.spend_minor))
            winners.append(winner)
            # It is given only while the discounts leave the spend.
            model.row({**dict.fromkeys(savings, 1), winner: offer.spend_minor}, 0, price)
    if winners:
        model.row(dict.fromkeys(winners, 1), 0, 1)
