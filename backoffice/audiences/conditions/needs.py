"""A condition on what members' vehicles need, as the last night worked it out of their work orders."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, select
from typing_extensions import override

from backoffice.audiences.conditions.base import DAYS_MAX, Condition, among
from backoffice.audiences.names import Names
from backoffice.audiences.scope import Scope
from backoffice.i18n import gettext as _
from backoffice.members.models import Member
from backoffice.prediction.models import VehicleNeed
from backoffice.prediction.words import WEEK_DAYS
from backoffice.web.format import number
from backoffice.workshop.models import Vehicle
from backoffice.workshop.operation_words import FAMILY_WORDS
from backoffice.workshop.operations import Family

WEEKS_MAX = DAYS_MAX // WEEK_DAYS // 10


class NeedsWork(Condition, frozen=True, kw_only=True, tag="needs_work"):
    """A vehicle of the member is due for `family` within `weeks`, or was due already."""

    family: Family = Family.SERVICE
    weeks: int = 8

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        due = scope.today + timedelta(weeks=self.weeks)
        return among(
            select(Member.member_id)
            .join(
                Vehicle,
                (Vehicle.organisation_id == Member.organisation_id) & (Vehicle.member_id == Member.member_id),
            )
            .join(
                VehicleNeed,
                (VehicleNeed.organisation_id == Vehicle.organisation_id)
                & (VehicleNeed.vehicle_id == Vehicle.vehicle_id),
            )
            .where(
                Member.organisation_id == scope.organisation_id,
                VehicleNeed.family == self.family.value,
                VehicleNeed.due_on <= due,
            )
        )

    @override
    def sentence(self, names: Names) -> str:
        return _(
            "a vehicle is due in the next %(weeks)s weeks or overdue: %(family)s",
            weeks=number(self.weeks),
            family=_(FAMILY_WORDS[self.family]),
        )

    @override
    def problem(self) -> str:
        if not 0 <= self.weeks <= WEEKS_MAX:
            return _("A number of weeks lies between 0 and %(max)s.", max=WEEKS_MAX)
        return ""
