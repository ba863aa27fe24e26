"""A campaign as a second person approves it: its form, and the saved segments that it uses as they are now."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backoffice.approvals.subjects import Kind, Part, Subject
from backoffice.audiences.segments import get_segment, removals_of
from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign


def campaign_subject(session: Session, campaign: Campaign) -> Subject:
    """What is approved; the form alone holds offer, audience, days and words."""
    organisation_id, content = campaign.organisation_id, campaign.form
    parts: tuple[Part, ...] = ()
    form = load_form(campaign.form)
    for segment_id in (form.audience_segment, form.audience_not_segment):
        segment = get_segment(session, organisation_id, segment_id) if segment_id else None
        if segment is not None:
            removed = sorted(removals_of(session, organisation_id, segment_id))
            content = "\n".join((content, segment.tree, *removed))
            parts = (*parts, Part("segment", segment_id))
    return Subject(Kind.CAMPAIGN, organisation_id, campaign.campaign_id, campaign.name, content, parts)
