"""A second person's word before a campaign is published, where the organisation asks for it.

draft → submitted → approved → published, or → refused with a note. What is approved is the hash of everything the
campaign says: offer, audience and words. When that changes, an earlier word no longer counts. Nobody approves what they
submitted, or were the last to change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.models import AuditEntry
from backoffice.audit.services import Doing
from backoffice.campaigns.models import Campaign, CampaignApproval
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.organisations.models import Organisation

NOTE_LENGTH_MAX: Final = 500
WRITING: Final = ("campaign_created", "campaign_changed")
"""Acts on record by which somebody becomes the last to change a campaign."""

Word = Literal["none", "submitted", "approved", "refused", "void"]
"""none: nobody was asked. void: the campaign changed since it was submitted or approved."""


@dataclass(frozen=True)
class Standing:
    """Where a campaign stands. `row` None: nobody was asked yet."""

    word: Word
    row: CampaignApproval | None


def content_sha256(campaign: Campaign) -> str:
    """The hash, hex, of all that is approved: the form holds offer, audience, days and words."""
    return hashlib.sha256(campaign.form.encode()).hexdigest()


def is_needed(session: Session, organisation_id: str) -> bool:
    """Whether this organisation wants two people."""
    return session.get_one(Organisation, organisation_id).campaigns_need_approval


def standing_of(session: Session, campaign: Campaign) -> Standing:
    """Where one campaign stands now."""
    return _standing(campaign, session.get(CampaignApproval, (campaign.organisation_id, campaign.campaign_id)))


def standings(session: Session, organisation_id: str) -> Mapping[str, Standing]:
    """Where the campaigns of an organisation stand, by id; those that nobody was asked about are left out."""
    rows = session.execute(
        select(Campaign, CampaignApproval)
        .join(
            CampaignApproval,
            (CampaignApproval.organisation_id == Campaign.organisation_id)
            & (CampaignApproval.campaign_id == Campaign.campaign_id),
        )
        .where(Campaign.organisation_id == organisation_id)
    ).all()
    return {campaign.campaign_id: _standing(campaign, row) for campaign, row in rows}


def submit(session: Session, doing: Doing, campaign: Campaign) -> None:
    """Ask somebody else for their word about the campaign as it is now."""
    session.merge(
        CampaignApproval(
            organisation_id=campaign.organisation_id,
            campaign_id=campaign.campaign_id,
            sha256=content_sha256(campaign),
            state="submitted",
            submitted_by=doing.actor,
            submitted_at=doing.clock.now(),
            decided_by="",
            decided_at=None,
            note="",
        )
    )
    session.flush()
    doing.note(session, "campaign_submitted", "campaign", campaign.campaign_id, content_sha256(campaign))


def approve(session: Session, doing: Doing, campaign: Campaign, seen_sha256: str) -> None:
    """Say yes to exactly what was seen. InputError: it is one's own, not submitted, or no longer what was seen."""
    row = _open_question(session, doing, campaign, seen_sha256)
    row.state, row.decided_by, row.decided_at = "approved", doing.actor, doing.clock.now()
    session.flush()
    doing.note(session, "campaign_approved", "campaign", campaign.campaign_id, row.sha256)


def refuse(session: Session, doing: Doing, campaign: Campaign, seen_sha256: str, note: str) -> None:
    """Say no, and why. InputError: as for yes, or without a note."""
    if not note.strip():
        raise InputError(_("Say why, so that it can be mended."))
    row = _open_question(session, doing, campaign, seen_sha256)
    row.state, row.decided_by, row.decided_at = "refused", doing.actor, doing.clock.now()
    row.note = note.strip()[:NOTE_LENGTH_MAX]
    session.flush()
    doing.note(session, "campaign_refused", "campaign", campaign.campaign_id, row.note)


def must_be_approved(session: Session, campaign: Campaign) -> None:
    """InputError when the organisation wants a second person's word and the campaign as it is now does not have it."""
    if is_needed(session, campaign.organisation_id) and standing_of(session, campaign).word != "approved":
        raise InputError(_("A second person has to approve this campaign as it is now. Submit it."))


def may_decide(session: Session, campaign: Campaign, person: str) -> bool:
    """Whether the open question is not about the person's own work."""
    row = standing_of(session, campaign).row
    return row is not None and person not in {row.submitted_by, _last_to_change(session, campaign)}


def _open_question(session: Session, doing: Doing, campaign: Campaign, seen_sha256: str) -> CampaignApproval:
    standing = standing_of(session, campaign)
    if standing.row is None or standing.word != "submitted" or seen_sha256 != standing.row.sha256:
        raise InputError(_("The campaign is not what you were looking at any more. Look again."))
    if not may_decide(session, campaign, doing.actor):
        raise InputError(_("This is your own work: somebody else has to approve it."))
    return standing.row


def _standing(campaign: Campaign, row: CampaignApproval | None) -> Standing:
    if row is None:
        return Standing("none", None)
    if row.state != "refused" and row.sha256 != content_sha256(campaign):
        return Standing("void", row)
    words: dict[str, Word] = {"submitted": "submitted", "approved": "approved", "refused": "refused"}
    return Standing(words[row.state], row)


def _last_to_change(session: Session, campaign: Campaign) -> str | None:
    return session.scalar(
        select(AuditEntry.actor)
        .where(
            AuditEntry.organisation_id == campaign.organisation_id,
            AuditEntry.subject_kind == "campaign",
            AuditEntry.subject_id == campaign.campaign_id,
            AuditEntry.action.in_(WRITING),
        )
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    )
