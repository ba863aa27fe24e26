"""Who is meant, as a tree: groups of conditions of which all, any or none must hold.

The stored form is JSON with a version; a tree that was stored once is read for good. A group without conditions says
nothing: it is passed over, and a tree of nothing else means everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec
from flask import has_request_context
from flask_babel import force_locale
from sqlalchemy import ColumnElement, and_, false, not_, or_, true
from sqlalchemy.orm import Session

from backoffice.audiences.conditions import (
    Allows,
    Away,
    Balance,
    BirthdayInMonth,
    BirthdayUnknown,
    BirthdayWithin,
    Bought,
    Chosen,
    Condition,
    Contacted,
    GotMessage,
    HasAddress,
    HasCard,
    InGroup,
    InTier,
    Joined,
    LivesAtPostcode,
    LivesInTown,
    NeedsWork,
    OfCampaign,
    ProbablyLost,
    Speaks,
    Spent,
    Visits,
)
from backoffice.audiences.names import Names, names_of
from backoffice.audiences.scope import Scope
from backoffice.errors import InputError
from backoffice.i18n import gettext as _

VERSION: Final = 1
DEPTH_MAX: Final = 5
"""Groups inside groups; more nobody reads."""
CONDITIONS_MAX: Final = 60

AnyCondition = (
    Allows
    | Away
    | Balance
    | BirthdayInMonth
    | BirthdayUnknown
    | BirthdayWithin
    | Bought
    | Chosen
    | Contacted
    | GotMessage
    | HasAddress
    | HasCard
    | InGroup
    | InTier
    | Joined
    | LivesAtPostcode
    | LivesInTown
    | NeedsWork
    | OfCampaign
    | ProbablyLost
    | Speaks
    | Spent
    | Visits
)
"""Each kind of condition; a new one is added here and to `conditions`."""

Join = Literal["all", "any", "none"]


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="group"):
    """Conditions and further groups, of which all, any or none must hold."""

    join: Join = "all"
    parts: tuple[Node, ...] = ()

    def holds(self, scope: Scope) -> ColumnElement[bool]:
        """Which rows of `Member` it means."""
        parts = [part.holds(scope) for part in self.said()]
        if self.join == "all" or not parts:
            return and_(true(), *parts)
        some = or_(false(), *parts)
        return not_(some) if self.join == "none" else some

    def said(self) -> list[Node]:
        """Its parts without groups that say nothing."""
        return [part for part in self.parts if not isinstance(part, Group) or part.said()]

    def conditions(self) -> Iterator[Condition]:
        """Every condition in it, however deep."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.conditions()
            else:
                yield part

    def lines(self, names: Names, depth: int = 0) -> Iterator[tuple[int, str]]:
        """It in words, a line each, with how deep it stands."""
        title = {"all": _("all of this holds:"), "any": _("any of this holds:"), "none": _("none of this holds:")}
        yield depth, title[self.join]
        for part in self.said():
            if isinstance(part, Group):
                yield from part.lines(names, depth + 1)
            else:
                yield depth + 1, part.in_words(names)

    def depth(self) -> int:
        """How many groups lie inside each other."""
        return 1 + max((part.depth() for part in self.parts if isinstance(part, Group)), default=0)


Node = Group | AnyCondition


class AudienceTree(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is meant. `version`: of this form."""

    version: int = VERSION
    root: Group = Group()

    def encode(self) -> str:
        """It as it is stored."""
        return msgspec.json.encode(self).decode()

    def means_everybody(self) -> bool:
        """Whether it says nothing, and so means all members."""
        return not self.root.said()

    def conditions(self) -> Sequence[Condition]:
        """Every condition in it."""
        return tuple(self.root.conditions())

    def check(self) -> None:
        """InputError: something in it is incomplete, or it is larger than may be asked."""
        if self.root.depth() > DEPTH_MAX:
            raise InputError(_("At most %(max)s groups may lie inside each other.", max=DEPTH_MAX))
        if len(self.conditions()) > CONDITIONS_MAX:
            raise InputError(_("An audience has at most %(max)s conditions.", max=CONDITIONS_MAX))
        for condition in self.conditions():
            condition.check()

    def names(self, session: Session, organisation_id: str) -> Names:
        """What its ids are called."""
        conditions = self.conditions()
        return names_of(
            session,
            organisation_id,
            products={each for condition in conditions for each in condition.named_products()},
            members={each for condition in conditions for each in condition.named_members()},
        )

    def in_words(self, language: str, names: Names | None = None) -> str:
        """It as one text with a line per condition; in English where no request is answered.

        Without `names` (see there) ids stand for themselves.
        """
        if not has_request_context():
            return self._text(names or Names())
        with force_locale(language):
            return self._text(names or Names())

    def _text(self, names: Names) -> str:
        if not self.root.said():
            return _("every member")
        return "\n".join(f"{'  ' * depth}{line}" for depth, line in self.root.lines(names))


def decode(text: str | bytes) -> AudienceTree:
    """A stored tree. InputError: it is none, or was stored by a newer version."""
    try:
        tree = _DECODER.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InputError(_("This audience cannot be read: %(error)s", error=str(error))) from error
    if tree.version > VERSION:
        raise InputError(_("This audience was stored by a newer version of the back-office."))
    return tree


_DECODER: Final = msgspec.json.Decoder(AudienceTree)
EVERYBODY: Final = AudienceTree()
