"""What the pages of tills ask beside the services of sync."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.sync_api.models import Quarantine


def waiting_in_quarantine(session: Session, organisation_id: str, limit: int = 50) -> Sequence[Quarantine]:
    """Uploads that were kept but not understood, the newest first."""
    return session.scalars(
        select(Quarantine)
        .where(Quarantine.organisation_id == organisation_id, Quarantine.resolved_at.is_(None))
        .order_by(Quarantine.received_at.desc(), Quarantine.workstation_id, Quarantine.seq)
        .limit(limit)
    ).all()
