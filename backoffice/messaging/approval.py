"""A mailing as a second person approves it: words, audience, who was taken off, when and how it goes out."""

from __future__ import annotations

import msgspec
from sqlalchemy.orm import Session

from backoffice.approvals.subjects import Kind, Subject
from backoffice.letters.models import LetterSetting
from backoffice.messaging.models import Mailing
from backoffice.messaging.recipients import removed_members


def mailing_subject(session: Session, mailing: Mailing) -> Subject:
    """What is approved. Its name is for staff alone and says nothing to a member."""
    letters = session.get(LetterSetting, (mailing.organisation_id, mailing.mailing_id))
    said = (
        mailing.purpose,
        mailing.channel_rule,
        mailing.audience,
        mailing.content,
        sorted(removed_members(session, mailing)),
        mailing.send_at,
        mailing.zone,
        mailing.window_minutes,
        mailing.rate_per_minute,
        mailing.campaign_id,
        letters.run_tag if letters is not None else "",
        mailing.campaign_id,
    )
    content = msgspec.json.encode(said).decode()
    return Subject(Kind.MAILING, mailing.organisation_id, mailing.mailing_id, mailing.name, content)
