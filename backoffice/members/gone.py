"""Who was erased: receipts that tills bring later must not bring anything of them back."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.members.models import ErasedMember
from backoffice.prepared import Prepared

_ERASED = table_of(ErasedMember)
# Made once: every batch of receipts asks it.
_AMONG: Final = Prepared(
    select(_ERASED.c.member_id).where(
        _ERASED.c.organisation_id == bindparam("organisation"),
        _ERASED.c.member_id.in_(bindparam("members", expanding=True)),
    )
)


def erased_among(session: Session, organisation_id: str, member_ids: AbstractSet[str]) -> frozenset[str]:
    """Those of these members that were erased; a batch of receipts names at most some hundreds."""
    if not member_ids:
        return frozenset()
    rows = _AMONG.all(session.connection(), organisation=organisation_id, members=member_ids)
    return frozenset(row.member_id for row in rows)
