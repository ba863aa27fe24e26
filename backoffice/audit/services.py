"""Writing and reading the record of who did what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.chain import append
from backoffice.audit.models import AuditEntry
from backoffice.clock import Clock
from backoffice.ids import Ids


@dataclass(frozen=True)
class Doing:
    """On whose behalf services act: organisation and person, with the clock and ids they use."""

    organisation_id: str
    actor: str
    clock: Clock
    ids: Ids

    def note(self, session: Session, action: str, subject_kind: str, subject_id: str, details: str = "") -> None:
        """Write down one act, in the transaction that does it. `details` names nobody: the record outlives a member."""
        append(
            session,
            AuditEntry(
                organisation_id=self.organisation_id,
                entry_id=self.ids.new_id(),
                at=self.clock.now(),
                actor=self.actor,
                action=action,
                subject_kind=subject_kind,
                subject_id=subject_id,
                details=details,
            ),
        )


def history(
    session: Session, organisation_id: str, subject_kind: str, subject_id: str, limit: int = 20
) -> Sequence[AuditEntry]:
    """What was done to one subject, newest first."""
    return session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.organisation_id == organisation_id,
            AuditEntry.subject_kind == subject_kind,
            AuditEntry.subject_id == subject_id,
        )
        .order_by(AuditEntry.entry_id.desc())
        .limit(limit)
    ).all()
