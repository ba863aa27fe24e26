"""Compiles and runs `limit.c` on the same baskets, and compares its totals with the core's."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from pos_engine.core.money import Tariff
from pos_engine.core.ruleset import compile_ruleset
from tests.benchmarks.campaigns import campaigns_of, visits_of
from tests.benchmarks.evaluation import price, spread
from tests.benchmarks.timing import Times, figure, table, timed
from tests.benchmarks.workload import FOLDER, SIZES, Deal, Goods, RealBasket, Workload

SOURCE = Path(__file__).with_name("limit.c")
EPOCH = date(1970, 1, 1).toordinal()
COMPARED = 300
"""Baskets whose totals are compared at each size."""

PERCENT, AMOUNT, UNIT_OFF, MULTI_BUY = range(4)


class Offer(ctypes.Structure):
    """`offer_t`."""

    _fields_ = (
        *((name, ctypes.c_int32) for name in ("kind", "value", "spend_min", "first_day", "last_day")),
        *((name, ctypes.c_int32) for name in ("weekdays", "from_minute", "until_minute", "coupon")),
        ("groups", ctypes.c_uint64),
        ("campaigns", ctypes.c_uint64),
        *((name, ctypes.c_int32) for name in ("wide", "every", "times_max")),
    )


class Head(ctypes.Structure):
    """`basket_t`."""

    _fields_ = (
        *((name, ctypes.c_int32) for name in ("day", "weekday", "minute", "coupon_count")),
        ("groups", ctypes.c_uint64),
        ("campaigns", ctypes.c_uint64),
        *((name, ctypes.c_int32) for name in ("coupons_at", "lines_at", "line_count")),
    )


class Row(ctypes.Structure):
    """`line_t`."""

    _fields_ = tuple((name, ctypes.c_int32) for name in ("product", "category", "department", "price", "quantity"))


@dataclass(frozen=True)
class Step:
    """One offer of a deal, in the order in which the priority reading lets them give."""

    rank: int
    offer_id: str
    deal: Deal
    kind: int
    value: int
    spend_minor: int
    every: int = 0


class Keys(dict[int, int]):
    """Numbers things in the order they are met."""

    def __missing__(self, key: int) -> int:
        self[key] = len(self)
        return self[key]


def bits(numbers: Sequence[int]) -> int:
    """A set of small numbers as bits."""
    return sum(1 << number for number in set(numbers))


def steps_of(deals: Sequence[Deal]) -> list[Step]:
    """The offers that both sides can say, in order of priority."""
    steps: list[Step] = []
    for deal in deals:
        if deal.kind == "percent":
            steps.append(Step(deal.rank, deal.deal_id, deal, PERCENT, deal.percent_bp, 0))
        elif deal.kind == "unit_off":
            steps.append(Step(deal.rank, deal.deal_id, deal, UNIT_OFF, deal.off_minor, 0))
        elif deal.kind in {"amount", "wide_amount"}:
            steps.append(Step(deal.rank, deal.deal_id, deal, AMOUNT, deal.off_minor, deal.spend_minor))
        elif deal.kind in {"ladder", "wide_ladder"}:
            for number, (spend, off) in enumerate(sorted(deal.steps, reverse=True)):
                steps.append(Step(deal.rank, f"{deal.deal_id}-{number}", deal, AMOUNT, off, spend))
        elif deal.kind == "cheapest":
            steps.append(Step(deal.rank, deal.deal_id, deal, MULTI_BUY, 10_000, 0, deal.every))
        elif is_said(deal):
            steps.append(Step(deal.rank, deal.deal_id, deal, MULTI_BUY, deal.percent_bp, 0, deal.buy + 1))
    return sorted(steps, key=lambda step: (step.rank, step.offer_id))


def is_said(deal: Deal) -> bool:
    """Whether the loop knows this deal: all but multi-buys that give other goods than are bought."""
    return deal.other == Goods()


class Limit:
    """One set of deals and the baskets, as flat arrays."""

    def __init__(self, library: ctypes.CDLL, workload: Workload, deals: Sequence[Deal]) -> None:
        self.library = library
        self.coupons = Keys()
        self.products = Keys()
        steps = steps_of(deals)
        self.offers = (Offer * len(steps))(*(self._offer(step) for step in steps))
        self.wide = array("i", [n for n, step in enumerate(steps) if step.deal.kind.startswith("wide_")])
        narrow = [(n, step.deal.goods) for n, step in enumerate(steps) if not step.deal.kind.startswith("wide_")]
        by_product = self._postings([(self.products[p], n) for n, goods in narrow for p in goods.products])
        by_category = self._postings([(c, n) for n, goods in narrow for c in goods.categories])
        by_department = self._postings([(d, n) for n, goods in narrow for d in goods.departments])
        self.postings = (by_product, by_category, by_department)
        self.rows: list[Row] = []
        self.presented = array("i")
        self.heads = [self._head(basket, workload) for basket in workload.baskets]

    def _offer(self, step: Step) -> Offer:
        deal = step.deal
        first, last = deal.starts_on or date(2000, 1, 1), deal.ends_on or date(2099, 12, 31)
        hours = deal.hours or (0, 0)
        return Offer(
            kind=step.kind,
            value=step.value,
            spend_min=step.spend_minor,
            first_day=first.toordinal() - EPOCH,
            last_day=last.toordinal() - EPOCH,
            weekdays=bits(deal.weekdays),
            from_minute=hours[0] * 60,
            until_minute=hours[1] * 60,
            coupon=self.coupons[deal.coupon] if deal.coupon else -1,
            groups=bits(deal.groups),
            campaigns=0 if deal.coupon or not deal.campaign else bits((deal.campaign,)),
            wide=int(deal.kind.startswith("wide_")),
            every=step.every,
            times_max=deal.times_max,
        )

    @staticmethod
    def _postings(pairs: Sequence[tuple[int, int]]) -> tuple[array[int], array[int]]:
        by_key: defaultdict[int, list[int]] = defaultdict(list)
        for key, number in pairs:
            by_key[key].append(number)
        starts, numbers = array("i", [0]), array("i")
        # Keys of goods that no deal names have empty lists, up to the highest number of a category or department.
        for key in range(max(max(by_key, default=0) + 1, 1000)):
            numbers.extend(by_key.get(key, ()))
            starts.append(len(numbers))
        return starts, numbers

    def _head(self, basket: RealBasket, workload: Workload) -> Head:
        member = workload.members[basket.member]
        lines_at, coupons_at = len(self.rows), len(self.presented)
        ordered = sorted(basket.lines, key=lambda line: (str(line.product), line.unit_price_minor))
        for line in ordered:
            product = self.products.get(line.product, -1)
            self.rows.append(Row(product, line.category, line.department, line.unit_price_minor, line.quantity))
        self.presented.extend(self.coupons[number] for number in basket.coupons if number in self.coupons)
        return Head(
            day=basket.at.date().toordinal() - EPOCH,
            weekday=basket.at.weekday(),
            minute=basket.at.hour * 60 + basket.at.minute,
            coupon_count=len(self.presented) - coupons_at,
            groups=bits(member.groups),
            campaigns=bits(member.campaigns),
            coupons_at=coupons_at,
            lines_at=lines_at,
            line_count=len(ordered),
        )

    def run(self) -> tuple[list[int], Times, float]:
        """What each basket saves in cents, how long each took, mean CPU µs of all; the second of two rounds."""
        count = len(self.heads)
        heads, rows = (Head * count)(*self.heads), (Row * len(self.rows))(*self.rows)
        saved, nanoseconds = (ctypes.c_int64 * count)(), (ctypes.c_int64 * (count + 1))()
        lists = [_pointer(part) for pair in self.postings for part in pair]
        for _ in range(2):
            self.library.run(
                count, heads, rows, _pointer(self.presented), self.offers, _pointer(self.wide), len(self.wide),
                *lists, saved, nanoseconds,
            )  # fmt: skip
        each = Times(tuple(value / 1000 for value in nanoseconds[:count]))
        return list(saved), each, nanoseconds[count] / count / 1000


def _pointer(numbers: array[int]) -> ctypes.Array[ctypes.c_int32]:
    return (ctypes.c_int32 * max(1, len(numbers)))(*numbers)


def library() -> ctypes.CDLL | None:
    """The compiled loop, or None where no C compiler is."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    FOLDER.mkdir(parents=True, exist_ok=True)
    target = (FOLDER / "limit.so").resolve()
    flags = ("-O2", "-march=native", "-std=gnu11", "-Wall", "-Werror", "-shared", "-fPIC")
    subprocess.run([compiler, *flags, "-o", str(target), str(SOURCE)], check=True)
    return ctypes.CDLL(str(target))


def report(workload: Workload, seconds_max: float) -> None:
    """Print the limit beside the core under the priority reading, and how often both come to the same cent."""
    compiled = library()
    if compiled is None:
        print("\nlimit: no C compiler (cc) on this machine; the reference loop is left out")
        return
    visits = visits_of(workload)
    rows = []
    for size in SIZES:
        deals = [deal for deal in workload.deals[size] if is_said(deal)]
        saved, times, mean_us = Limit(compiled, workload, deals).run()
        ruleset = compile_ruleset(campaigns_of(deals, "priority"), Tariff())
        step = max(1, len(visits) // COMPARED)
        numbers = range(0, len(visits), step)
        same = sum(price(ruleset, visits[n]).total_discount_minor == saved[n] for n in numbers)
        core = timed((partial(price, ruleset, visit) for visit in spread(visits)), seconds_max)
        cells = (times.p50, times.p99, 1e6 / mean_us, core.mean / mean_us)
        rows.append((f"{len(deals):,} of {size:,}", *map(figure, cells), f"{same} of {len(numbers)}"))
    head = ("deals", "C p50 µs", "C p99 µs", "C baskets per CPU s", "core ÷ C", "same total")
    table("The limit: a C loop over flat arrays, priority reading", head, rows)
