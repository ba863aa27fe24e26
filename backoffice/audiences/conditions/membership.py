"""Conditions on what a member is: group, tier, when it joined, language, card, and members named one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, select, true
from typing_extensions import override

from backoffice.audiences.conditions.base import Condition, InPeriod, among
from backoffice.audiences.names import Names, either
from backoffice.audiences.scope import Scope
from backoffice.i18n import gettext as _
from backoffice.members.models import Card, Member, MemberInGroup
from backoffice.web.locales import LANGUAGE_NAMES


class InGroup(Condition, frozen=True, kw_only=True, tag="in_group"):
    """In one of these groups."""

    group_ids: tuple[str, ...] = ()

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return among(
            select(MemberInGroup.member_id).where(
                MemberInGroup.organisation_id == scope.organisation_id, MemberInGroup.group_id.in_(self.group_ids)
            )
        )

    @override
    def sentence(self, names: Names) -> str:
        return _("is in the group %(groups)s", groups=names.listed(names.groups, self.group_ids))

    @override
    def problem(self) -> str:
        return "" if self.group_ids else _("Choose a group.")


class InTier(Condition, frozen=True, kw_only=True, tag="tier"):
    """Has one of these tiers."""

    tier_ids: tuple[str, ...] = ()

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return Member.tier.in_(self.tier_ids)

    @override
    def sentence(self, names: Names) -> str:
        return _("has the tier %(tiers)s", tiers=names.listed(names.tiers, self.tier_ids))

    @override
    def problem(self) -> str:
        return "" if self.tier_ids else _("Choose a tier.")


class Joined(InPeriod, frozen=True, kw_only=True, tag="joined"):
    """Became a member in a period."""

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        limits: list[ColumnElement[bool]] = []
        if self.days is not None:
            limits.append(Member.created_at >= scope.start_of(scope.days_ago(self.days - 1)))
        if self.first is not None:
            limits.append(Member.created_at >= scope.start_of(self.first))
        if self.last is not None:
            limits.append(Member.created_at < scope.start_of(self.last + timedelta(days=1)))
        return and_(true(), *limits)

    @override
    def sentence(self, names: Names) -> str:
        return _("joined %(period)s", period=self.period())

    @override
    def problem(self) -> str:
        if self.days is None and self.first is None and self.last is None:
            return _("Say in which period.")
        return self.period_problem()


class Speaks(Condition, frozen=True, kw_only=True, tag="language"):
    """Is written to in one of these languages."""

    languages: tuple[str, ...] = ()

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return Member.language.in_(self.languages)

    @override
    def sentence(self, names: Names) -> str:
        return _("speaks %(languages)s", languages=either([LANGUAGE_NAMES.get(each, each) for each in self.languages]))

    @override
    def problem(self) -> str:
        return "" if self.languages else _("Choose a language.")


class HasCard(Condition, frozen=True, kw_only=True, tag="card"):
    """Has a card that works."""

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return among(
            select(Card.member_id).where(Card.organisation_id == scope.organisation_id, Card.state == "active")
        )

    @override
    def sentence(self, names: Names) -> str:
        return _("has a card")


class Chosen(Condition, frozen=True, kw_only=True, tag="members"):
    """Is one of these members."""

    member_ids: tuple[str, ...] = ()

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return Member.member_id.in_(self.member_ids)

    @override
    def sentence(self, names: Names) -> str:
        return _("is %(members)s", members=names.listed(names.members, self.member_ids))

    @override
    def problem(self) -> str:
        return "" if self.member_ids else _("Choose somebody.")

    @override
    def named_members(self) -> Sequence[str]:
        return self.member_ids
