"""What is left of limits and budgets before a sale: the offer's limit minus what other tills and this one have used.

Limits of a day, week or month count by business day; what other tills used today is known as far as their news came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pos_engine.core.campaign import Offer
from pos_engine.core.offer_parts import Limits, PeriodLimit
from pos_engine.core.usage import OfferLeft, Usage, period_start
from pos_engine.journal.effects import Used
from pos_engine.journal.journal import Journal
from pos_engine.journal.period_usage import UsedByDay
from pos_engine.journal.replica import Replica

_NOTHING = Used()


def limited(offers: tuple[Offer, ...]) -> dict[str, Limits]:
    """The offers whose use must be counted."""
    return {
        offer.offer_id: offer.limits
        for offer in offers
        if (offer.limits.uses_per_member, offer.limits.uses_total, offer.limits.budget_minor) != (None, None, None)
        or offer.limits.per_period
    }


def usage_left(
    limits: dict[str, Limits], journal: Journal, replica: Replica, workstation_id: str, member_id: str, today: date
) -> Usage:
    """Per limited offer what is left on a business day, never below zero.

    Without a member there is no member's limit to count.
    """
    if not limits:
        return Usage()
    others = replica.offer_usage(limits, member_id, but_workstation_id=workstation_id)
    own = journal.used(limits, member_id)
    timed = [offer_id for offer_id, limit in limits.items() if limit.per_period]
    days: list[Mapping[str, UsedByDay]] = []
    if timed:
        since = _earliest(today)
        days.append(journal.used_by_day(timed, member_id, since))
        days.append(replica.used_by_day(timed, member_id, since, but_workstation_id=workstation_id))
    left = {}
    for offer_id, limit in limits.items():
        there, here = others.get(offer_id, _NOTHING), own.get(offer_id, _NOTHING)
        left[offer_id] = OfferLeft(
            member_uses=_minus(limit.uses_per_member, there.member_uses + here.member_uses) if member_id else None,
            total_uses=_minus(limit.uses_total, there.total_uses + here.total_uses),
            budget_minor=_minus(limit.budget_minor, there.discount_minor + here.discount_minor),
            per_period=_left_of_periods(
                limit, [known[offer_id] for known in days if offer_id in known], member_id, today
            ),
        )
    return Usage(left)


def _earliest(today: date) -> date:
    return min(period_start("week", today), period_start("month", today))


def _left_of_periods(limits: Limits, used: Sequence[UsedByDay], member_id: str, today: date) -> tuple[PeriodLimit, ...]:
    def gone(limit: PeriodLimit) -> int:
        return sum(days.since(period_start(limit.period, today), limit.counted) for days in used)

    return tuple(
        PeriodLimit(max(0, limit.uses - gone(limit)), limit.period, limit.counted)
        for limit in limits.per_period
        if member_id or limit.counted == "total"
    )


def _minus(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(0, limit - used)
