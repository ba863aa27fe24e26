"""From a tree to the members it means, at one moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audiences.scope import scope_of
from backoffice.audiences.tree import AudienceTree
from backoffice.members.models import Member


def member_ids(session: Session, organisation_id: str, tree: AudienceTree, now: datetime) -> list[str]:
    """The members that the tree means, by id. InputError: the tree cannot be asked."""
    tree.check()
    scope = scope_of(session, organisation_id, now)
    found = session.scalars(
        select(Member.member_id).where(Member.organisation_id == organisation_id, tree.root.holds(scope))
    )
    return sorted(found)


def count(session: Session, organisation_id: str, tree: AudienceTree, now: datetime) -> int:
    """How many members the tree means. InputError: the tree cannot be asked."""
    tree.check()
    scope = scope_of(session, organisation_id, now)
    return (
        session.scalar(
            select(func.count())
            .select_from(Member)
            .where(Member.organisation_id == organisation_id, tree.root.holds(scope))
        )
        or 0
    )
