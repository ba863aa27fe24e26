"""One phase of one sale: which offers may give, and what an offer gives when its turn comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pos_engine.core.answers import Answer, CouponNeed, no
from pos_engine.core.compiled import AMOUNT_ONCE, PERCENT, CompiledOffer
from pos_engine.core.course import Course, Entry
from pos_engine.core.facts import Facts
from pos_engine.core.plain_gifts import amount_once, percent_off
from pos_engine.core.reasons import COUPON_USED_BY_OTHER
from pos_engine.core.sale import Sale, answer_of
from pos_engine.core.terms import Terms, blocked_by

PLAIN_WAYS = frozenset((PERCENT, AMOUNT_ONCE))
"""Ways of giving whose arithmetic needs no reward object."""


@dataclass(frozen=True)
class Live:
    """An offer whose condition holds at the start of a phase, with the units it may touch there."""

    compiled: CompiledOffer
    answer: Answer
    units: tuple[int, ...]
    terms: Terms

    @property
    def grants_coupon(self) -> bool:
        """Whether it gives something beside money now."""
        return not self.compiled.pays


def live_offers(sale: Sale, course: Course, numbers: Sequence[int], refusals: dict[int, Answer]) -> list[Live]:
    """The offers of a phase that hold now; why the others do not goes into `refusals`."""
    facts = sale.facts(course.left)
    found: list[Live] = []
    for number in numbers:
        compiled = sale.ruleset.offers[number]
        answer = sale.answer(compiled, facts)
        if not answer.yes:
            refusals[number] = answer
            continue
        blocked = blocked_by(compiled.offer.limits, sale.left_of(compiled))
        if blocked:
            refusals[number] = no(blocked)
            continue
        terms = sale.terms_of(compiled)
        touched = sale.touched[number]
        units = tuple(u for u, room in zip(touched, terms.rooms(touched, course.left), strict=True) if room > 0)
        found.append(Live(compiled, answer, units, terms))
    return found


def redeemed(live: Live, course: Course, facts: Facts) -> tuple[tuple[str, str], ...] | None:
    """The coupons the offer would redeem; None when one lacks."""
    return coupons_for(live.answer.needs, live.compiled.campaign_id, course.coupon_owner, facts)


def coupons_for(
    needs: Sequence[CouponNeed], campaign_id: str, owners: Mapping[tuple[str, str], str], facts: Facts
) -> tuple[tuple[str, str], ...] | None:
    """One coupon per need, not yet redeemed for another campaign; None when one lacks.

    `owners`: coupon → the campaign it was redeemed for.
    """
    coupons: list[tuple[str, str]] = []
    for need in needs:
        for coupon_id in facts.usable_ids(need.source, need.series_id):
            coupon = (need.source, coupon_id)
            if owners.get(coupon, campaign_id) == campaign_id:
                coupons.append(coupon)
                break
        else:
            return None
    return tuple(coupons)


def without_own_goods(live: Live, units: Sequence[int], facts: Facts) -> Answer:
    """Whether the condition still holds when the units the offer would give for free are not counted."""
    if not live.compiled.watches_goods or not live.compiled.offer.reward.products():
        return live.answer
    return answer_of(live.compiled, facts.not_counting(frozenset(units)))


def gift(live: Live, free: Sequence[int], left: Sequence[int], facts: Facts) -> tuple[list[int], list[int]]:
    """The units an offer takes out of the free ones, and what it takes off each."""
    reward = live.compiled.offer.reward
    taken = reward.pick(free, left, live.terms)
    while taken and not without_own_goods(live, taken, facts).yes:
        taken = taken[:-1]
    amounts = reward.amounts(taken, left, live.terms)
    return taken, amounts


def give(live: Live, course: Course, free: Sequence[int], facts: Facts) -> Entry | None:
    """Let an offer give on the free units, or None when it saves nothing or lacks its coupon."""
    coupons = redeemed(live, course, facts)
    if coupons is None:
        return None
    if live.grants_coupon:
        return Entry(live.compiled, (), (), 1, coupons)
    compiled, terms = live.compiled, live.terms
    if compiled.way in PLAIN_WAYS and not terms.floors and terms.discount_max_minor is None and not terms.floor_minor:
        return _plain_entry(live, free, course.left, coupons)
    taken, amounts = gift(live, free, course.left, facts)
    if not any(amounts):
        return None
    return Entry(compiled, tuple(taken), tuple(amounts), compiled.offer.reward.uses(amounts), coupons)


def _plain_entry(
    live: Live, free: Sequence[int], left: Sequence[int], coupons: tuple[tuple[str, str], ...]
) -> Entry | None:
    """What `gift` says of an offer of a plain way that nothing bounds, in integer arithmetic."""
    compiled, vat = live.compiled, live.terms.vat
    units = list(free)
    if sum([left[unit] for unit in units]) == 0:
        return None
    if compiled.way == PERCENT:
        amounts = percent_off(compiled.value, units, left, vat, down=compiled.rounds_down)
    else:
        amounts = amount_once(compiled.value, units, left, vat)
    return Entry(compiled, tuple(units), tuple(amounts), 1, coupons) if any(amounts) else None


def coupon_taken(course: Course, live: Live, facts: Facts) -> Answer | None:
    """The "no" of an offer whose coupon was redeemed for another campaign."""
    if redeemed(live, course, facts) is not None:
        return None
    for entry in course.entries:
        if any(need.source == source for need in live.answer.needs for source, _ in entry.coupons):
            offer = entry.compiled.offer
            return no(COUPON_USED_BY_OTHER, {"winner_offer_id": offer.offer_id, "winner_name": offer.name})
    return None
