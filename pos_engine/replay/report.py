"""A replay's result for machines: canonical JSON, and one CSV table per question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from pos_engine.replay.forecast import Forecast
from pos_engine.replay.tally import ReplayResult

Money = Callable[[int], str]
Cells = tuple[object, ...]


class Report(msgspec.Struct, frozen=True):
    """What `pos-engine replay` prints."""

    result: ReplayResult
    forecast: Forecast | None = None


def as_json(result: ReplayResult, forecast: Forecast | None) -> bytes:
    """The same result is the same bytes."""
    return msgspec.json.encode(Report(result, forecast))


def _campaigns(result: ReplayResult, money: Money) -> list[Cells]:
    return [
        (name, row.members, row.receipts, row.lines, money(row.value_minor), row.uses, money(row.discount_minor),
         row.points, row.coupons)
        for name, row in result.campaigns.items()
    ]  # fmt: skip


def _days(result: ReplayResult, money: Money) -> list[Cells]:
    return [
        (day.isoformat(), row.receipts, money(row.discount_minor), money(row.cost_minor))
        for day, row in result.days.items()
    ]


def _members(result: ReplayResult, money: Money) -> list[Cells]:
    return [
        (name, row.receipts, money(row.discount_minor), money(row.cost_minor)) for name, row in result.members.items()
    ]


def _stores(result: ReplayResult, money: Money) -> list[Cells]:
    return [
        (name, row.receipts, money(row.discount_minor), money(row.cost_minor)) for name, row in result.stores.items()
    ]


def _conflicts(result: ReplayResult, money: Money) -> list[Cells]:
    return [(row.winner_id, row.loser_id, row.receipts, money(row.lost_minor)) for row in result.conflicts]


def _worst(result: ReplayResult, money: Money) -> list[Cells]:
    return [
        (row.key, money(row.value_minor), money(row.discount_minor), money(row.all_discounts_minor))
        for row in result.worst
    ]


SUMS: Final = ("receipts", "discount", "cost")
SECTIONS: Final[Mapping[str, tuple[Cells, Callable[[ReplayResult, Money], list[Cells]]]]] = {
    "campaign": (
        ("campaign", "households", "eligible_baskets", "eligible_lines", "eligible_value", "uses", "discount", "points",
         "coupons"),
        _campaigns,
    ),
    "day": (("day", *SUMS), _days),
    "member": (("member", *SUMS), _members),
    "store": (("store", *SUMS), _stores),
    "conflict": (("winner", "loser", "receipts", "lost"), _conflicts),
    "receipt": (("receipt", "value", "discount", "all_discounts"), _worst),
}  # fmt: skip
"""What a table is of → its heading and its rows; money is written by the caller's function."""
