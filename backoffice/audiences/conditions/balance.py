"""A condition on a member's account: points, stamps or stored value."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, not_, select, true
from typing_extensions import override

from backoffice.audiences.conditions.base import Condition, among, range_problem, range_words
from backoffice.audiences.names import Names
from backoffice.audiences.scope import Scope
from backoffice.i18n import gettext as _
from backoffice.loyalty.models import LedgerAccount
from backoffice.web.format import money, number
from pos_engine.core.bookings import POINTS, VALUE


class Balance(Condition, frozen=True, kw_only=True, tag="balance"):
    """The balance lies in a range. `unit`: points, value (minor units of money) or stamps:<card>; no account is 0."""

    unit: str = POINTS
    at_least: int | None = None
    at_most: int | None = None

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        own = select(LedgerAccount.owner).where(
            LedgerAccount.organisation_id == scope.organisation_id, LedgerAccount.unit == self.unit
        )
        limits: list[ColumnElement[bool]] = []
        if self.at_least is not None:
            below = not_(among(own.where(LedgerAccount.balance < self.at_least)))
            limits.append(among(own.where(LedgerAccount.balance >= self.at_least)) if self.at_least > 0 else below)
        if self.at_most is not None:
            within = among(own.where(LedgerAccount.balance <= self.at_most))
            limits.append(not_(among(own.where(LedgerAccount.balance > self.at_most))) if self.at_most >= 0 else within)
        return and_(true(), *limits)

    @override
    def sentence(self, names: Names) -> str:
        ends = [each for each in (self.at_least, self.at_most) if each is not None]
        if self.unit == VALUE:
            amount = range_words(self.at_least, self.at_most, {each: money(each, names.currency) for each in ends})
            return _("has %(amount)s on account", amount=amount)
        amount = range_words(self.at_least, self.at_most, {each: number(each) for each in ends})
        if self.unit == POINTS:
            return _("has %(amount)s points", amount=amount)
        return _("has %(amount)s stamps on %(card)s", amount=amount, card=self.unit.partition(":")[2])

    @override
    def problem(self) -> str:
        return range_problem(self.at_least, self.at_most)
