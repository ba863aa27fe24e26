"""A condition on goods: bought a product, or something of a category, in a period."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select
from typing_extensions import override

from backoffice.audiences.conditions.base import InPeriod, among
from backoffice.audiences.models import MemberProductDay
from backoffice.audiences.names import Names, either
from backoffice.audiences.scope import Scope
from backoffice.catalogue.models import Product
from backoffice.catalogue.services import parents_of
from backoffice.catalogue.tree import subtree_of
from backoffice.i18n import gettext as _
from backoffice.web.format import number


class Bought(InPeriod, frozen=True, kw_only=True, tag="bought"):
    """Bought at least `units` of these products and of what is in these categories, less what came back."""

    product_ids: tuple[str, ...] = ()
    category_ids: tuple[str, ...] = ()
    units: int = 1

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        goods: list[ColumnElement[bool]] = []
        if self.product_ids:
            goods.append(MemberProductDay.product_id.in_(self.product_ids))
        if self.category_ids:
            parents = parents_of(scope.session, scope.organisation_id)
            below = {each for category_id in self.category_ids for each in subtree_of(parents, category_id)}
            products = select(Product.product_id).where(
                Product.organisation_id == scope.organisation_id, Product.category_id.in_(sorted(below))
            )
            goods.append(MemberProductDay.product_id.in_(products))
        return among(
            select(MemberProductDay.member_id)
            .where(
                MemberProductDay.organisation_id == scope.organisation_id,
                or_(*goods),
                self.within(scope, MemberProductDay.business_day),
            )
            .group_by(MemberProductDay.member_id)
            .having(func.sum(MemberProductDay.units) >= self.units)
        )

    @override
    def sentence(self, names: Names) -> str:
        goods = either(
            [
                *(names.categories.get(each, each) for each in self.category_ids),
                *(names.products.get(each, each) for each in self.product_ids),
            ]
        )
        if self.units == 1:
            return _("bought %(goods)s %(period)s", goods=goods, period=self.period())
        return _(
            "bought %(goods)s %(period)s, at least %(units)s",
            goods=goods,
            period=self.period(),
            units=number(self.units),
        )

    @override
    def problem(self) -> str:
        if not self.product_ids and not self.category_ids:
            return _("Choose a product or a category.")
        return self.period_problem() if self.units > 0 else _("Say at least how many: 1 or more.")

    @override
    def named_products(self) -> Sequence[str]:
        return self.product_ids
