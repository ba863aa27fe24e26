"""Tiers of members: given as soon as a receipt arrives that reaches one, looked at again at night."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from backoffice.loyalty.models import LedgerEntry, LedgerPosting, MemberStanding
from backoffice.loyalty.programme import current
from backoffice.members.feed import tell_members
from backoffice.members.models import Member
from backoffice.sync_api.models import Receipt
from pos_engine.core.bookings import POINTS
from pos_engine.core.programme import TierLadder
from pos_engine.core.tiers import Activity, NextStep, Standing, after_activity, after_night, next_step

CHUNK: Final = 500
"""Members in one IN list."""


def raise_tiers(session: Session, organisation_id: str, days: Mapping[str, date], now: datetime) -> None:
    """Give members the tiers that they reached by their newest receipts; `days`: member → that receipt's day."""
    ladder = _ladder(session, organisation_id)
    if ladder is None:
        return
    changed = []
    for member_ids in _chunks(sorted(days)):
        standings = standings_of(session, organisation_id, member_ids)
        activities = activities_of(session, organisation_id, ladder, member_ids)
        for member_id in member_ids:
            before = standings.get(member_id)
            if before is None:
                continue
            after = after_activity(ladder, before, activities[member_id], days[member_id])
            if after != before:
                _keep(session, organisation_id, member_id, after, now)
                changed.append(member_id)
    tell_members(session, organisation_id, changed)


def review_tiers(session: Session, organisation_id: str, member_ids: Sequence[str], day: date, now: datetime) -> int:
    """Look again at members whose period is over; how many have another tier now. `day`: the new day."""
    ladder = _ladder(session, organisation_id) or TierLadder()
    standings = standings_of(session, organisation_id, member_ids)
    activities = activities_of(session, organisation_id, ladder, member_ids)
    changed = []
    for member_id, before in sorted(standings.items()):
        after = after_night(ladder, before, activities[member_id], day)
        if after != before:
            _keep(session, organisation_id, member_id, after, now)
        if after.tier_id != before.tier_id:
            changed.append(member_id)
    tell_members(session, organisation_id, changed)
    return len(changed)


def due_for_review(session: Session, organisation_id: str, day: date, after: str, limit: int) -> list[str]:
    """Members whose period ended before a day, in order, after the given one."""
    return list(
        session.scalars(
            select(MemberStanding.member_id)
            .where(
                MemberStanding.organisation_id == organisation_id,
                MemberStanding.period_end < day,
                MemberStanding.tier_id != "",
                MemberStanding.member_id > after,
            )
            .order_by(MemberStanding.member_id)
            .limit(limit)
        )
    )


def standings_of(session: Session, organisation_id: str, member_ids: Sequence[str]) -> dict[str, Standing]:
    """The standings of members that are known here; without a tier those that have none."""
    found = {
        member_id: Standing()
        for member_id in session.scalars(
            select(Member.member_id).where(Member.organisation_id == organisation_id, Member.member_id.in_(member_ids))
        )
    }
    for row in session.scalars(
        select(MemberStanding).where(
            MemberStanding.organisation_id == organisation_id, MemberStanding.member_id.in_(member_ids)
        )
    ):
        found[row.member_id] = Standing(row.tier_id, row.period_start, row.period_end) if row.tier_id else Standing()
    return found


def activities_of(
    session: Session, organisation_id: str, ladder: TierLadder, member_ids: Sequence[str]
) -> dict[str, list[Activity]]:
    """What counts towards the ladder, per member and day."""
    found: dict[str, list[Activity]] = defaultdict(list)
    query = (
        _points(organisation_id, member_ids)
        if ladder.measure == "points"
        else _receipts(organisation_id, member_ids, ladder)
    )
    for member_id, day, amount in session.execute(query):
        found[member_id].append(Activity(day, int(amount)))
    return found


def _points(organisation_id: str, member_ids: Sequence[str]) -> Any:  # noqa: ANN401 - a select of three columns
    """Points earned, less those that returns took back."""
    earned = (LedgerPosting.kind == "accrual") | ((LedgerPosting.kind == "reversal") & (LedgerPosting.amount < 0))
    return (
        select(LedgerPosting.owner, LedgerEntry.business_day, func.sum(LedgerPosting.amount))
        .join(
            LedgerEntry,
            (LedgerEntry.organisation_id == LedgerPosting.organisation_id)
            & (LedgerEntry.entry_id == LedgerPosting.entry_id),
        )
        .where(
            LedgerPosting.organisation_id == organisation_id,
            LedgerPosting.owner.in_(member_ids),
            LedgerPosting.unit == POINTS,
            earned,
        )
        .group_by(LedgerPosting.owner, LedgerEntry.business_day)
    )


def _receipts(organisation_id: str, member_ids: Sequence[str], ladder: TierLadder) -> Any:  # noqa: ANN401 - the same
    """Money paid, or visits; a void takes both back, a return the money."""
    visits = case((Receipt.kind == "void", -1), (Receipt.kind.in_(("return", "account")), 0), else_=1)
    amount = Receipt.total_due_minor if ladder.measure == "spend" else visits
    return (
        select(Receipt.member_id, Receipt.business_day, func.sum(amount))
        .where(Receipt.organisation_id == organisation_id, Receipt.member_id.in_(member_ids))
        .group_by(Receipt.member_id, Receipt.business_day)
    )


@dataclass(frozen=True)
class TierView:
    """A member's tier for a page: its name, the last day it is kept, and the way to the next one."""

    name: str
    period_end: date | None
    next_step: NextStep | None
    measure: str


def tier_view(session: Session, organisation_id: str, member_id: str, today: date) -> TierView | None:
    """Where a member stands; None where the programme has no tiers."""
    ladder = _ladder(session, organisation_id)
    if ladder is None:
        return None
    standing = standings_of(session, organisation_id, [member_id]).get(member_id, Standing())
    activities = activities_of(session, organisation_id, ladder, [member_id])[member_id]
    names = {step.tier_id: step.name for step in ladder.steps}
    return TierView(
        names.get(standing.tier_id, standing.tier_id),
        standing.period_end,
        next_step(ladder, standing, activities, today),
        ladder.measure,
    )


def _ladder(session: Session, organisation_id: str) -> TierLadder | None:
    saved = current(session, organisation_id)
    return saved.programme.tiers if saved is not None and saved.programme.tiers.steps else None


def _keep(session: Session, organisation_id: str, member_id: str, standing: Standing, now: datetime) -> None:
    row = session.get(MemberStanding, (organisation_id, member_id))
    start, end = standing.period_start or now.date(), standing.period_end or now.date()
    if row is None:
        row = MemberStanding(organisation_id=organisation_id, member_id=member_id)
        session.add(row)
    row.tier_id, row.period_start, row.period_end = standing.tier_id, start, end
    session.execute(
        update(Member)
        .where(Member.organisation_id == organisation_id, Member.member_id == member_id)
        .values(tier=standing.tier_id, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    session.flush()


def _chunks(member_ids: Sequence[str]) -> list[Sequence[str]]:
    return [member_ids[start : start + CHUNK] for start in range(0, len(member_ids), CHUNK)]
