"""What the organisations below sold in some days, in all: never who bought it (C10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import MemberDay
from backoffice.reports.figures import totals_of_organisations

FEW: Final = 5
"""Fewer members than this are not counted out to anybody else: they could be told apart."""


@dataclass(frozen=True)
class Figures:
    """One organisation's days. Money in its own minor units. `members`: how many came; None: too few to say."""

    receipts: int = 0
    revenue_minor: int = 0
    members: int | None = 0


def figures_below(session: Session, organisation_ids: Sequence[str], first: date, last: date) -> Mapping[str, Figures]:
    """The figures of each organisation, both days included."""
    came = (
        select(MemberDay.organisation_id, MemberDay.member_id)
        .where(MemberDay.organisation_id.in_(organisation_ids), MemberDay.business_day.between(first, last))
        .group_by(MemberDay.organisation_id, MemberDay.member_id)
        .having(func.sum(MemberDay.visits) > 0)
        .subquery()
    )
    members: dict[str, int] = {
        organisation_id: int(count)
        for organisation_id, count in session.execute(
            select(came.c.organisation_id, func.count()).group_by(came.c.organisation_id)
        )
    }
    totals = totals_of_organisations(session, organisation_ids, first, last)
    return {each: Figures(*totals.get(each, (0, 0)), members=_told(members.get(each, 0))) for each in organisation_ids}


def _told(count: int) -> int | None:
    return count if count == 0 or count >= FEW else None
