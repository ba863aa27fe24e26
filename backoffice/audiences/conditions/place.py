"""Conditions on where somebody lives, by marks."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import ColumnElement, or_, select
from typing_extensions import override

from backoffice.audiences.conditions.base import Condition, among
from backoffice.audiences.names import Names, either
from backoffice.audiences.scope import Scope
from backoffice.i18n import gettext as _
from backoffice.members.models import MemberTrait
from backoffice.members.traits import place_of_postcode, town_mark


class LivesInTown(Condition, frozen=True, kw_only=True, tag="town"):
    """Lives in one of these towns; case and accents do not count."""

    towns: tuple[str, ...] = ()

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        marks = [town_mark(scope.vault, scope.organisation_id, town) for town in self.towns]
        return _living(scope, MemberTrait.town_mark.in_([mark for mark in marks if mark is not None]))

    @override
    def sentence(self, names: Names) -> str:
        return _("lives in %(towns)s", towns=either(self.towns))

    @override
    def problem(self) -> str:
        return "" if any(town.strip() for town in self.towns) else _("Write a town.")


class LivesAtPostcode(Condition, frozen=True, kw_only=True, tag="postcode"):
    """Has one of these postcodes. One to three characters stand for all postcodes that begin with them."""

    postcodes: tuple[str, ...] = ()

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        wanted: dict[str, list[int]] = defaultdict(list)
        for text in self.postcodes:
            column, mark = place_of_postcode(scope.vault, scope.organisation_id, text)
            wanted[column].append(mark)
        table = MemberTrait.__table__
        return _living(scope, or_(*(table.c[column].in_(marks) for column, marks in wanted.items())))

    @override
    def sentence(self, names: Names) -> str:
        return _("has a postcode that is or begins with %(postcodes)s", postcodes=either(self.postcodes))

    @override
    def problem(self) -> str:
        return "" if self.postcodes and all(text.strip() for text in self.postcodes) else _("Write a postcode.")


def _living(scope: Scope, where: ColumnElement[bool]) -> ColumnElement[bool]:
    return among(select(MemberTrait.member_id).where(MemberTrait.organisation_id == scope.organisation_id, where))
