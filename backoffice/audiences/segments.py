"""Saved segments: kept, changed, copied, thrown away when nobody uses them; people taken off by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import Segment, SegmentRemoval
from backoffice.audiences.tree import AudienceTree, decode
from backoffice.audit.services import Doing
from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members.models import Member

NAME_LENGTH_MAX: Final = 100
USED_AS: Final = ("audience_segment", "audience_not_segment")
"""Fields of a campaign's form that name a segment."""
REASON_LENGTH_MAX: Final = 200


@dataclass(frozen=True)
class Use:
    """A campaign that uses a segment."""

    campaign_id: str
    name: str


def segments_of(session: Session, organisation_id: str) -> Sequence[Segment]:
    """All segments, by name."""
    return session.scalars(
        select(Segment).where(Segment.organisation_id == organisation_id).order_by(Segment.name, Segment.segment_id)
    ).all()


def get_segment(session: Session, organisation_id: str, segment_id: str) -> Segment | None:
    """One segment of this organisation."""
    return session.get(Segment, (organisation_id, segment_id))


def save_segment(session: Session, doing: Doing, segment_id: str, name: str, tree: AudienceTree) -> Segment:
    """Keep a segment; a new one when the id is empty. InputError says what is wrong with name or conditions."""
    tree.check()
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH_MAX:
        raise InputError(_("Give the segment a name of at most %(max)s characters.", max=NAME_LENGTH_MAX), "name")
    taken = session.scalar(
        select(Segment.segment_id).where(Segment.organisation_id == doing.organisation_id, Segment.name == name)
    )
    if taken is not None and taken != segment_id:
        raise InputError(_("There is a segment “%(name)s” already.", name=name), "name")
    now = doing.clock.now()
    if segment_id:
        segment = _must_be_there(session, doing, segment_id)
        segment.name, segment.tree, segment.updated_at = name, tree.encode(), now
    else:
        segment = Segment(
            organisation_id=doing.organisation_id,
            segment_id=doing.ids.new_id(),
            name=name,
            tree=tree.encode(),
            created_at=now,
            updated_at=now,
        )
        session.add(segment)
    session.flush()
    doing.note(session, "segment_changed" if segment_id else "segment_created", "segment", segment.segment_id)
    return segment


def copy_segment(session: Session, doing: Doing, segment_id: str) -> Segment:
    """A new segment with the same conditions, and nobody taken off."""
    original = _must_be_there(session, doing, segment_id)
    names = {each.name for each in segments_of(session, doing.organisation_id)}
    name = next(
        candidate
        for number in range(1, len(names) + 2)
        if (candidate := _("%(name)s (copy %(number)s)", name=original.name[:80], number=number)) not in names
    )
    return save_segment(session, doing, "", name, decode(original.tree))


def delete_segment(session: Session, doing: Doing, segment_id: str) -> str:
    """Throw a segment away; its name. InputError: a campaign uses it."""
    segment = _must_be_there(session, doing, segment_id)
    used = uses_of(session, doing.organisation_id).get(segment_id)
    if used:
        names = ", ".join(f"“{use.name}”" for use in used[:3])
        raise InputError(_("Campaigns use this segment: %(names)s. Choose another one there first.", names=names))
    session.delete(segment)
    session.flush()
    doing.note(session, "segment_deleted", "segment", segment_id, segment.name)
    return segment.name


def uses_of(session: Session, organisation_id: str) -> Mapping[str, list[Use]]:
    """Segment id → the campaigns that use it."""
    rows = session.execute(
        select(Campaign.campaign_id, Campaign.name, Campaign.form)
        .where(
            Campaign.organisation_id == organisation_id,
            or_(*(Campaign.form.like(f'%"{name}":"_%') for name in USED_AS)),
        )
        .order_by(Campaign.name)
    )
    found: dict[str, list[Use]] = {}
    for row in rows:
        form = load_form(row.form)
        for segment_id in {getattr(form, name) for name in USED_AS} - {""}:
            found.setdefault(segment_id, []).append(Use(row.campaign_id, row.name))
    return found


def take_off(session: Session, doing: Doing, segment_id: str, member_id: str, reason: str) -> None:
    """Leave a member out of a segment, whatever its conditions say. InputError: no reason, or nobody there."""
    _must_be_there(session, doing, segment_id)
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_LENGTH_MAX:
        raise InputError(_("Say why, in at most %(max)s characters.", max=REASON_LENGTH_MAX), "reason")
    if session.get(Member, (doing.organisation_id, member_id)) is None:
        raise InputError(_("this member is no longer there"), "member_id")
    session.merge(
        SegmentRemoval(
            organisation_id=doing.organisation_id,
            segment_id=segment_id,
            member_id=member_id,
            reason=reason,
            actor=doing.actor,
            at=doing.clock.now(),
        )
    )
    session.flush()
    doing.note(session, "taken_off_segment", "segment", segment_id, member_id)


def put_back(session: Session, doing: Doing, segment_id: str, member_id: str) -> None:
    """Undo of taking somebody off; nothing when nobody was."""
    removal = session.get(SegmentRemoval, (doing.organisation_id, segment_id, member_id))
    if removal is not None:
        session.delete(removal)
        session.flush()
        doing.note(session, "put_back_into_segment", "segment", segment_id, member_id)


def removals_of(session: Session, organisation_id: str, segment_id: str) -> Mapping[str, SegmentRemoval]:
    """Who was taken off, by member id."""
    rows = session.scalars(
        select(SegmentRemoval)
        .where(SegmentRemoval.organisation_id == organisation_id, SegmentRemoval.segment_id == segment_id)
        .order_by(SegmentRemoval.at.desc())
    )
    return {row.member_id: row for row in rows}


def _must_be_there(session: Session, doing: Doing, segment_id: str) -> Segment:
    segment = get_segment(session, doing.organisation_id, segment_id)
    if segment is None:
        raise InputError(_("This segment is no longer there."))
    return segment
