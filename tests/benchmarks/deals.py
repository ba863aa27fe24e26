"""Draws sets of deals over the real products: the mix of a supermarket that promotes a lot.

Of a set, about 38 parts in 90 are percentages, 14 multi-buys, 10 "every n-th free", 10 amounts from a spend, 6 ladders,
12 real coupons; offers on the whole basket grow with the root of the size only, as in a real shop.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter, defaultdict
from typing import Generic, TypeVar

from tests.benchmarks.receipts import RealCoupon, Receipts
from tests.benchmarks.workload import Deal, Goods, Kind

MIX: tuple[tuple[Kind, int], ...] = (
    ("percent", 38),
    ("bxgy", 14),
    ("cheapest", 10),
    ("amount", 10),
    ("ladder", 6),
    ("unit_off", 12),
)
GOODS_MIX = (60, 25, 12, 3)
"""Parts of goods chosen as maker in a category, category, single products, department."""

POPULARITY = 0.7
"""What sells more is promoted more, but less than in proportion: weight = sales to this power."""

SELLERS_MIN = 5
PRODUCTS_MAX = 400
DEPARTMENT_SHARE_MAX = 0.12
"""Nobody promotes a department that is a large part of the shop."""

T = TypeVar("T")


class Urn(Generic[T]):
    """Things of different weight."""

    def __init__(self, counted: list[tuple[T, int]]) -> None:
        self.things = [thing for thing, _ in counted]
        self.weights = list(itertools.accumulate(count**POPULARITY for _, count in counted))

    def draw(self, chance: random.Random) -> T:
        """One of them; it goes back."""
        return chance.choices(self.things, cum_weights=self.weights)[0]


class Drawer:
    """Draws deals of one set."""

    def __init__(self, receipts: Receipts, seed: int) -> None:
        self.chance = random.Random(seed)
        self.receipts = receipts
        makers: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        categories: Counter[int] = Counter()
        departments: Counter[int] = Counter()
        for product, count in sorted(receipts.sold.items()):
            shelf = receipts.shelves[product]
            makers[shelf.maker, shelf.category].append(product)
            categories[shelf.category] += count
            departments[shelf.department] += count
        ranges = [products for _, products in sorted(makers.items()) if len(products) >= 3]
        self.ranges = Urn([(products, sum(receipts.sold[p] for p in products)) for products in ranges])
        self.categories = Urn(sorted(categories.items()))
        self.sellers = Urn([(p, count) for p, count in sorted(receipts.sold.items()) if count >= SELLERS_MIN])
        whole = sum(receipts.sold.values())
        self.departments = [d for d, count in sorted(departments.items()) if count < whole * DEPARTMENT_SHARE_MAX]

    def goods(self, mix: tuple[int, int, int, int] = GOODS_MIX) -> Goods:
        """What a deal is about."""
        chance = self.chance
        way = chance.choices(("range", "category", "products", "department"), mix)[0]
        if way == "range":
            products = self.ranges.draw(chance)
            few = products if len(products) <= PRODUCTS_MAX else sorted(chance.sample(products, PRODUCTS_MAX))
            return Goods(products=tuple(few))
        if way == "category":
            count = chance.choice((1, 1, 1, 2))
            return Goods(categories=tuple(sorted({self.categories.draw(chance) for _ in range(count)})))
        if way == "products":
            return Goods(products=tuple(sorted({self.sellers.draw(chance) for _ in range(chance.randint(1, 10))})))
        return Goods(departments=(chance.choice(self.departments),))

    def conditions(self, base: Deal, groups_share: float, groups_max: int) -> Deal:
        """Some deals are for groups, some for days of the week, some for hours of the day."""
        chance = self.chance
        fields = {name: getattr(base, name) for name in base.__struct_fields__}
        if chance.random() < groups_share:
            numbers = chance.sample(range(self.receipts.group_count), chance.randint(1, groups_max))
            fields["groups"] = tuple(sorted(numbers))
        when = chance.random()
        if when < 0.12:
            fields["weekdays"] = tuple(sorted(chance.sample(range(7), chance.randint(1, 3))))
        elif when < 0.20:
            start = chance.randint(8, 18)
            fields["hours"] = (start, start + chance.randint(2, 5))
        return Deal(**fields)

    def coupon(self, deal_id: str, real: RealCoupon) -> Deal:
        """A real coupon; half of them are on paper, the others were loaded to the card."""
        chance = self.chance
        return Deal(
            deal_id=deal_id,
            rank=chance.randint(0, 2) * 10,
            kind="unit_off",
            goods=Goods(products=real.products),
            off_minor=chance.choice((35, 50, 55, 75, 100, 100, 150, 200)),
            campaign=real.campaign,
            coupon=real.number if chance.random() < 0.5 else 0,
            starts_on=real.starts_on,
            ends_on=real.ends_on,
        )

    def wide(self, deal_id: str, rank: int) -> Deal:
        """An offer on the whole basket."""
        chance = self.chance
        if chance.random() < 0.5:
            spend = chance.choice((2500, 4000, 5000, 7500, 10000))
            off = chance.choice((200, 300, 500, 1000))
            base = Deal(deal_id=deal_id, rank=rank, kind="wide_amount", spend_minor=spend, off_minor=off)
        else:
            step = chance.choice((2500, 4000, 5000))
            steps = ((step, 200), (step * 2, 500), (step * 3, 900))
            base = Deal(deal_id=deal_id, rank=rank, kind="wide_ladder", steps=steps)
        return self.conditions(base, 0.7, 3)

    def plain(self, deal_id: str, rank: int, kind: Kind) -> Deal:
        """Any other deal."""
        chance = self.chance
        fields: dict[str, object] = {"goods": self.goods()}
        if kind == "percent":
            fields["percent_bp"] = chance.choice((500, 1000, 1000, 1500, 2000, 2000, 2500, 3000, 5000))
        elif kind == "amount":
            fields["spend_minor"] = chance.choice((500, 800, 1000, 1500, 2000))
            fields["off_minor"] = chance.choice((50, 100, 150, 200, 300))
        elif kind == "ladder":
            step = chance.choice((500, 1000, 1500))
            fields["steps"] = ((step, step // 10), (step * 2, step // 4), (step * 3, step // 2))
        elif kind == "cheapest":
            fields["every"] = chance.choice((2, 3, 3, 4, 5))
        else:
            fields["buy"] = chance.choice((1, 1, 2, 2, 3, 5))
            fields["percent_bp"] = chance.choice((10000, 10000, 5000))
            fields["times_max"] = chance.choice((0, 0, 2, 5))
            if chance.random() < 0.25:
                fields["other"] = self.goods((60, 0, 40, 0))
        return self.conditions(Deal(deal_id=deal_id, rank=rank, kind=kind, **fields), 0.25, 4)  # type: ignore[arg-type]


def draw_deals(receipts: Receipts, size: int, seed: int) -> tuple[Deal, ...]:
    """A set of so many deals in random order."""
    drawer = Drawer(receipts, seed)
    coupons = list(receipts.coupons)
    drawer.chance.shuffle(coupons)
    wide = min(max(1, round(size * 0.06)), round(3 * math.sqrt(size)))
    parts = sum(part for _, part in MIX)
    counts: dict[str, int] = {kind: round((size - wide) * part / parts) for kind, part in MIX}
    counts["unit_off"] = min(counts["unit_off"], len(coupons))
    counts["percent"] += size - wide - sum(counts.values())
    kinds = [kind for kind, _ in MIX for _ in range(counts[kind])] + ["wide"] * wide
    drawer.chance.shuffle(kinds)
    deals: list[Deal] = []
    for number, kind in enumerate(kinds):
        deal_id = f"D{number:05d}"
        rank = drawer.chance.randint(1, 9) * 10
        if kind == "unit_off":
            deals.append(drawer.coupon(deal_id, coupons.pop()))
        elif kind == "wide":
            deals.append(drawer.wide(deal_id, rank))
        else:
            deals.append(drawer.plain(deal_id, rank, kind))  # type: ignore[arg-type]
    return tuple(deals)
