"""Documents of segments; the laws stand in `documents`. Their conditions are those that the builder makes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from backoffice.api.documents import Asked, Line64, Line100, Line200, Said
from backoffice.audiences.tree import Group
from backoffice.consent.kinds import Purpose

Name = Annotated[Line100, Meta(min_length=1)]


class SegmentShort(Said, frozen=True, kw_only=True):
    """A segment in a list."""

    segment_id: str
    name: str
    created_at: datetime
    updated_at: datetime


class Removal(Said, frozen=True, kw_only=True):
    """A member who was taken off by hand, whatever the conditions say."""

    member_id: str
    reason: str
    by: str
    at: datetime


class Segment(SegmentShort, frozen=True, kw_only=True):
    """A segment. `root`: its conditions; `sentences`: the same in the organisation's language.

    Members are named in the sentences for tokens with `persons:read` only, else by their ids. `campaigns`: ids of those
    that use it.
    """

    root: Group
    sentences: tuple[str, ...]
    campaigns: tuple[str, ...]
    taken_off: tuple[Removal, ...]


class NewSegment(Asked, frozen=True, kw_only=True):
    """A segment to be kept. `root` left out: everybody."""

    name: Name
    root: Group = Group()


class SegmentChange(Asked, frozen=True, kw_only=True):
    """What changes of a segment; what is left out stays."""

    name: Name | UnsetType = UNSET
    root: Group | UnsetType = UNSET


class Deleted(Said, frozen=True, kw_only=True):
    """What was thrown away, by its id."""

    deleted: str


class CountQuery(Asked, frozen=True, kw_only=True):
    """By which channel and for what it would be. `channel` empty: a coupon on the card, which asks for no consent."""

    channel: Literal["", "email", "sms", "letter", "phone"] = ""
    purpose: Purpose = Purpose.MARKETING


class Counted(Said, frozen=True, kw_only=True):
    """How many members a segment means now (`matched`), where they are lost on the way, and how many are left (`sent`).

    `steps`: code → members, each counted at the first step that applies.
    """

    matched: int
    sent: int
    steps: dict[str, int]


class MemberRef(Said, frozen=True, kw_only=True):
    """A member by its id."""

    member_id: str


class NewRemoval(Asked, frozen=True, kw_only=True):
    """Who is taken off, and why."""

    member_id: Annotated[Line64, Meta(min_length=1)]
    reason: Annotated[Line200, Meta(min_length=1)]
