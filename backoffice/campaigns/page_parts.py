"""What the pages of campaigns have in common: the day, the campaign that is meant, signing what was published."""

from __future__ import annotations

from datetime import date

from flask import abort
from sqlalchemy.orm import Session

from backoffice.campaigns import actions
from backoffice.campaigns.models import Campaign
from backoffice.clock import local_date
from backoffice.sync_api.signing import sign_published
from backoffice.web.context import actor, office, read


def local_today() -> date:
    """Today where the organisation's first store is."""
    return local_date(office().clock, actor().zone)


def campaign_or_404(reader: Session, campaign_id: str) -> Campaign:
    """The campaign of this id in the organisation at work; a page that says there is none otherwise."""
    campaign = actions.get_campaign(reader, actor().organisation_id, campaign_id)
    if campaign is None:
        abort(404)
    return campaign


def sign_now() -> None:
    """Sign what was just published, so that the next till that asks finds it ready."""
    with read() as reader:
        sign_published(reader, office().clock, office().set_repository, actor().organisation_id)
