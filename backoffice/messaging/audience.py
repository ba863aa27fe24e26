"""Whom a mailing is for, as one document that is kept as it was used."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audiences.resolve import member_ids
from backoffice.audiences.tree import AudienceTree
from backoffice.members.models import Member
from backoffice.members.services import members_of_groups


class Audience(msgspec.Struct, frozen=True):
    """Members by name, by group, by conditions, or everybody; the first that says something counts."""

    member_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    tree: AudienceTree | None = None
    segment: str = ""
    """What the conditions were called when they were taken from a saved segment."""
    everybody: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nobody was chosen yet."""
        return not (self.member_ids or self.group_ids or self.tree or self.everybody)


_DECODER: Final = msgspec.json.Decoder(Audience)


def decode(text: str) -> Audience:
    """An audience as it is stored."""
    return _DECODER.decode(text)


def encode(audience: Audience) -> str:
    """An audience as it is stored."""
    return msgspec.json.encode(audience).decode()


def resolve(session: Session, organisation_id: str, audience: Audience, now: datetime) -> list[str]:
    """The members who are meant now, each once, in the order of their ids. InputError: conditions cannot be asked."""
    if audience.member_ids:
        return sorted(set(audience.member_ids))
    if audience.group_ids:
        return sorted(members_of_groups(session, organisation_id, audience.group_ids))
    if audience.tree is not None:
        return list(member_ids(session, organisation_id, audience.tree, now))
    if audience.everybody:
        wanted = select(Member.member_id).where(Member.organisation_id == organisation_id).order_by(Member.member_id)
        return list(session.scalars(wanted))
    return []
