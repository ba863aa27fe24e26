"""What may be done with campaigns. Functions take a session and a clock, no request."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from backoffice.campaigns.models import Campaign, CampaignVersion


def live_versions(session: Session, organisation_id: str) -> Sequence[CampaignVersion]:
    """The published versions that tills should have now: live campaigns, neither paused nor stopped, by id."""
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
        .where(CampaignVersion.organisation_id == organisation_id, Campaign.state == "live")
        .order_by(CampaignVersion.campaign_id)
    ).all()
