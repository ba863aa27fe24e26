"""Whom a mailing is for, as one document that is kept as it was used."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import ColumnElement, false, true

from backoffice.audiences.conditions import InGroup
from backoffice.audiences.scope import Scope
from backoffice.audiences.tree import AudienceTree


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


def where(scope: Scope, audience: Audience) -> ColumnElement[bool]:
    """Which rows of `Member` are meant; not for members by name. InputError: conditions cannot be asked."""
    if audience.group_ids:
        return InGroup(group_ids=audience.group_ids).holds(scope)
    if audience.tree is not None:
        audience.tree.check()
        return audience.tree.root.holds(scope)
    return true() if audience.everybody else false()
