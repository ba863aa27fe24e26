"""What may be done with campaigns. Functions take a session and a clock, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from backoffice.campaigns.form import Kind
from backoffice.campaigns.models import Campaign, CampaignVersion

IN_SETS: Final = ("live", "ending")
"""States of campaigns that tills have: those that run, and those that only honour what they promised."""


_LIVE: Final = and_(
    Campaign.organisation_id == CampaignVersion.organisation_id,
    Campaign.campaign_id == CampaignVersion.campaign_id,
    Campaign.live_version == CampaignVersion.version,
    Campaign.state.in_(IN_SETS),
)


def live_versions(session: Session, organisation_id: str) -> Sequence[CampaignVersion]:
    """The published versions that tills should have now: neither paused nor stopped, by id."""
    return session.scalars(
        select(CampaignVersion)
        .join(Campaign, _LIVE)
        .where(CampaignVersion.organisation_id == organisation_id)
        .order_by(CampaignVersion.campaign_id)
    ).all()


def live_forms(session: Session, organisation_id: str, kind: Kind) -> Mapping[str, str]:
    """Campaign → form of the live versions of one kind; the others are not read."""
    rows = session.execute(
        select(CampaignVersion.campaign_id, CampaignVersion.form)
        .join(Campaign, _LIVE)
        .where(
            CampaignVersion.organisation_id == organisation_id,
            CampaignVersion.form.contains(f'"kind":"{kind}"', autoescape=True),
        )
        .order_by(CampaignVersion.campaign_id)
    )
    return dict(rows.all())
