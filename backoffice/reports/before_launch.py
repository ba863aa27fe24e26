"""What is known before a campaign is launched: how many of its members would come anyway."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import MemberDay
from backoffice.campaigns.form import CampaignForm
from backoffice.measurement.published import ALL


@dataclass(frozen=True)
class Base:
    """The share (0 to 1) that is taken to come anyway. `own`: out of the shop's receipts; else a published one."""

    rate: float
    own: bool


def base_of(session: Session, organisation_id: str, form: CampaignForm, today: date, members: Collection[str]) -> Base:
    """How many of these members came in as many days before today as the campaign has.

    The published share, where receipts do not reach back so far or nobody of them came.
    """
    first = today - (form.ends_on - form.starts_on) - timedelta(days=1)
    oldest = session.scalar(
        select(func.min(MemberDay.business_day)).where(MemberDay.organisation_id == organisation_id)
    )
    if oldest is not None and oldest <= first and members:
        came = session.scalars(
            select(MemberDay.member_id)
            .where(MemberDay.organisation_id == organisation_id, MemberDay.visits > 0)
            .where(MemberDay.business_day >= first, MemberDay.business_day < today)
            .distinct()
        )
        count = len(set(members).intersection(came))
        if count:
            return Base(count / len(set(members)), own=True)
    return Base(ALL.returned_bp / 10_000, own=False)
