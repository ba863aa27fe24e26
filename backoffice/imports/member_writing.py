"""Writing some hundred rows of members in one transaction: tables, change feed, and what is needed to undo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import count_while_small
from backoffice.consent.ledger import record_many
from backoffice.imports.changes import Done, keep_changes
from backoffice.imports.opening import OPENING, book_openings
from backoffice.members import counts, personal
from backoffice.members.feed import tell_cards, tell_members
from backoffice.members.models import Card, Member, MemberInGroup, MemberKey, MemberPerson, MemberWord
from backoffice.members.services import create_group
from backoffice.sync_api.models import ChangeRow
from backoffice.text import folded
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.outbox import happened

if TYPE_CHECKING:
    from backoffice.imports.members import MemberRow

Chunk = Sequence[tuple[str, "MemberRow"]]
"""Member ids, of new members too, with their rows."""


def write_members(
    session: Session, doing: Doing, import_id: str, rows: Sequence[tuple[int, MemberRow]], known_groups: dict[str, str]
) -> None:
    """Write rows, with their numbers in the file, that change something. `known_groups`: names → ids; extended."""
    if not rows:
        return
    for name in sorted({name for _number, row in rows for name in row.groups or ()}):
        if folded(name) not in known_groups:
            known_groups[folded(name)] = create_group(session, doing, name).group_id
    now = doing.clock.now()
    numbered = [(number, row.member_id or doing.ids.new_id(), row) for number, row in rows]
    chunk = [(member_id, row) for _number, member_id, row in numbered]
    groups = {
        member_id: tuple(dict.fromkeys(known_groups[folded(name)] for name in row.groups))
        for member_id, row in chunk
        if row.groups is not None and (row.groups or row.member_id)
    }
    _write_members(session, doing.organisation_id, chunk, now)
    _write_groups(session, doing.organisation_id, chunk, groups)
    _write_cards(session, doing.organisation_id, chunk, now)
    record_many(session, doing, [said.of(member_id, now) for member_id, row in chunk for said in row.consents])
    openings = {
        member_id: (row.opening_id or f"{OPENING}{member_id}:1", row.points) for member_id, row in chunk if row.points
    }
    book_openings(session, doing, openings, now)
    tell_members(session, doing.organisation_id, [member_id for member_id, _row in chunk])
    tell_cards(session, doing.organisation_id, [card for _member_id, row in chunk for card in row.cards])
    _tell_receivers(session, doing.organisation_id, chunk, now)
    if import_id:
        done = {
            member_id: (number, _done(row, groups.get(member_id), openings.get(member_id, ("", 0))[0]))
            for number, member_id, row in numbered
        }
        keep_changes(session, doing.organisation_id, import_id, done)
    for table in (Member, MemberPerson, MemberKey, MemberWord, MemberInGroup, Card, ChangeRow):
        count_while_small(session, table)


def _tell_receivers(session: Session, organisation_id: str, chunk: Chunk, now: datetime) -> None:
    """Whoever listens hears of each member, as if it had been added or changed by hand."""
    for kind, known in ((EventKind.MEMBER_CREATED, False), (EventKind.MEMBER_CHANGED, True)):
        told = [{"member_id": member_id} for member_id, row in chunk if bool(row.member_id) is known]
        happened(session, organisation_id, kind, told, now)


def _write_members(session: Session, organisation_id: str, chunk: Chunk, now: datetime) -> None:
    own = {"organisation_id": organisation_id}
    new = [
        own
        | {
            "member_id": member_id,
            "number": row.number,
            "language": row.language,
            "tier": "",
            "created_at": now,
            "updated_at": now,
        }
        for member_id, row in chunk
        if not row.member_id
    ]
    changed = [
        own | {"member_id": member_id, "language": row.language, "updated_at": now}
        for member_id, row in chunk
        if row.member_id
    ]
    if new:
        session.execute(insert(Member), new)
        counts.joined(session, organisation_id, len(new))
    if changed:
        session.execute(update(Member), changed)
    persons = [(member_id, row.person) for member_id, row in chunk if not row.member_id or row.person != row.known]
    personal.save_many(session, organisation_id, persons)


def _write_groups(session: Session, organisation_id: str, chunk: Chunk, groups: Mapping[str, tuple[str, ...]]) -> None:
    known = [member_id for member_id, row in chunk if row.member_id and member_id in groups]
    before: Sequence[str] = ()
    if known:
        theirs = (MemberInGroup.organisation_id == organisation_id, MemberInGroup.member_id.in_(known))
        before = session.scalars(select(MemberInGroup.group_id).where(*theirs)).all()
        session.execute(delete(MemberInGroup).where(*theirs))
    memberships: list[dict[str, Any]] = [
        {"organisation_id": organisation_id, "member_id": member_id, "group_id": group_id}
        for member_id, group_ids in groups.items()
        for group_id in group_ids
    ]
    if memberships:
        session.execute(insert(MemberInGroup), memberships)
    counts.regrouped(session, organisation_id, before, [each["group_id"] for each in memberships])


def _write_cards(session: Session, organisation_id: str, chunk: Chunk, now: datetime) -> None:
    cards: list[dict[str, Any]] = [
        {
            "organisation_id": organisation_id,
            "card_id": card,
            "member_id": member_id,
            "state": "active",
            "replaced_by": "",
            "created_at": now,
            "changed_at": now,
        }
        for member_id, row in chunk
        for card in row.cards
    ]
    if cards:
        session.execute(insert(Card), cards)


def _done(row: MemberRow, groups: tuple[str, ...] | None, opening: str) -> Done:
    before, after = row.changed_fields() if row.member_id else ({}, {})
    regrouped = groups is not None and set(groups) != set(row.groups_before)
    return Done(
        not row.member_id,
        before,
        after,
        row.groups_before if regrouped else None,
        groups if regrouped else None,
        row.cards,
        tuple((said.channel.value, said.purpose.value, said.decision.value) for said in row.consents),
        opening,
    )
