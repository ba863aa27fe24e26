"""`evaluate`: the price of one basket under one ruleset, with a reason for every offer.

Laws: no clock, no I/O, no float; the same inputs give the same outcome, byte for byte; the order and the splitting of
lines never changes a total; nothing goes below zero or below its floor; the parts sum to the whole.
"""

from __future__ import annotations

from pos_engine.core.answers import Answer, no
from pos_engine.core.basket import Basket
from pos_engine.core.campaign import PHASES
from pos_engine.core.compiled import CompiledOffer
from pos_engine.core.course import Course
from pos_engine.core.direct import DirectWay
from pos_engine.core.effort import Effort
from pos_engine.core.flat_rows import FlatPrice
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.outcome import Certificate, Outcome, Reason
from pos_engine.core.phase import Live, live_offers, without_own_goods
from pos_engine.core.points_discount import take_points
from pos_engine.core.reasons import FREE_PRODUCT_NOT_IN_BASKET, NO_MEMBER, NOTHING_TO_SAVE, TARGET_NOT_IN_BASKET
from pos_engine.core.report import Earned, applied_reason, earned_in, lost_reason, outcome_of
from pos_engine.core.ruleset import Ruleset
from pos_engine.core.sale import Sale, answer_of, running
from pos_engine.core.solve import Solver
from pos_engine.core.usage import Usage
from pos_engine.core.ways_search import WaysSearch, choices_of

DEFAULT_EFFORT = 1_000
"""Steps of the exact search, about 40 µs each in plain Python. With 1,000 campaigns 997 of 1,000 real baskets are
proven within them, nearly all in less than a hundred (docs/performance.md)."""

PROVEN = Certificate(optimal=True, gap_minor=0, effort_used=0)
"""Nothing had to be searched."""


def evaluate(
    ruleset: Ruleset,
    basket: Basket,
    member: Member | None,
    usage: Usage,
    moment: Moment,
    effort: int = DEFAULT_EFFORT,
    *,
    explain: bool = True,
) -> Outcome:
    """Price a basket. `effort` bounds the search for the best price; the outcome's certificate says how good it is.

    `explain=False` leaves the reasons empty and everything else the same: then campaigns that cannot touch the basket
    cost nothing, however many there are. `reasons_for` gives the reasons later.
    """
    if ruleset.with_ways and len(basket.presented_coupons) + (len(member.held_coupons) if member else 0) > 1:
        sale = Sale(ruleset, basket, member, usage, moment)
        sale.contested = _has_choices(sale)
    elif not explain and ruleset.tariff.prices_include_tax:
        walk = FlatPrice(ruleset, basket, member, usage, moment)
        if walk.run():
            return walk.outcome(PROVEN)
        sale = walk.sale()
    else:
        sale = Sale(ruleset, basket, member, usage, moment)
    course = None if sale.contested else DirectWay(sale).run()
    if course is not None:
        return finished(sale, course, PROVEN, explain=explain)
    course, certificate = searched(sale, effort)
    return finished(sale, course, certificate, explain=explain)


def searched(sale: Sale, effort: int) -> tuple[Course, Certificate]:
    """The best course of any sale, and how good it is."""
    sale.touch()
    phases: list[list[int]] = [[] for _ in PHASES]
    # The gates have asked for the member and for what was declined.
    for number in sorted(sale.touched):
        phases[sale.ruleset.offers[number].phase_number].append(number)
    purse = Effort(effort)
    choices = choices_of(sale) if sale.ruleset.with_ways else {}
    return WaysSearch(sale, phases, purse, choices).run() if choices else Solver(sale, phases, purse).run()


def _has_choices(sale: Sale) -> bool:
    """Whether an offer could take one coupon or another, so that it takes a search."""
    sale.touch()
    return bool(choices_of(sale))


def finished(sale: Sale, course: Course, certificate: Certificate, *, explain: bool) -> Outcome:
    """What a course comes to: points used as a discount, points earned, the reasons when they are wanted."""
    taken = take_points(sale, course.left)
    earned, nothing = earned_in(sale, course) if course.grants else ({}, [])
    reasons: tuple[Reason, ...] = ()
    if explain:
        refusals: dict[int, Answer] = {}
        sale.touch_all()
        phases = _candidates(sale, refusals)
        _refuse_untouched(sale, refusals)
        lives = _look_back(sale, course, phases, refusals)
        refusals.update((number, no(NOTHING_TO_SAVE)) for number in nothing)
        reasons = _reasons(sale, course, refusals, lives, earned)
    return outcome_of(sale, course, reasons, certificate, earned, taken)


def reasons_for(
    ruleset: Ruleset,
    basket: Basket,
    member: Member | None,
    usage: Usage,
    moment: Moment,
    effort: int = DEFAULT_EFFORT,
) -> tuple[Reason, ...]:
    """The reasons of an outcome that was made with `explain=False` out of the same inputs."""
    return evaluate(ruleset, basket, member, usage, moment, effort).reasons


def _candidates(sale: Sale, refusals: dict[int, Answer]) -> list[list[int]]:
    """Per phase the offers worth asking, out of those that may touch the basket."""
    phases: list[list[int]] = [[] for _ in PHASES]
    for number in sorted(sale.touched):
        compiled = sale.ruleset.offers[number]
        reward = compiled.offer.reward
        taken_off = sale.taken_off(compiled)
        if taken_off is not None:
            refusals[number] = taken_off
        elif sale.member is None and reward.needs_member():
            refusals[number] = no(NO_MEMBER)
        else:
            phases[compiled.phase_number].append(number)
    return phases


def _refuse_untouched(sale: Sale, refusals: dict[int, Answer]) -> None:
    """Why the offers that cannot touch the basket give nothing."""
    facts = sale.facts(sale.goods.price)
    for compiled in sale.ruleset.offers:
        number = compiled.number
        reward = compiled.offer.reward
        if number in sale.touched:
            continue
        stopped = running(compiled, sale.moment.local_date)
        taken_off = sale.taken_off(compiled)
        if taken_off is not None:
            refusals[number] = taken_off
        elif stopped is not None:
            refusals[number] = stopped
        elif reward.products():
            answer = answer_of(compiled, facts)
            products = ", ".join(reward.products())
            refusals[number] = no(FREE_PRODUCT_NOT_IN_BASKET, {"products": products}) if answer.yes else answer
        else:
            refusals[number] = no(TARGET_NOT_IN_BASKET)


def _look_back(sale: Sale, course: Course, phases: list[list[int]], refusals: dict[int, Answer]) -> dict[int, Live]:
    """Walk the finished course once more for the reasons: who held at the start of each phase, and who did not."""
    lives: dict[int, Live] = {}
    walk = Course(list(sale.goods.price))
    for phase, numbers in enumerate(phases):
        for live in live_offers(sale, walk, numbers, refusals):
            lives[live.compiled.number] = live
            first = live.compiled.offer.reward.pick(live.units, walk.left, live.terms)[:1]
            answer = without_own_goods(live, first, sale.facts(list(walk.left)))
            if not answer.yes:
                refusals[live.compiled.number] = answer
        for entry in course.entries:
            if entry.compiled.phase_number == phase:
                walk.add(entry)
    return lives


def _reasons(
    sale: Sale,
    course: Course,
    refusals: dict[int, Answer],
    lives: dict[int, Live],
    earned: Earned,
) -> tuple[Reason, ...]:
    """A reason for every offer of the set, in the stable order, and for every campaign that could not be used."""
    given = {entry.compiled.number: entry for entry in course.entries}
    facts = sale.facts(course.left)
    reasons: list[Reason] = []
    for compiled in sale.ruleset.offers:
        entry = given.get(compiled.number)
        if entry is not None:
            reasons.append(applied_reason(sale, entry, earned))
            continue
        answer = refusals.get(compiled.number)
        if answer is None:
            answer = lost_reason(lives[compiled.number], course, facts, sale.goods.price)
        reasons.append(_reason(compiled, answer))
    reasons.extend(Reason(campaign_id, 0, "", code) for campaign_id, code in sale.ruleset.inactive.items())
    return tuple(reasons)


def _reason(compiled: CompiledOffer, answer: Answer) -> Reason:
    params = dict(sorted(answer.params.items()))
    return Reason(compiled.campaign_id, compiled.campaign_version, compiled.offer.offer_id, answer.code, params)
