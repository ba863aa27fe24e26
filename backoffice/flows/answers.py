"""Answers to the questions of steps, asked once for all people of a turn.

A condition like "came in the last 7 days" is answered by the database for everybody at once; asked for each person
anew, it would read the same days a thousand times.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audiences.scope import scope_of
from backoffice.audiences.tree import AudienceTree
from backoffice.audit.services import Doing
from backoffice.members.models import Member


class Answers:
    """For one organisation and one turn. `member_ids`: everybody who may be asked about."""

    def __init__(self, member_ids: Sequence[str]) -> None:
        self._member_ids = list(member_ids)
        self._known: dict[str, frozenset[str]] = {}
        self._changed: set[str] = set()

    def forget(self, member_id: str) -> None:
        """What was asked about this member may not be true any more: a step has changed something."""
        self._changed.add(member_id)

    def holds(self, session: Session, doing: Doing, tree: AudienceTree, member_id: str) -> bool:
        """Whether the conditions hold for a member. InputError: they cannot be asked."""
        if member_id in self._changed:
            return member_id in _asked(session, doing, tree, [member_id])
        key = tree.encode()
        if key not in self._known:
            self._known[key] = _asked(session, doing, tree, self._member_ids)
        return member_id in self._known[key]


def _asked(session: Session, doing: Doing, tree: AudienceTree, member_ids: Sequence[str]) -> frozenset[str]:
    tree.check()
    scope = scope_of(session, doing.organisation_id, doing.clock.now())
    return frozenset(
        session.scalars(
            select(Member.member_id).where(
                Member.organisation_id == doing.organisation_id,
                Member.member_id.in_(member_ids),
                tree.root.holds(scope),
            )
        )
    )
