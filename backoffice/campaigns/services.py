"""What may be done with campaigns. Functions take a session and a clock, no request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from backoffice.campaigns.models import Campaign, CampaignVersion

IN_SETS: Final = ("live", "ending")
"""States of campaigns that tills have: those that run, and those that only honour what they promised."""


def live_versions(session: Session, organisation_id: str) -> Sequence[CampaignVersion]:
    """The published versions that tills should have now: neither paused nor stopped, by id."""
    return session.scalars(
        select(CampaignVersion)
        .join(
            Campaign,
            and_(
                Campaign.organisation_id == CampaignVersion.organisation_id,
                Campaign.campaign_id == CampaignVersion.campaign_id,
                Campaign.live_version == CampaignVersion.version,
            ),
        )
        .where(CampaignVersion.organisation_id == organisation_id, Campaign.state.in_(IN_SETS))
        .order_by(CampaignVersion.campaign_id)
    ).all()
