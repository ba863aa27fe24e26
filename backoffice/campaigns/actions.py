"""Writing, publishing, pausing, stopping and copying campaigns. A published version never changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.approvals.services import forget, must_be_approved
from backoffice.approvals.subjects import Kind
from backoffice.audit.services import Doing, history
from backoffice.campaigns.approval import campaign_subject
from backoffice.campaigns.build import build_campaign, last_day
from backoffice.campaigns.form import CampaignForm, load_form
from backoffice.campaigns.giving import give_coupons
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.replays.models import CampaignReplay
from backoffice.sync_api.publishing import publish
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.outbox import happened
from backoffice.worker.services import plan
from pos_engine.wire.campaigns import campaign_sha256, decode_campaign, encode_campaign

FORECAST_JOB: Final = "forecast"
"""What a published version will cost is worked out by the worker, from past receipts."""
DELETED: Final = "campaign_deleted"
ENDED: Final = frozenset({"ending", "stopped"})
"""States in which a campaign's form is history."""


def get_campaign(session: Session, organisation_id: str, campaign_id: str) -> Campaign | None:
    """One campaign of this organisation."""
    return session.get(Campaign, (organisation_id, campaign_id))


def list_campaigns(session: Session, organisation_id: str, today: date) -> Sequence[Campaign]:
    """All campaigns: those that run or will run first, what is over or stopped last; then by the day they end."""
    order = {"live": 0, "paused": 1, "ending": 1, "draft": 2, "stopped": 4}
    rows = session.scalars(select(Campaign).where(Campaign.organisation_id == organisation_id)).all()
    return sorted(
        rows,
        key=lambda row: (3 if row.state == "live" and row.ends_on < today else order[row.state], row.ends_on, row.name),
    )


def create_campaign(session: Session, doing: Doing, form: CampaignForm) -> Campaign:
    """Keep a new draft."""
    now = doing.clock.now()
    campaign = Campaign(
        organisation_id=doing.organisation_id,
        campaign_id=doing.ids.new_id(),
        name=form.name or _("Untitled"),
        preset=form.preset,
        state="draft",
        starts_on=form.starts_on,
        ends_on=form.ends_on,
        form=form.dumps(),
        live_version=None,
        last_version=0,
        edited=True,
        created_at=now,
        updated_at=now,
    )
    session.add(campaign)
    session.flush()
    doing.note(session, "campaign_created", "campaign", campaign.campaign_id)
    return campaign


def save_form(session: Session, doing: Doing, campaign_id: str, form: CampaignForm) -> Campaign:
    """Keep a changed form. Tills keep the published version until it is published again."""
    campaign = _must_be_there(session, doing, campaign_id)
    if campaign.state in ENDED:
        raise InputError(_("A stopped campaign cannot be changed. Copy it."))
    campaign.name = form.name or _("Untitled")
    campaign.starts_on = form.starts_on
    campaign.ends_on = form.ends_on
    campaign.edited = campaign.edited or campaign.form != form.dumps()
    campaign.form = form.dumps()
    campaign.updated_at = doing.clock.now()
    session.flush()
    doing.note(session, "campaign_changed", "campaign", campaign_id)
    return campaign


def publish_campaign(session: Session, doing: Doing, campaign_id: str) -> CampaignVersion:
    """Make the form a version that tills get, give its coupons out, and publish every store's set.

    The form was checked by `campaigns.problems` before. InputError when it is stopped, or lacks an approval.
    """
    campaign = _must_be_there(session, doing, campaign_id)
    if campaign.state in ENDED:
        raise InputError(_("A stopped campaign cannot be published again. Copy it."))
    must_be_approved(session, campaign_subject(session, campaign))
    version = add_version(session, doing, campaign)
    give_coupons(session, doing, campaign_id, load_form(campaign.form))
    publish(session, doing.clock, doing.ids, doing.organisation_id)
    due_key = f"{campaign_id}:{version.version}"
    plan(session, doing.ids, doing.organisation_id, FORECAST_JOB, due_key, version.published_at)
    return version


def add_version(session: Session, doing: Doing, campaign: Campaign, *, earning: bool = True) -> CampaignVersion:
    """Freeze the campaign's form as its next version and make that the live one; sets are published by the caller.

    `earning=False`: a version that only honours the coupons that are out.
    """
    form = load_form(campaign.form)
    number = campaign.last_version + 1
    body = encode_campaign(build_campaign(form, campaign.campaign_id, number, earning=earning))
    decode_campaign(body)  # what a till would refuse is refused here
    version = CampaignVersion(
        organisation_id=doing.organisation_id,
        campaign_id=campaign.campaign_id,
        version=number,
        name=form.name,
        starts_on=form.starts_on,
        ends_on=last_day(form),
        body=body,
        sha256=campaign_sha256(body),
        form=campaign.form,
        published_at=doing.clock.now(),
        published_by=doing.actor,
    )
    session.add(version)
    campaign.last_version = number
    campaign.live_version = number
    campaign.state = "live"
    campaign.edited = False
    campaign.updated_at = doing.clock.now()
    session.flush()
    doing.note(session, "campaign_published", "campaign", campaign.campaign_id, f"version {number}")
    told = {"campaign_id": campaign.campaign_id, "version": number, "name": version.name}
    happened(session, doing.organisation_id, EventKind.CAMPAIGN_PUBLISHED, [told], version.published_at)
    return version


def set_state(session: Session, doing: Doing, campaign_id: str, state: str) -> Campaign:
    """Pause a live campaign, let a paused one go on, or stop it for good; the sets are published at once."""
    campaign = _must_be_there(session, doing, campaign_id)
    allowed = {"live": ("paused",), "paused": ("live",), "stopped": ("live", "paused", "ending")}
    if campaign.state not in allowed[state]:
        raise InputError(_("This cannot be done now: the campaign is %(state)s.", state=campaign.state))
    campaign.state = state
    campaign.updated_at = doing.clock.now()
    session.flush()
    doing.note(session, f"campaign_{state}", "campaign", campaign_id)
    publish(session, doing.clock, doing.ids, doing.organisation_id)
    return campaign


def copy_campaign(session: Session, doing: Doing, campaign_id: str) -> Campaign:
    """A new draft with the same form."""
    original = load_form(_must_be_there(session, doing, campaign_id).form)
    name = _("%(name)s (copy)", name=original.name)[:100]
    return create_campaign(session, doing, msgspec.structs.replace(original, name=name))


def delete_draft(session: Session, doing: Doing, campaign_id: str) -> CampaignForm:
    """Throw a draft away that was never published; returns its form, which the record keeps too."""
    campaign = _must_be_there(session, doing, campaign_id)
    if campaign.last_version:
        raise InputError(_("This campaign was published: receipts refer to it. Stop it instead."))
    form = load_form(campaign.form)
    forget(session, doing.organisation_id, Kind.CAMPAIGN, campaign_id)
    for replay in session.scalars(
        select(CampaignReplay).where(
            CampaignReplay.organisation_id == doing.organisation_id, CampaignReplay.campaign_id == campaign_id
        )
    ):
        session.delete(replay)
    session.delete(campaign)
    session.flush()
    doing.note(session, DELETED, "campaign", campaign_id, form.dumps())
    return form


def bring_back(session: Session, doing: Doing, campaign_id: str) -> Campaign | None:
    """Undo of throwing a draft away: a new draft with the same form; None when nothing was thrown away."""
    for entry in history(session, doing.organisation_id, "campaign", campaign_id, limit=1):
        if entry.action == DELETED:
            return create_campaign(session, doing, load_form(entry.details))
    return None


def _must_be_there(session: Session, doing: Doing, campaign_id: str) -> Campaign:
    campaign = get_campaign(session, doing.organisation_id, campaign_id)
    if campaign is None:
        raise InputError(_("This campaign is no longer there."))
    return campaign
