"""Ending a campaign before its day: what becomes of the coupons that members hold already."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.campaigns.actions import add_version, get_campaign, set_state
from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.coupon_runs.services import void_runs_of
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.sync_api.coupons import take_back_open_coupons
from backoffice.sync_api.models import Coupon
from backoffice.sync_api.publishing import publish

Promise = Literal["honour", "void"]
"""honour: coupons that are out stay good until their own last day, and nobody gets a new one. void: tills refuse them
from their next contact on."""


def open_coupons(session: Session, organisation_id: str, campaign_id: str) -> int:
    """Coupons of a campaign that are out and not used yet."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Coupon)
            .where(Coupon.organisation_id == organisation_id, Coupon.campaign_id == campaign_id, Coupon.state == "open")
        )
        or 0
    )


def end_campaign(session: Session, doing: Doing, campaign_id: str, promise: Promise) -> Campaign:
    """End a running or paused campaign and keep or take back what is promised; the sets are published at once.

    InputError: it does not run, or it gives no coupons, so there is nothing to be honoured.
    """
    campaign = get_campaign(session, doing.organisation_id, campaign_id)
    if campaign is None:
        raise InputError(_("This campaign is no longer there."))
    if promise == "void":
        stopped = set_state(session, doing, campaign_id, "stopped")
        taken = void_runs_of(session, doing, campaign_id)
        taken += take_back_open_coupons(session, doing.organisation_id, campaign_id)
        doing.note(session, "campaign_coupons_void", "campaign", campaign_id, str(taken))
        return stopped
    if campaign.state not in {"live", "paused"}:
        raise InputError(_("This cannot be done now: the campaign is %(state)s.", state=campaign.state))
    if load_form(campaign.form).kind == "offer":
        raise InputError(_("This campaign gives no coupons: stop it."))
    _as_published(session, campaign)
    # The next version prints and gives nothing more; what is out is redeemed under it.
    add_version(session, doing, campaign, earning=False)
    campaign.state = "ending"
    session.flush()
    doing.note(session, "campaign_ending", "campaign", campaign_id)
    publish(session, doing.clock, doing.ids, doing.organisation_id)
    return campaign


def _as_published(session: Session, campaign: Campaign) -> None:
    """Put the form back to what tills have: changes that were never published were promised to nobody."""
    live = session.get(CampaignVersion, (campaign.organisation_id, campaign.campaign_id, campaign.live_version))
    if live is None:
        raise InputError(_("This campaign was never published."))
    form = load_form(live.form)
    campaign.form, campaign.name = live.form, form.name
    campaign.starts_on, campaign.ends_on = form.starts_on, form.ends_on
