"""Who was erased: receipts that tills bring later must not bring anything of them back."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.members.models import ErasedMember


def erased_among(session: Session, organisation_id: str, member_ids: AbstractSet[str]) -> frozenset[str]:
    """Those of these members that were erased; a batch of receipts names at most some hundreds."""
    if not member_ids:
        return frozenset()
    return frozenset(
        session.scalars(
            select(ErasedMember.member_id).where(
                ErasedMember.organisation_id == organisation_id, ErasedMember.member_id.in_(member_ids)
            )
        )
    )
