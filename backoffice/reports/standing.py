"""What all campaigns together earn: everybody against those who are held out of every campaign, quarter by quarter.

Laws: a quarter is compared once, when it is over and all tills had time to send, and stays as it is; only a quarter
during all of which the hold-out was the same; only members who were there when it began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audiences.models import StandingHoldOut
from backoffice.audiences.standing import standing_of
from backoffice.audit.services import Doing
from backoffice.campaigns.form import RESULT_AFTER_DAYS
from backoffice.campaigns.giving import HELD_OUT, TREATED
from backoffice.members.models import Member
from backoffice.reports.comparison import Comparison, Days, compare_arms, comparison_in
from backoffice.reports.models import StandingResult

QUARTER_MONTHS: Final = 3
QUARTERS_LOOKED_AT: Final = 4
"""Quarters that are made up for after a long time off."""


def quarter_of(day: date) -> Days:
    """The quarter of the year that a day belongs to."""
    first = date(day.year, (day.month - 1) // QUARTER_MONTHS * QUARTER_MONTHS + 1, 1)
    later = first + timedelta(days=31 * QUARTER_MONTHS)
    return Days(first, later.replace(day=1) - timedelta(days=1), RESULT_AFTER_DAYS)


def keep_standing(session: Session, doing: Doing, today: date) -> int:
    """Compare the quarters whose result day has come, and keep what was found; returns how many."""
    organisation_id = doing.organisation_id
    row = session.get(StandingHoldOut, organisation_id)
    if row is None or not row.percent:
        return 0
    kept, quarter = 0, quarter_of(today)
    for _each in range(QUARTERS_LOOKED_AT):
        quarter = quarter_of(quarter.first - timedelta(days=1))
        known = session.get(StandingResult, (organisation_id, quarter.first))
        if known is not None or today < quarter.result_on or not row.since.date() < quarter.first:
            continue
        arms = _arms(session, organisation_id, quarter)
        if not arms[TREATED] or not arms[HELD_OUT]:
            continue
        found = compare_arms(session, organisation_id, quarter, arms)
        session.add(
            StandingResult(
                organisation_id=organisation_id,
                first=quarter.first,
                last=quarter.last,
                percent=row.percent,
                made_at=doing.clock.now(),
                body=msgspec.json.encode(found).decode(),
            )
        )
        doing.note(session, "standing_result", "organisation", organisation_id, quarter.first.isoformat())
        kept += 1
    session.flush()
    return kept


def standing_results(session: Session, organisation_id: str) -> Sequence[tuple[StandingResult, Comparison]]:
    """What was found, the newest quarter first."""
    rows = session.scalars(
        select(StandingResult)
        .where(StandingResult.organisation_id == organisation_id)
        .order_by(StandingResult.first.desc())
    )
    return [(row, comparison_in(row.body)) for row in rows]


def arms_behind(session: Session, result: StandingResult) -> Mapping[str, Sequence[str]] | None:
    """The members of a kept comparison who are still there, by their lot; None: the lot was changed since."""
    row = session.get(StandingHoldOut, result.organisation_id)
    if row is None or not row.percent or row.since.date() >= result.first:
        return None
    return _arms(session, result.organisation_id, Days(result.first, result.last))


def next_result(since: datetime, today: date) -> Days:
    """The first quarter that will be compared: all of it with the hold-out as it is, its day still to come."""
    quarter = quarter_of(since.date() + timedelta(days=1))
    if quarter.first <= since.date():
        quarter = quarter_of(quarter.last + timedelta(days=1))
    while quarter.result_on < today:
        quarter = quarter_of(quarter.last + timedelta(days=1))
    return quarter


def _arms(session: Session, organisation_id: str, days: Days) -> dict[str, list[str]]:
    """Members who were there when the days began, by their lot."""
    began = datetime.combine(days.first, time.min, UTC)
    members = session.scalars(
        select(Member.member_id)
        .where(Member.organisation_id == organisation_id, Member.created_at < began)
        .order_by(Member.member_id)
    ).all()
    out = standing_of(session, organisation_id).among(members)
    return {TREATED: [each for each in members if each not in out], HELD_OUT: sorted(out)}
