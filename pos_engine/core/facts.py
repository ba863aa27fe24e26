"""What conditions may ask about one sale: the day, the place, the person, the coupons, the goods."""

from __future__ import annotations

from datetime import date, timedelta

from pos_engine.core.basket import Basket
from pos_engine.core.goods import Goods
from pos_engine.core.member import HeldCoupon, Member
from pos_engine.core.moment import Moment
from pos_engine.core.offer_parts import Selector
from pos_engine.core.selectors import Matcher, SelectorTable


class Facts:
    """One sale as conditions see it at the start of a phase.

    `day` is the local date an offer's windows started on: yesterday for the part of a window past midnight.
    `left` is what each unit still costs after the earlier phases, and does not change while these facts are asked;
    `without` are units that may not count (a free product does not earn itself).
    """

    def __init__(
        self,
        basket: Basket,
        member: Member | None,
        moment: Moment,
        goods: Goods,
        left: list[int],
        selectors: SelectorTable,
    ) -> None:
        self.basket = basket
        self.member = member
        self.moment = moment
        self.goods = goods
        self.left = left
        self.selectors = selectors
        self.day: date = moment.local_date
        self.without: frozenset[int] = frozenset()
        self._spends: dict[tuple[Matcher, bool], int] = {}

    def on(self, day: date) -> Facts:
        """The same facts read for another starting day."""
        if day == self.day:
            return self
        twin = Facts(self.basket, self.member, self.moment, self.goods, self.left, self.selectors)
        twin.day = day
        twin.without = self.without
        return twin

    def not_counting(self, units: frozenset[int]) -> Facts:
        """The same facts without some units."""
        twin = Facts(self.basket, self.member, self.moment, self.goods, self.left, self.selectors)
        twin.day = self.day
        twin.without = units
        return twin

    @property
    def yesterday(self) -> date:
        """The local date before the sale's."""
        return self.moment.local_date - timedelta(days=1)

    def spend_minor(self, selector: Selector, *, before: bool) -> int:
        """Value of the selected units: at shelf price (before), or after the earlier phases."""
        matcher = self.selectors.matcher(selector)
        known = self._spends.get((matcher, before))
        if known is None:
            known = self._spends[matcher, before] = self._sum_minor(matcher, before=before)
        return known

    def _sum_minor(self, matcher: Matcher, *, before: bool) -> int:
        values = self.goods.price if before else self.left
        counting = self.goods.counting(matcher)
        if not self.without:
            return self.goods.value_minor(counting, values)
        return sum(values[unit] for unit in self.goods.units_of(counting) if unit not in self.without)

    def counted(self, selector: Selector) -> list[int]:
        """The units that a selector counts."""
        units = self.goods.units_of(self.goods.counting(self.selectors.matcher(selector)))
        return [unit for unit in units if unit not in self.without] if self.without else units

    def held(self, series_id: str) -> tuple[HeldCoupon, ...]:
        """The coupons of a series that the member's card carries, usable or not, in the order they are redeemed."""
        if self.member is None:
            return ()
        coupons = [coupon for coupon in self.member.held_coupons if coupon.series_id == series_id]
        return tuple(sorted(coupons, key=lambda c: (c.valid_until or date.max, c.coupon_id)))

    def usable_ids(self, source: str, series_id: str) -> tuple[str, ...]:
        """Ids of the coupons of a series that may be redeemed now, those that expire first in front."""
        if source == "presented":
            ids = {c.coupon_id for c in self.basket.presented_coupons if c.series_id == series_id}
            return tuple(sorted(ids))
        today = self.moment.local_date
        return tuple(c.coupon_id for c in self.held(series_id) if coupon_state(c, today) == "usable")


def coupon_state(coupon: HeldCoupon, today: date) -> str:
    """One of usable, redeemed, not_yet_valid, expired."""
    if coupon.uses_left <= 0:
        return "redeemed"
    if coupon.valid_from is not None and today < coupon.valid_from:
        return "not_yet_valid"
    if coupon.valid_until is not None and today > coupon.valid_until:
        return "expired"
    return "usable"
