"""Members and cards as tills know them, written to the change feed in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, cast

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.cashiers.marks import mark_entries
from backoffice.loyalty.programme import current
from backoffice.members import personal
from backoffice.members.models import Card, Member, MemberInGroup
from backoffice.members.personal import Person
from backoffice.sync_api.changes import Entry, record_changes
from pos_engine.wire.sync import CardBody, MemberBody

CHUNK: Final = 500
"""Ids in one IN list."""

CardState = Literal["active", "blocked", "replaced"]


def tell_members(session: Session, organisation_id: str, member_ids: Sequence[str]) -> None:
    """Send the present state of these members to the tills."""
    for start in range(0, len(member_ids), CHUNK):
        persons = personal.load(session, organisation_id, member_ids[start : start + CHUNK])
        bodies = member_bodies(session, organisation_id, member_ids[start : start + CHUNK], persons)
        entries = [Entry("member", body.member_id, "put", msgspec.json.encode(body)) for body in bodies]
        entries += mark_entries(session, organisation_id, [body.member_id for body in bodies], persons)
        record_changes(session, organisation_id, entries)


def member_bodies(
    session: Session, organisation_id: str, member_ids: Sequence[str], persons: Mapping[str, Person] | None = None
) -> list[MemberBody]:
    """Members as tills know them. `persons`: by member id, where they were loaded already."""
    saved = current(session, organisation_id) if member_ids else None
    tier_names = {step.tier_id: step.name for step in saved.programme.tiers.steps} if saved is not None else {}
    found = []
    for start in range(0, len(member_ids), CHUNK):
        chunk = list(member_ids[start : start + CHUNK])
        known = personal.load(session, organisation_id, chunk) if persons is None else persons
        groups: dict[str, list[str]] = {}
        for member_id, group_id in session.execute(
            select(MemberInGroup.member_id, MemberInGroup.group_id)
            .where(MemberInGroup.organisation_id == organisation_id, MemberInGroup.member_id.in_(chunk))
            .order_by(MemberInGroup.group_id)
        ):
            groups.setdefault(member_id, []).append(group_id)
        rows = session.execute(
            select(Member.member_id, Member.number, Member.language, Member.tier).where(
                Member.organisation_id == organisation_id, Member.member_id.in_(chunk)
            )
        )
        for member_id, number, language, tier in rows:
            person = known.get(member_id)
            birthday = person.birthday if person else None
            body = MemberBody(
                member_id=member_id,
                display_name=(person.greeting if person else "") or number,
                language=language,
                groups=tuple(groups.get(member_id, ())),
                tier=tier,
                number=number,
                tier_name=tier_names.get(tier, ""),
                birth_month=birthday.month if birthday else 0,
                birth_day=birthday.day if birthday else 0,
            )
            found.append(body)
    return found


def tell_cards(session: Session, organisation_id: str, card_ids: Sequence[str]) -> None:
    """Send the present state of these cards to the tills."""
    for start in range(0, len(card_ids), CHUNK):
        chunk = list(card_ids[start : start + CHUNK])
        rows = session.execute(
            select(Card.card_id, Card.member_id, Card.state).where(
                Card.organisation_id == organisation_id, Card.card_id.in_(chunk)
            )
        )
        entries = [
            Entry(
                "card",
                card_id,
                "put",
                msgspec.json.encode(CardBody(card_id=card_id, member_id=member_id, state=cast("CardState", state))),
            )
            for card_id, member_id, state in rows
        ]
        record_changes(session, organisation_id, entries)
