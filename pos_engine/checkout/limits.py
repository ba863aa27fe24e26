"""What is left of limits and budgets before a sale: the offer's limit minus what other tills and this one have used."""

from __future__ import annotations

from pos_engine.core.campaign import Offer
from pos_engine.core.offer_parts import Limits
from pos_engine.core.usage import OfferLeft, Usage
from pos_engine.journal.effects import Used
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica

_NOTHING = Used()


def limited(offers: tuple[Offer, ...]) -> dict[str, Limits]:
    """The offers whose use must be counted."""
    return {
        offer.offer_id: offer.limits
        for offer in offers
        if (offer.limits.uses_per_member, offer.limits.uses_total, offer.limits.budget_minor) != (None, None, None)
    }


def usage_left(
    limits: dict[str, Limits], journal: Journal, replica: Replica, workstation_id: str, member_id: str
) -> Usage:
    """Per limited offer what is left, never below zero. Without a member there is no member's limit to count."""
    if not limits:
        return Usage()
    others = replica.offer_usage(limits, member_id, but_workstation_id=workstation_id)
    own = journal.used(limits, member_id)
    left = {}
    for offer_id, limit in limits.items():
        there, here = others.get(offer_id, _NOTHING), own.get(offer_id, _NOTHING)
        left[offer_id] = OfferLeft(
            member_uses=_minus(limit.uses_per_member, there.member_uses + here.member_uses) if member_id else None,
            total_uses=_minus(limit.uses_total, there.total_uses + here.total_uses),
            budget_minor=_minus(limit.budget_minor, there.discount_minor + here.discount_minor),
        )
    return Usage(left)


def _minus(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(0, limit - used)
