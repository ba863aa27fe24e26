"""Limits and coupons of a draft, counted over past receipts as tills would have counted them.

Offers of campaigns that already ran are not counted: each receipt remembers what was left of theirs. A draft that would
run for a month is not run for a year: with `restart_days` its counts begin anew after each such span, so that every
span is one run of the campaign; the last one ends with the newest receipt.
Law: receipts are asked about in the order they were sold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.offer_parts import PeriodLimit
from pos_engine.core.outcome import AppliedOffer
from pos_engine.core.usage import OfferLeft, Usage, period_start
from pos_engine.replay.past import copy_of

COUPON_PREFIX = "replay-"
"""A coupon of a draft has no number yet; this and its series stand for it."""


@dataclass(frozen=True)
class Given:
    """What is given out with a draft: series of coupons on cards → the members who hold one, None: every member."""

    holders: Mapping[str, frozenset[str] | None] = field(default_factory=dict)


class Meter:
    """Counts the offers of drafts. `busy`: there is anything to count; `across_members`: a count of all together.

    `share`: only one receipt in so many is asked about, all of a member or none; what members use up together counts
    so many times.
    """

    def __init__(
        self, drafts: Iterable[Campaign], given: Given, last_day: date, restart_days: int | None, share: int = 1
    ) -> None:
        limited = [offer for campaign in drafts for offer in campaign.offers if _is_limited(offer)]
        self._offers = {offer.offer_id: offer for offer in limited}
        self._holders = given.holders
        self._last_day = last_day.toordinal()
        self._restart_days = restart_days
        self._share = share
        self._uses: Counter[tuple[object, ...]] = Counter()
        self._spent_minor: Counter[tuple[object, ...]] = Counter()
        self._redeemed: set[tuple[int, str, str]] = set()
        self.busy = bool(limited or given.holders)
        self.across_members = any(_counts_all(offer) for offer in limited)

    def before(self, member: Member | None, usage: Usage, day: date) -> tuple[Member | None, Usage]:
        """The member with the draft's coupons, and what is left of the draft's limits, before a receipt."""
        if not self.busy:
            return member, usage
        run = self._run(day)
        if member is not None and self._holders:
            held = tuple(
                HeldCoupon(
                    COUPON_PREFIX + series, series, uses_left=(run, series, member.member_id) not in self._redeemed
                )
                for series, holders in self._holders.items()
                if holders is None or member.member_id in holders
            )
            member = copy_of(member, held_coupons=(*member.held_coupons, *held)) if held else member
        if not self._offers:
            return member, usage
        member_id = "" if member is None else member.member_id
        left = {offer_id: self._left(offer, run, member_id, day) for offer_id, offer in self._offers.items()}
        return member, Usage({**usage.offers, **left})

    def book(self, member_id: str, day: date, applied: Iterable[AppliedOffer]) -> None:
        """Count what a receipt used up."""
        run = self._run(day)
        for one in applied:
            for coupon_id in one.redeemed_coupon_ids:
                if coupon_id.startswith(COUPON_PREFIX):
                    self._redeemed.add((run, coupon_id.removeprefix(COUPON_PREFIX), member_id))
            offer = self._offers.get(one.offer_id)
            if offer is None:
                continue
            self._uses[run, one.offer_id, member_id] += one.uses
            self._uses[run, one.offer_id] += one.uses * self._share
            self._spent_minor[run, one.offer_id] += one.discount_minor * self._share
            for limit in offer.limits.per_period:
                times = 1 if limit.counted == "member" else self._share
                self._uses[self._period(limit, one.offer_id, member_id, day)] += one.uses * times

    def _left(self, offer: Offer, run: int, member_id: str, day: date) -> OfferLeft:
        limits, name = offer.limits, offer.offer_id
        return OfferLeft(
            member_uses=_minus(limits.uses_per_member, self._uses[run, name, member_id]) if member_id else None,
            total_uses=_minus(limits.uses_total, self._uses[run, name]),
            budget_minor=_minus(limits.budget_minor, self._spent_minor[run, name]),
            per_period=tuple(
                PeriodLimit(
                    max(0, limit.uses - self._uses[self._period(limit, name, member_id, day)]),
                    limit.period,
                    limit.counted,
                )
                for limit in limits.per_period
                if member_id or limit.counted == "total"
            ),
        )

    def _period(self, limit: PeriodLimit, offer_id: str, member_id: str, day: date) -> tuple[object, ...]:
        whose = member_id if limit.counted == "member" else ""
        return (limit.period, limit.counted, period_start(limit.period, day), offer_id, whose)

    def _run(self, day: date) -> int:
        """The number of the run of the campaign that a day belongs to, counted backwards."""
        return 0 if self._restart_days is None else (self._last_day - day.toordinal()) // self._restart_days


def _is_limited(offer: Offer) -> bool:
    limits = offer.limits
    ceilings = (limits.uses_per_member, limits.uses_total, limits.budget_minor)
    return ceilings != (None, None, None) or bool(limits.per_period)


def _counts_all(offer: Offer) -> bool:
    limits = offer.limits
    periods = any(limit.counted == "total" for limit in limits.per_period)
    return limits.uses_total is not None or limits.budget_minor is not None or periods


def _minus(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(0, limit - used)
