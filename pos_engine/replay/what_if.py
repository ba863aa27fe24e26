"""What a draft would have cost, while somebody types: an inverted index finds the receipts that it can touch.

Only those are priced, and of their prices only the totals are asked for. Law: what is said is what a replay of all
receipts says, unless `share` is above 1: then a draft can touch so many receipts that one in `share` was priced, all
receipts of a member or none, and the sums were multiplied.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Final

import msgspec

from pos_engine.core.member import Member
from pos_engine.core.money import Tariff
from pos_engine.core.outcome import Outcome
from pos_engine.core.rewards.points_multiplier import PointsMultiplier
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.usage import Usage
from pos_engine.replay.count import article_of, drawn
from pos_engine.replay.draft import Reach, Trial, names_of
from pos_engine.replay.past import PastReceipts
from pos_engine.replay.totals import Totals

UNKNOWN: Final = -1
WORST_KEPT: Final = 10
PROBED: Final = 250
"""Receipts that are priced to see how long one takes; of fewer, no member's might be among those drawn."""
ASKED_EVERY: Final = 16
"""Receipts between two looks at whether somebody still waits: some milliseconds."""


class PastIndex:
    """Name of goods → articles → receipts, over all receipts of a shop. Made once; receipts are not added later.

    `draws`: a number per receipt, the same for all receipts of a member, by which some of them are drawn.
    """

    def __init__(self, past: PastReceipts) -> None:
        self.past = past
        self._articles: defaultdict[tuple[str, str], array[int]] = defaultdict(lambda: array("I"))
        for number, own in enumerate(past.articles):
            for name in names_of(own):
                self._articles[name].append(number)
        counts = Counter(past.article_of)
        self._starts = array("I", (0,))
        for number in range(len(past.articles)):
            self._starts.append(self._starts[-1] + counts[number])
        self._receipts = array("I", bytes(4 * len(past.article_of)))
        free = array("I", self._starts)
        for receipt in range(len(past)):
            for article in past.article_of[past.first_line[receipt] : past.first_line[receipt + 1]]:
                self._receipts[free[article]] = receipt
                free[article] += 1
        in_time = past.in_time_order()
        self._in_time = in_time
        self._is_in_time = all(here < after for here, after in pairwise(in_time))
        self.draws = array("I", (drawn(past, number) for number in range(len(past))))

    def touched_by(self, reach: Reach, tariff: Tariff) -> list[int]:
        """The receipts with goods that a draft may touch, in the order they were sold."""
        past = self.past
        if reach.everything:
            return self._in_time
        found: set[int] = set()
        articles = sorted({number for name in reach.names for number in self._articles.get(name, ())})
        for number in articles:
            if reach.counts(article_of(past, number, tariff)):
                found.update(self._receipts[self._starts[number] : self._starts[number + 1]])
        return sorted(found) if self._is_in_time else past.in_time_order(sorted(found))


class WorstTouched(msgspec.Struct, frozen=True, array_like=True):
    """A receipt that the drafts make dearest for the shop."""

    cost_minor: int
    key: str
    value_minor: int


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """What the drafts would have cost beside what runs, in minor units. `days`: per day (ordinal) what they cost.

    `alone_minor`: what they would give with nothing beside them, also where others leave them nothing. `priced`:
    receipts that were looked at. `met`: those (by number) where drafts and running campaigns are in each other's way.
    `cut`: nobody waited any more, and the sums are of a part.
    """

    receipts: int
    receipts_touched: int
    members_touched: int
    cost_minor: int
    alone_minor: int
    days: dict[int, int]
    worst: tuple[WorstTouched, ...]
    priced: int
    share: int
    met: tuple[int, ...] = ()
    cut: bool = False


class Beside:
    """What running campaigns give on past receipts: worked out once per receipt, for all drafts that come."""

    def __init__(self, rules: Ruleset, index: PastIndex) -> None:
        self._totals = Totals(rules, index.past)
        self._minor = array("q", (UNKNOWN,)) * len(index.past)

    def discount_minor(self, number: int) -> int:
        """The discount of a receipt without the drafts."""
        known = self._minor[number]
        if known == UNKNOWN:
            known = self._minor[number] = self._totals.of(number)[1]
        return known


class Tables:
    """What the sets of a trial know of goods; made once, it grows with each receipt that is priced.

    `numbers`: the receipts that the drafts can touch, in the order they were sold.
    """

    def __init__(self, trial: Trial, index: PastIndex) -> None:
        self.alone = Totals(trial.alone, index.past)
        self.together = Totals(trial.together, index.past)
        self.numbers = index.touched_by(trial.reach, trial.tariff)


def what_if(
    index: PastIndex,
    trial: Trial,
    beside: Beside | None = None,
    *,
    receipts_max: int | None = None,
    given_up: Callable[[], bool] = lambda: False,
    tables: Tables | None = None,
) -> WhatIf:
    """Price the receipts that the drafts can touch. `beside` belongs to the trial's running campaigns and the index.

    `receipts_max`: when they can touch more, one in so many is priced. `given_up`: nobody waits for it any more.
    `tables`: where the same trial was asked about before.
    """
    tables = tables or Tables(trial, index)
    beside = beside or Beside(trial.before, index)
    past = index.past
    numbers = tables.numbers
    share = 1 if receipts_max is None else -(-len(numbers) // receipts_max) or 1
    numbers, share = _drawn(index, numbers, share)
    meter = trial.meter(share)
    alone_settles = _alone_settles(trial.alone)
    alone, together = tables.alone, tables.together
    days: Counter[int] = Counter()
    members: set[str] = set()
    worst: list[tuple[int, str, int]] = []
    met: list[int] = []
    touched = alone_minor = priced = 0
    cut = False
    for number in numbers:
        if priced % ASKED_EVERY == 0 and given_up():
            cut = True
            break
        priced += 1
        moment = past.moment(number)
        member, usage = meter.before(past.member(number), past.usage(number), moment.local_date)
        if not trial.reach.lets_in(past.heads[past.head_of[number]], member, moment):
            continue
        own_minor = alone.beside(number, member, usage)[1]
        if own_minor == 0 and alone_settles and not _gives_beside(alone, number, member, usage):
            continue
        value_minor, together_minor = together.beside(number, member, usage)
        cost_minor = together_minor - beside.discount_minor(number)
        alone_minor += own_minor
        if cost_minor != own_minor:
            met.append(number)
        if meter.busy or cost_minor == 0:
            outcome = together.outcome(number, member, usage)
            applied = [one for one in outcome.applied if one.campaign_id in trial.draft_ids]
            if not applied and not _grants(outcome, trial.draft_ids):
                continue
            meter.book("" if member is None else member.member_id, moment.local_date, applied)
        touched += 1
        days[past.day[number]] += cost_minor
        if member is not None:
            members.add(member.member_id)
        worst.append((cost_minor, past.keys[number], value_minor))
    worst.sort(key=lambda one: (-one[0], one[1]))
    return WhatIf(
        receipts=len(past),
        receipts_touched=touched * share,
        members_touched=len(members) * share,
        cost_minor=days.total() * share,
        alone_minor=alone_minor * share,
        days={day: minor * share for day, minor in sorted(days.items())},
        worst=tuple(WorstTouched(*one) for one in worst[:WORST_KEPT]),
        priced=priced,
        share=share,
        met=tuple(met),
        cut=cut,
    )


def _drawn(index: PastIndex, numbers: list[int], share: int) -> tuple[list[int], int]:
    """One receipt in so many; in fewer where that draws none: few members may have bought all of them."""
    draws = index.draws
    while share > 1:
        some = [number for number in numbers if draws[number] % share == 0]
        if some:
            return some, share
        share //= 2
    return numbers, 1


def what_if_within(
    seconds: float,
    index: PastIndex,
    trial: Trial,
    beside: Beside,
    *,
    receipts_max: int,
    clock: Callable[[], float],
    given_up: Callable[[], bool] = lambda: False,
) -> WhatIf:
    """As many receipts as can be priced in so many seconds by a clock, at most `receipts_max`.

    How long one takes depends on the campaigns: twenty times as long where the best of many is looked for. So a few are
    priced first. Where the rest is not done in time, what these few say is the answer.
    """
    start = clock()
    tables = Tables(trial, index)

    def late() -> bool:
        return given_up() or clock() - start >= seconds

    begun = clock()
    tried = min(PROBED, receipts_max)
    found = what_if(index, trial, beside, receipts_max=tried, given_up=given_up, tables=tables)
    now = clock()
    # Putting the campaigns in order is done, and takes as long for few receipts as for many.
    can = min(receipts_max, int(found.priced * (seconds - (now - start)) / max(now - begun, 1e-6)))
    if found.share == 1 or found.cut or can <= tried:
        return found
    more = what_if(index, trial, beside, receipts_max=can, given_up=late, tables=tables)
    return found if more.cut else more


def _alone_settles(rules: Ruleset) -> bool:
    """Whether drafts that give nothing alone give nothing beside others either.

    What others take off can make a "not" hold, and only others give points that can be multiplied.
    """
    return not any(one.denies_goods or isinstance(one.offer.reward, PointsMultiplier) for one in rules.offers)


def _gives_beside(alone: Totals, number: int, member: Member | None, usage: Usage) -> bool:
    """Whether drafts that take nothing off a receipt give something beside money."""
    if not alone.rules.any_grants:
        return False
    outcome = alone.outcome(number, member, usage)
    return bool(outcome.points or outcome.stamps or outcome.messages or outcome.coupon_grants)


def _grants(outcome: Outcome, campaign_ids: Iterable[str]) -> bool:
    """Whether one of these campaigns gave something beside money."""
    wanted = frozenset(campaign_ids)
    rows = (outcome.points, outcome.stamps, outcome.messages, outcome.coupon_grants)
    return any(grant.campaign_id in wanted for grants in rows for grant in grants)
