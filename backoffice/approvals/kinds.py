"""Finding what a question is about: one row for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from backoffice.approvals.models import Approval
from backoffice.approvals.services import open_questions, standing
from backoffice.approvals.subjects import Kind, Subject
from backoffice.campaigns.approval import campaign_subject
from backoffice.campaigns.models import Campaign
from backoffice.flows.approval import flow_subject
from backoffice.flows.models import Flow
from backoffice.messaging.approval import mailing_subject
from backoffice.messaging.models import Mailing


@dataclass(frozen=True)
class Known:
    """One kind: how a subject is found, and where its page is (`endpoint` takes `variable`; `path` for e-mails)."""

    find: Callable[[Session, str, str], Subject | None]
    endpoint: str
    variable: str
    path: str


def _campaign(session: Session, organisation_id: str, subject_id: str) -> Subject | None:
    row = session.get(Campaign, (organisation_id, subject_id))
    return campaign_subject(session, row) if row is not None else None


def _mailing(session: Session, organisation_id: str, subject_id: str) -> Subject | None:
    row = session.get(Mailing, (organisation_id, subject_id))
    return mailing_subject(session, row) if row is not None and not row.source else None


def _flow(session: Session, organisation_id: str, subject_id: str) -> Subject | None:
    row = session.get(Flow, (organisation_id, subject_id))
    return flow_subject(session, row) if row is not None else None


KNOWN: Final[Mapping[Kind, Known]] = {
    Kind.CAMPAIGN: Known(_campaign, "campaigns.campaign_page", "campaign_id", "campaigns"),
    Kind.MAILING: Known(_mailing, "messages.message_page", "mailing_id", "messages"),
    Kind.FLOW: Known(_flow, "flows.flow_page", "flow_id", "flows"),
}


def subject_of(session: Session, organisation_id: str, kind: str, subject_id: str) -> Subject | None:
    """A subject of the organisation; None when there is none, or no such kind."""
    if kind not in set(Kind):
        return None
    return KNOWN[Kind(kind)].find(session, organisation_id, subject_id)


def waiting_questions(session: Session, organisation_id: str) -> list[tuple[Approval, Subject]]:
    """What waits for an answer, the oldest first; what was changed since it was submitted waits no more."""
    found = []
    for row in open_questions(session, organisation_id):
        subject = subject_of(session, organisation_id, row.subject_kind, row.subject_id)
        if subject is not None and standing(subject, row).word == "submitted":
            found.append((row, subject))
    return found
