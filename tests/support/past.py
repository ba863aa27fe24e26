"""Past receipts for tests of replays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from hypothesis import strategies as st

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.member import Member
from pos_engine.core.moment import moment_at
from pos_engine.core.offer_parts import Limits
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.usage import Usage
from pos_engine.replay.draft import Trial
from pos_engine.replay.meter import Given
from pos_engine.replay.past import PastReceipts, PastSale
from tests.support.every_kind import MEMBERS, baskets, shops
from tests.support.pricing import campaign_of

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""A Monday."""
NO_LIMITS: Final = Limits()


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


def tenth_off(limits: Limits = NO_LIMITS) -> Campaign:
    """A draft: 10 % off everything."""
    return campaign_of(Offer("draft-1", "a tenth off", AllOf(()), Percent(1000), limits=limits), campaign_id="draft")


MEMBERS_OF_FILES: Final = 6
_HEAD: Final = "receipt,at,store,member,product,quantity,unit_price_minor\n"


def _row(week: int, member: int) -> str:
    return f"w{week}m{member},2026-03-{2 + 7 * week:02}T1{member}:00:00,s1,m{member},bread,2,500\n"


def by_time(folder: Path, weeks: int) -> None:
    """A file per week, six members buy bread for 10.00 in each."""
    for week in range(weeks):
        rows = "".join(_row(week, member) for member in range(MEMBERS_OF_FILES))
        (folder / f"{week}.csv").write_text(_HEAD + rows)


def by_member(folder: Path, weeks: int) -> None:
    """The same receipts in three folders, two members in each."""
    for part in range(3):
        own = folder / f"part={part}"
        own.mkdir()
        rows = "".join(_row(week, member) for week in range(weeks) for member in (part, part + 3))
        (own / "all.csv").write_text(_HEAD + rows)
