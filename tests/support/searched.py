"""Prices a sale in one way alone: flat, direct, or by the search, which is the judge of both."""

from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.direct import DirectWay
from pos_engine.core.evaluate import PROVEN, finished, searched
from pos_engine.core.flat_rows import FlatPrice
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.outcome import Outcome
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.sale import Sale
from pos_engine.core.usage import Usage
from tests.support.pricing import MOMENT

EFFORT = 200_000
NOTHING_COUNTED = Usage()


def flat(
    ruleset: Ruleset,
    basket: Basket,
    member: Member | None = None,
    usage: Usage = NOTHING_COUNTED,
    moment: Moment = MOMENT,
) -> Outcome | None:
    """The outcome of the walk over integers; None when the sale is not flat."""
    walk = FlatPrice(ruleset, basket, member, usage, moment)
    return walk.outcome(PROVEN) if walk.run() else None


def straight(
    ruleset: Ruleset,
    basket: Basket,
    member: Member | None = None,
    usage: Usage = NOTHING_COUNTED,
    moment: Moment = MOMENT,
) -> Outcome | None:
    """The outcome of the direct way; None when the sale takes a search."""
    sale = Sale(ruleset, basket, member, usage, moment)
    course = DirectWay(sale).run()
    return None if course is None else finished(sale, course, PROVEN, explain=False)


def by_search(
    ruleset: Ruleset,
    basket: Basket,
    member: Member | None = None,
    usage: Usage = NOTHING_COUNTED,
    moment: Moment = MOMENT,
) -> Outcome:
    """The outcome of the search, also for sales that need none."""
    sale = Sale(ruleset, basket, member, usage, moment)
    course, certificate = searched(sale, EFFORT)
    return finished(sale, course, certificate, explain=False)
