"""Segments: read, counted, kept, changed, thrown away; members taken off and put back."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.api import documents as d
from backoffice.api import segment_documents as s
from backoffice.api.calls import Call, Operation, cursor_of, key_of
from backoffice.api.problems import ProblemError, not_found
from backoffice.api.scopes import Scope
from backoffice.audiences import segments
from backoffice.audiences.models import Segment
from backoffice.audiences.resolve import page_of
from backoffice.audiences.tree import AudienceTree, decode
from backoffice.audiences.waterfall import StepCode, waterfall
from backoffice.consent.kinds import Channel
from backoffice.messaging.frequency import contacted_enough


def list_segments(session: Session, call: Call) -> d.Page[s.SegmentShort]:
    """All segments, by id: in the order in which they were made."""
    query: d.PageQuery = call.query
    statement = select(Segment).where(Segment.organisation_id == call.organisation_id)
    after = key_of(query.cursor, 1)
    if after:
        statement = statement.where(Segment.segment_id > after[0])
    rows = session.scalars(statement.order_by(Segment.segment_id).limit(query.limit + 1)).all()
    shown = rows[: query.limit]
    more = cursor_of(shown[-1].segment_id) if len(rows) > query.limit else None
    return d.Page[s.SegmentShort](items=tuple(_short(row) for row in shown), next_cursor=more)


def _short(row: Segment) -> s.SegmentShort:
    return s.SegmentShort(**{name: getattr(row, name) for name in s.SegmentShort.__struct_fields__})


def segment_or_404(session: Session, call: Call) -> Segment:
    """The segment in the address. ProblemError 404."""
    segment = segments.get_segment(session, call.organisation_id, call.path["segment_id"])
    if segment is None:
        raise not_found("segment")
    return segment


def get_segment(session: Session, call: Call) -> s.Segment:
    """One segment with its conditions, in words too."""
    return _full(session, call, segment_or_404(session, call))


def _full(session: Session, call: Call, row: Segment) -> s.Segment:
    tree = decode(row.tree)
    names = tree.names(session, call.organisation_id)
    if Scope.PERSONS_READ not in call.scopes:
        names = replace(names, members={})
    removed = segments.removals_of(session, call.organisation_id, row.segment_id)
    return s.Segment(
        **{name: getattr(row, name) for name in s.SegmentShort.__struct_fields__},
        root=tree.root,
        sentences=tuple(tree.in_words(call.organisation.language, names).splitlines()),
        campaigns=tuple(
            use.campaign_id for use in segments.uses_of(session, call.organisation_id).get(row.segment_id, ())
        ),
        taken_off=tuple(
            s.Removal(member_id=each.member_id, reason=each.reason, by=each.actor, at=each.at)
            for each in removed.values()
        ),
    )


def count_segment(session: Session, call: Call) -> s.Counted:
    """How many it means now, and where they are lost on the way to a message."""
    query: s.CountQuery = call.query
    row = segment_or_404(session, call)
    found = waterfall(
        session,
        call.organisation_id,
        decode(row.tree),
        Channel(query.channel) if query.channel else None,
        query.purpose,
        call.doing.clock.now(),
        0,
        "",
        segments.removals_of(session, call.organisation_id, row.segment_id),
        contacted_enough,
    )
    return s.Counted(
        matched=found.count(StepCode.MATCHED),
        sent=found.count(StepCode.SENT),
        steps={step.code.value: step.count for step in found.steps},
    )


def list_segment_members(session: Session, call: Call) -> d.Page[s.MemberRef]:
    """Who is meant now and was not taken off, by their ids."""
    query: d.PageQuery = call.query
    row = segment_or_404(session, call)
    after = key_of(query.cursor, 1)
    found = page_of(session, row, decode(row.tree), call.doing.clock.now(), after[0] if after else "", query.limit)
    return d.Page[s.MemberRef](
        items=tuple(s.MemberRef(member_id=each) for each in found.member_ids),
        next_cursor=cursor_of(found.next_after) if found.next_after else None,
    )


def add_segment(session: Session, call: Call) -> s.Segment:
    """Keep a new segment."""
    body: s.NewSegment = call.body
    row = segments.save_segment(session, call.doing, "", body.name, AudienceTree(root=body.root))
    return _full(session, call, row)


def change_segment(session: Session, call: Call) -> s.Segment:
    """What is sent changes, the rest stays."""
    body: s.SegmentChange = call.body
    row = segment_or_404(session, call)
    tree = decode(row.tree) if body.root is UNSET else AudienceTree(root=body.root)
    name = row.name if body.name is UNSET else body.name
    return _full(session, call, segments.save_segment(session, call.doing, row.segment_id, name, tree))


def copy_segment(session: Session, call: Call) -> s.Segment:
    """A new segment with the same conditions, and nobody taken off."""
    row = segment_or_404(session, call)
    return _full(session, call, segments.copy_segment(session, call.doing, row.segment_id))


def delete_segment(session: Session, call: Call) -> s.Deleted:
    """Throw it away, unless a campaign uses it."""
    row = segment_or_404(session, call)
    segment_id = row.segment_id
    if segments.uses_of(session, call.organisation_id).get(segment_id):
        raise ProblemError(409, "conflict", "Campaigns use this segment. Choose another one there first.")
    segments.delete_segment(session, call.doing, segment_id)
    return s.Deleted(deleted=segment_id)


def take_off(session: Session, call: Call) -> s.Segment:
    """Leave one member out, with the reason."""
    body: s.NewRemoval = call.body
    row = segment_or_404(session, call)
    segments.take_off(session, call.doing, row.segment_id, body.member_id, body.reason)
    return _full(session, call, row)


def put_back(session: Session, call: Call) -> s.Segment:
    """Take a member in again; nothing when nobody was taken off."""
    row = segment_or_404(session, call)
    segments.put_back(session, call.doing, row.segment_id, call.path["member_id"])
    return _full(session, call, row)


_SEGMENT: Final = "/segments/{segment_id}"

OPERATIONS: Final = (
    Operation(
        "listSegments", "GET", "/segments", "Segments", Scope.SEGMENTS_READ, list_segments, d.Page[s.SegmentShort],
        query=d.PageQuery,
    ),
    Operation(
        "addSegment", "POST", "/segments", "Keep a segment", Scope.SEGMENTS_WRITE, add_segment, s.Segment,
        body=s.NewSegment, status=201,
    ),
    Operation(
        "getSegment", "GET", _SEGMENT, "A segment with its conditions", Scope.SEGMENTS_READ, get_segment, s.Segment
    ),
    Operation(
        "changeSegment", "PATCH", _SEGMENT, "Change a segment", Scope.SEGMENTS_WRITE, change_segment, s.Segment,
        body=s.SegmentChange,
    ),
    Operation(
        "countSegment", "GET", f"{_SEGMENT}/count", "How many members a segment means now", Scope.SEGMENTS_READ,
        count_segment, s.Counted, query=s.CountQuery,
    ),
    Operation(
        "listSegmentMembers", "GET", f"{_SEGMENT}/members", "Whom a segment means now", Scope.SEGMENTS_READ,
        list_segment_members, d.Page[s.MemberRef], query=d.PageQuery,
    ),
    Operation(
        "copySegment", "POST", f"{_SEGMENT}/copy", "Copy a segment", Scope.SEGMENTS_WRITE, copy_segment, s.Segment,
        status=201,
    ),
    Operation(
        "deleteSegment", "POST", f"{_SEGMENT}/delete", "Throw a segment away", Scope.SEGMENTS_WRITE, delete_segment,
        s.Deleted,
    ),
    Operation(
        "takeOffSegment", "POST", f"{_SEGMENT}/removals", "Leave a member out", Scope.SEGMENTS_WRITE, take_off,
        s.Segment, body=s.NewRemoval, status=201,
    ),
    Operation(
        "putBackIntoSegment", "POST", f"{_SEGMENT}/removals/{{member_id}}/undo", "Take a member in again",
        Scope.SEGMENTS_WRITE, put_back, s.Segment,
    ),
)  # fmt: skip
