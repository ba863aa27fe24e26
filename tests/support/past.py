"""Past receipts for tests of replays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign
from pos_engine.core.member import Member
from pos_engine.core.moment import moment_at
from pos_engine.core.usage import Usage
from pos_engine.replay.draft import Trial
from pos_engine.replay.meter import Given
from pos_engine.replay.past import PastReceipts, PastSale
from tests.support.every_kind import MEMBERS, baskets, shops

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""A Monday."""


def sale(number: int, basket: Basket, member: Member | None = None, days: int = 0) -> PastSale:
    """A receipt, so many days after a Monday noon."""
    return PastSale(
        f"r{number:03}", basket, member, Usage(), moment_at(NOON + timedelta(days=days, minutes=number), UTC)
    )


def past_of(sales: Sequence[PastSale]) -> PastReceipts:
    """Receipts as columns."""
    past = PastReceipts()
    for one in sales:
        past.add(one)
    return past


def renamed(campaigns: Sequence[Campaign], prefix: str) -> tuple[Campaign, ...]:
    """The same campaigns under other ids."""
    return tuple(
        replace(
            campaign,
            campaign_id=prefix + campaign.campaign_id,
            offers=tuple(replace(offer, offer_id=prefix + offer.offer_id) for offer in campaign.offers),
        )
        for campaign in campaigns
    )


def _sales(drawn: list[tuple[Basket, Member | None, int]]) -> list[PastSale]:
    days = 0
    found = []
    for number, (basket, member, pause) in enumerate(drawn):
        days += pause
        found.append(sale(number, basket, member, days))
    return found


SALES = st.lists(st.tuples(baskets(4), MEMBERS, st.sampled_from((0, 0, 1, 9))), min_size=1, max_size=8).map(_sales)
"""Receipts of some weeks, in order of time."""

TRIALS = st.builds(
    lambda drafts, running, run_days, given: Trial(
        renamed(drafts, "draft-"),
        running,
        given=Given({"h": None} if given else {}),
        restart_days=run_days,
        last_day=date(2026, 12, 31),
    ),
    shops(2),
    shops(3),
    st.sampled_from((None, 7)),
    st.booleans(),
)
"""Drafts of every kind beside campaigns of every kind."""
