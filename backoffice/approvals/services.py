"""A second person's word before something goes out, where the organisation asks for it.

draft → submitted → approved → goes out, or → refused with a note. What is approved is the hash of everything the
subject says. When that changes, an earlier word no longer counts. Nobody approves what they submitted, or were the last
to change; the last to change a segment or a template that it uses is its author too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.approvals.models import Approval
from backoffice.approvals.notices import tell
from backoffice.approvals.subjects import SETTINGS, WRITING, Kind, Part, Subject
from backoffice.audit.models import AuditEntry
from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.organisations.models import Organisation
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.outbox import happened

NOTE_LENGTH_MAX: Final = 500
WAITING_MAX: Final = 200
"""Open questions listed on one page; more are answered in turns."""

Word = Literal["none", "submitted", "approved", "refused", "void"]
"""none: nobody was asked. void: the subject changed since it was submitted or approved."""


@dataclass(frozen=True)
class Standing:
    """Where a subject stands. `row` None: nobody was asked yet."""

    word: Word
    row: Approval | None


def is_needed(session: Session, organisation_id: str, kind: Kind) -> bool:
    """Whether this organisation wants two people for what is of this kind."""
    return bool(getattr(session.get_one(Organisation, organisation_id), SETTINGS[kind]))


def standing_of(session: Session, subject: Subject) -> Standing:
    """Where one subject stands now."""
    return standing(subject, session.get(Approval, (subject.organisation_id, subject.kind.value, subject.subject_id)))


def standing(subject: Subject, row: Approval | None) -> Standing:
    """Where a subject stands, by the last question about it."""
    if row is None:
        return Standing("none", None)
    if row.state != "refused" and row.sha256 != subject.sha256:
        return Standing("void", row)
    words: dict[str, Word] = {"submitted": "submitted", "approved": "approved", "refused": "refused"}
    return Standing(words[row.state], row)


def asked_about(session: Session, organisation_id: str, kind: Kind) -> Mapping[str, Approval]:
    """The last question about each subject of a kind, by the subject's id."""
    rows = session.scalars(
        select(Approval).where(Approval.organisation_id == organisation_id, Approval.subject_kind == kind.value)
    )
    return {row.subject_id: row for row in rows}


def open_questions(session: Session, organisation_id: str) -> Sequence[Approval]:
    """Questions that nobody answered yet, the oldest first; a bounded number."""
    return session.scalars(
        select(Approval)
        .where(Approval.organisation_id == organisation_id, Approval.state == "submitted")
        .order_by(Approval.submitted_at, Approval.subject_id)
        .limit(WAITING_MAX)
    ).all()


def submit(session: Session, doing: Doing, subject: Subject) -> None:
    """Ask somebody else for their word about the subject as it is now, and let those know who may give it."""
    row = Approval(
        organisation_id=subject.organisation_id,
        subject_kind=subject.kind.value,
        subject_id=subject.subject_id,
        question_id=doing.ids.new_id(),
        sha256=subject.sha256,
        state="submitted",
        submitted_by=doing.actor,
        submitted_at=doing.clock.now(),
        decided_by="",
        decided_at=None,
        note="",
    )
    session.merge(row)
    session.flush()
    _written(session, doing, subject, row, "submitted", row.sha256)


def approve(session: Session, doing: Doing, subject: Subject, seen_sha256: str) -> None:
    """Say yes to exactly what was seen. InputError: it is one's own, not submitted, or no longer what was seen."""
    row = _open_question(session, doing, subject, seen_sha256)
    row.state, row.decided_by, row.decided_at = "approved", doing.actor, doing.clock.now()
    session.flush()
    _written(session, doing, subject, row, "approved", row.sha256)


def refuse(session: Session, doing: Doing, subject: Subject, seen_sha256: str, note: str) -> None:
    """Say no, and why. InputError: as for yes, or without a note."""
    if not note.strip():
        raise InputError(_("Say why, so that it can be mended."))
    row = _open_question(session, doing, subject, seen_sha256)
    row.state, row.decided_by, row.decided_at = "refused", doing.actor, doing.clock.now()
    row.note = note.strip()[:NOTE_LENGTH_MAX]
    session.flush()
    _written(session, doing, subject, row, "refused", row.note)


def _written(session: Session, doing: Doing, subject: Subject, row: Approval, word: str, details: str) -> None:
    doing.note(session, f"{subject.kind.value}_{word}", subject.kind.value, subject.subject_id, details)
    tell(session, doing, row)
    told = {"kind": subject.kind.value, "subject_id": subject.subject_id, "name": subject.name, "state": word}
    happened(session, subject.organisation_id, EventKind.APPROVAL_CHANGED, [told], doing.clock.now())


def must_be_approved(session: Session, subject: Subject) -> None:
    """InputError when the organisation wants a second person's word and the subject as it is now does not have it."""
    needed = is_needed(session, subject.organisation_id, subject.kind)
    if needed and standing_of(session, subject).word != "approved":
        raise InputError(_("A second person has to approve this as it is now. Submit it."))


def may_decide(session: Session, subject: Subject, person: str) -> bool:
    """Whether the open question is not about the person's own work."""
    row = standing_of(session, subject).row
    return row is not None and person not in {row.submitted_by, *_authors(session, subject)}


def forget(session: Session, organisation_id: str, kind: Kind, subject_id: str) -> None:
    """Nothing is asked any more about what was thrown away."""
    row = session.get(Approval, (organisation_id, kind.value, subject_id))
    if row is not None:
        session.delete(row)


def _open_question(session: Session, doing: Doing, subject: Subject, seen_sha256: str) -> Approval:
    found = standing_of(session, subject)
    if found.row is None or found.word != "submitted" or seen_sha256 != found.row.sha256:
        raise InputError(_("This is not what you were looking at any more. Look again."))
    if not may_decide(session, subject, doing.actor):
        raise InputError(_("This is your own work: somebody else has to approve it."))
    return found.row


def _authors(session: Session, subject: Subject) -> set[str]:
    """Who was the last to change the subject, and each part of it."""
    parts = (Part(subject.kind.value, subject.subject_id), *subject.parts)
    found = (_last_to_change(session, subject.organisation_id, part) for part in parts)
    return {person for person in found if person is not None}


def _last_to_change(session: Session, organisation_id: str, part: Part) -> str | None:
    return session.scalar(
        select(AuditEntry.actor)
        .where(
            AuditEntry.organisation_id == organisation_id,
            AuditEntry.subject_kind == part.kind,
            AuditEntry.subject_id == part.part_id,
            AuditEntry.action.in_(WRITING),
        )
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    )
