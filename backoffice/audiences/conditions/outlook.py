"""A condition on what is to be expected of members, as the last night worked it out of their visits."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from typing_extensions import override

from backoffice.audiences.conditions.base import Condition, among
from backoffice.audiences.names import Names
from backoffice.audiences.scope import Scope
from backoffice.i18n import gettext as _
from backoffice.outlook.models import MemberOutlook
from backoffice.web.format import number

PERCENT_MAX = 100


class ProbablyLost(Condition, frozen=True, kw_only=True, tag="probably_lost"):
    """The chance that the member still is a customer is below `percent` (BG/NBD); who never came is not meant."""

    percent: int = 20

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return among(
            select(MemberOutlook.member_id).where(
                MemberOutlook.organisation_id == scope.organisation_id, MemberOutlook.alive_bp < self.percent * 100
            )
        )

    @override
    def sentence(self, names: Names) -> str:
        return _("probably lost: less than %(percent)s in 100 still come", percent=number(self.percent))

    @override
    def problem(self) -> str:
        if not 0 < self.percent <= PERCENT_MAX:
            return _("A chance lies between 1 and %(max)s in 100.", max=PERCENT_MAX)
        return ""
