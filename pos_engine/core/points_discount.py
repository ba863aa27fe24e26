"""Points used as a discount: a reduction of the price like any other, taken after all offers.

Laws: it lowers the price and the VAT base, unit by unit; deposits and price-fixed goods are never touched, no article
goes below its lowest price; only whole steps are used, never more than the goods still cost; it is no offer, so it
neither loses to one nor uses up a limit.
Points as a tender are another thing: they settle a price and change none.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos_engine.core.allocate import allocate
from pos_engine.core.money import share_by_largest_remainder
from pos_engine.core.outcome import POINTS_DISCOUNT, PROGRAMME, PointsShare, PointsSpent, UnitShare
from pos_engine.core.sale import Sale

_UNTOUCHED = frozenset({"deposit", "price_fixed"})


@dataclass(frozen=True)
class PointsTaken:
    """What points took off: per unit the amount in minor units, and how many points they were."""

    points: int
    amounts: dict[int, int]


def take_points(sale: Sale, left: list[int]) -> PointsTaken | None:
    """Take the member's points off what the units still cost (`left` is lowered); None when none are used."""
    wanted = sale.basket.points_spending
    if wanted is None or sale.member is None or sale.basket.at_register_price:
        return None
    articles, article_of = sale.goods.articles, sale.goods.article_of
    above = [max(0, cost - articles[a].floor_minor) for cost, a in zip(left, article_of, strict=True)]
    units = [u for u, a in enumerate(article_of) if above[u] > 0 and articles[a].line_kind not in _UNTOUCHED]
    rooms = [above[unit] for unit in units]
    steps = min(wanted.points // wanted.points_step, sum(rooms) // wanted.step_minor)
    if steps <= 0:
        return None
    amounts = allocate(steps * wanted.step_minor, rooms, rooms, [sale.goods.vat[unit] for unit in units])
    taken = {unit: amount for unit, amount in zip(units, amounts, strict=True) if amount}
    for unit, amount in taken.items():
        left[unit] -= amount
    return PointsTaken(steps * wanted.points_step, taken)


def points_discount_shares(sale: Sale, taken: PointsTaken) -> tuple[UnitShare, ...]:
    """The ledger rows of the points used, in the order of the basket."""
    wanted = sale.basket.points_spending
    version = 0 if wanted is None else wanted.programme_version
    rows = sorted((*sale.goods.place_of[unit], amount, sale.goods.vat[unit]) for unit, amount in taken.amounts.items())
    return tuple(
        UnitShare(
            line_id=sale.basket.lines[position].line_id,
            unit_index=index,
            campaign_id=PROGRAMME,
            campaign_version=version,
            offer_id=POINTS_DISCOUNT,
            role="receives",
            amount_minor=amount,
            vat_bp=rate,
            phase="points",
        )
        for position, index, amount, rate in rows
    )


def points_spent(sale: Sale, taken: PointsTaken) -> PointsSpent:
    """The points used, shared over units by what they took off each."""
    rows = sorted((*sale.goods.place_of[unit], amount) for unit, amount in taken.amounts.items())
    parts = share_by_largest_remainder(taken.points, [amount for _, _, amount in rows])
    shares = tuple(
        PointsShare(sale.basket.lines[position].line_id, index, points)
        for (position, index, _), points in zip(rows, parts, strict=True)
    )
    return PointsSpent(taken.points, sum(taken.amounts.values()), shares)
