"""From a tree to the members it means, at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import Segment, SegmentRemoval
from backoffice.audiences.scope import scope_of
from backoffice.audiences.tree import AudienceTree
from backoffice.members import counts
from backoffice.members.models import Member


def member_ids(session: Session, organisation_id: str, tree: AudienceTree, now: datetime) -> list[str]:
    """The members that the tree means, by id. InputError: the tree cannot be asked."""
    tree.check()
    scope = scope_of(session, organisation_id, now)
    found = session.scalars(
        select(Member.member_id).where(Member.organisation_id == organisation_id, tree.root.holds(scope))
    )
    return sorted(found)


@dataclass(frozen=True)
class PeoplePage:
    """Some of a segment's people by id: the number of the first, how many all are, the last id where more follow."""

    member_ids: list[str]
    first: int
    total: int
    next_after: str


def page_of(
    session: Session, segment: Segment, tree: AudienceTree, now: datetime, after: str, limit: int
) -> PeoplePage:
    """Who is meant and was not taken off, from the id `after` on. InputError: the tree cannot be asked."""
    tree.check()
    scope = scope_of(session, segment.organisation_id, now)
    taken_off = exists().where(
        SegmentRemoval.organisation_id == segment.organisation_id,
        SegmentRemoval.segment_id == segment.segment_id,
        SegmentRemoval.member_id == Member.member_id,
    )
    meant = (Member.organisation_id == segment.organisation_id, tree.root.holds(scope), ~taken_off)
    ids = session.scalars(
        select(Member.member_id).where(*meant, Member.member_id > after).order_by(Member.member_id).limit(limit + 1)
    ).all()
    asked = select(func.count()).select_from(Member).where(*meant)
    before = session.scalars(asked.where(Member.member_id <= after)).one() if after else 0
    page = list(ids[:limit])
    total = _all_but_taken_off(session, segment) if tree.means_everybody() else session.scalars(asked).one()
    return PeoplePage(page, before + 1, total, page[-1] if len(ids) > limit else "")


def _all_but_taken_off(session: Session, segment: Segment) -> int:
    """Everybody less whoever was taken off; removals go with their members."""
    taken_off = session.scalar(
        select(func.count()).where(
            SegmentRemoval.organisation_id == segment.organisation_id, SegmentRemoval.segment_id == segment.segment_id
        )
    )
    return counts.in_all(session, segment.organisation_id) - (taken_off or 0)


def count(session: Session, organisation_id: str, tree: AudienceTree, now: datetime) -> int:
    """How many members the tree means. InputError: the tree cannot be asked."""
    tree.check()
    if tree.means_everybody():
        return counts.in_all(session, organisation_id)
    scope = scope_of(session, organisation_id, now)
    return (
        session.scalar(
            select(func.count())
            .select_from(Member)
            .where(Member.organisation_id == organisation_id, tree.root.holds(scope))
        )
        or 0
    )
