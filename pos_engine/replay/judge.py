"""What drafts do to one past receipt: what they give, take from campaigns that run, and lose to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pos_engine.core.basket import Basket
from pos_engine.core.evaluate import DEFAULT_EFFORT, evaluate
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.outcome import Outcome
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.usage import Usage
from pos_engine.replay.draft import Trial
from pos_engine.replay.meter import Meter
from pos_engine.replay.past import PastSale


@dataclass(frozen=True)
class Gift:
    """What one draft campaign gave on a receipt: on so many lines, worth so much before any discount."""

    campaign_id: str
    discount_minor: int
    uses: int
    lines: int
    value_minor: int
    points: int
    coupons: int


@dataclass(frozen=True)
class Conflict:
    """On a receipt one campaign got what another would have given: the loser gives that much less."""

    winner_id: str
    loser_id: str
    lost_minor: int


@dataclass(frozen=True)
class Verdict:
    """A receipt that drafts touch, or would without others. `cost_minor`: what is given more than without the drafts.

    `discount_minor`: all discounts of the receipt with the drafts.
    """

    gifts: tuple[Gift, ...]
    conflicts: tuple[Conflict, ...]
    cost_minor: int
    value_minor: int
    discount_minor: int


@dataclass(frozen=True)
class Inputs:
    """What one receipt is priced with, the drafts' coupons and limits in it."""

    basket: Basket
    member: Member | None
    usage: Usage
    moment: Moment

    def price(self, rules: Ruleset) -> Outcome:
        """One price."""
        return evaluate(rules, self.basket, self.member, self.usage, self.moment, DEFAULT_EFFORT, explain=False)


def inputs_of(sale: PastSale, meter: Meter) -> Inputs:
    """The receipt's own inputs, with what the drafts would have put beside them."""
    member, usage = meter.before(sale.member, sale.usage, sale.moment.local_date)
    return Inputs(sale.basket, member, usage, sale.moment)


def judge(trial: Trial, inputs: Inputs, meter: Meter) -> tuple[Verdict | None, int, int]:
    """Price a receipt with the drafts and without.

    Back come the verdict (None: untouched), the value of the goods, and the discount without the drafts.
    """
    together = inputs.price(trial.together)
    before = inputs.price(trial.before)
    was_minor = before.total_discount_minor
    gifts = _gifts(trial, together)
    conflicts = _conflicts(trial, inputs, before, together) if trial.running else ()
    if gifts:
        applied = [one for one in together.applied if one.campaign_id in trial.draft_ids]
        meter.book("" if inputs.member is None else inputs.member.member_id, inputs.moment.local_date, applied)
    if not gifts and not conflicts:
        return None, together.total_value_minor, was_minor
    cost_minor = together.total_discount_minor - was_minor
    value_minor = together.total_value_minor
    verdict = Verdict(gifts, conflicts, cost_minor, value_minor, together.total_discount_minor)
    return verdict, value_minor, was_minor


def _gifts(trial: Trial, outcome: Outcome) -> tuple[Gift, ...]:
    """Per draft campaign what it gave, money or something beside it, in the order of their ids."""
    discount: Counter[str] = Counter()
    uses: Counter[str] = Counter()
    for one in outcome.applied:
        discount[one.campaign_id] += one.discount_minor
        uses[one.campaign_id] += one.uses
    beside: Counter[str] = Counter()
    for grants in (outcome.points, outcome.stamps, outcome.messages, outcome.coupon_grants):
        beside.update(grant.campaign_id for grant in grants)
    points: Counter[str] = Counter()
    for earned in outcome.points:
        points[earned.campaign_id] += earned.points
    coupons = Counter(grant.campaign_id for grant in outcome.coupon_grants)
    touched = sorted((uses.keys() | beside.keys()) & trial.draft_ids)
    if not touched:
        return ()
    values = {line.line_id: line.value_minor for line in outcome.lines}
    lines: dict[str, set[str]] = {campaign_id: set() for campaign_id in touched}
    for share in outcome.shares:
        if share.campaign_id in lines:
            lines[share.campaign_id].add(share.line_id)
    return tuple(
        Gift(each, discount[each], uses[each], len(lines[each]), sum(values[line] for line in lines[each]),
             points[each], coupons[each])
        for each in touched
    )  # fmt: skip


def _conflicts(trial: Trial, inputs: Inputs, before: Outcome, together: Outcome) -> tuple[Conflict, ...]:
    """Running campaigns that give less beside the drafts, and drafts that give less than they would alone."""
    alone = inputs.price(trial.alone)
    now, was, own = _by_campaign(together), _by_campaign(before), _by_campaign(alone)
    strongest = max(sorted(trial.draft_ids), key=lambda each: now[each])
    found = [
        Conflict(strongest, campaign_id, was[campaign_id] - now[campaign_id])
        for campaign_id in sorted(was.keys() - trial.draft_ids)
        if was[campaign_id] > now[campaign_id]
    ]
    lost = {each: own[each] - now[each] for each in sorted(own) if own[each] > now[each]}
    if lost:
        winner = _winner(trial, alone, together)
        found.extend(Conflict(winner, each, minor) for each, minor in lost.items())
    return tuple(found)


def _by_campaign(outcome: Outcome) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in outcome.applied:
        found[one.campaign_id] += one.discount_minor
    return found


def _winner(trial: Trial, alone: Outcome, together: Outcome) -> str:
    """The running campaign that gives most on the units that the drafts would have reduced; empty: none does."""
    wanted = {(share.line_id, share.unit_index) for share in alone.shares if share.amount_minor}
    taken: Counter[str] = Counter()
    for share in together.shares:
        if share.campaign_id not in trial.draft_ids and (share.line_id, share.unit_index) in wanted:
            taken[share.campaign_id] += share.amount_minor
    return min(taken, key=lambda each: (-taken[each], each), default="")
