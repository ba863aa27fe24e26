"""Totals of a business day, by operator: the same figures on the till's paper and in the back-office. Pure.

Sales, voids and returns are counted apart, each with its own amounts; what campaigns took off, points and stored value
are sums over all of them. A void is a mirror of its sale, so its amounts are below zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from pos_engine import words
from pos_engine.core.bookings import POINTS, VALUE
from pos_engine.core.outcome import Outcome
from pos_engine.ports.document import Block, Columns, Cut, Document, Logo, Rule, Space, Text
from pos_engine.receipts.account_slip import tender_text
from pos_engine.wire.sync import ReceiptDocument


@dataclass
class Totals:
    """Of one operator, or of all. Money in minor units. `campaigns`: what each took off; `tenders`: what came in."""

    sales: int = 0
    gross_minor: int = 0
    discount_minor: int = 0
    sales_due_minor: int = 0
    voids: int = 0
    voids_due_minor: int = 0
    returns: int = 0
    returns_due_minor: int = 0
    points_given: int = 0
    points_used: int = 0
    points_undone: int = 0
    value_topped_up_minor: int = 0
    value_used_minor: int = 0
    value_undone_minor: int = 0
    points_corrected: int = 0
    value_corrected_minor: int = 0
    campaigns: dict[str, int] = field(default_factory=dict)
    tenders: dict[str, int] = field(default_factory=dict)

    @property
    def due_minor(self) -> int:
        """What the day brought: sales less voids and returns."""
        return self.sales_due_minor + self.voids_due_minor + self.returns_due_minor

    def book(self, unit: str, kind: str, amount: int) -> None:
        """Count one booking of a receipt on an account; other accounts than points and stored value are not counted."""
        name, sign = _BOOKINGS.get((unit, kind), ("", 1))
        if name:
            setattr(self, name, getattr(self, name) + sign * amount)

    def count(self, kind: str, number: int, value_minor: int, discount_minor: int, due_minor: int) -> None:
        """Count receipts of one kind with their sums."""
        if kind == "sale":
            self.sales += number
            self.gross_minor += value_minor
            self.sales_due_minor += due_minor
        elif kind == "void":
            self.voids += number
            self.voids_due_minor += due_minor
        elif kind == "return":
            self.returns += number
            self.returns_due_minor += due_minor
        if kind in {"sale", "void"}:
            self.discount_minor += discount_minor

    def add(self, other: Totals) -> None:
        """Add another operator's."""
        for name, value in vars(other).items():
            if isinstance(value, dict):
                mine = getattr(self, name)
                for key, amount in value.items():
                    mine[key] = mine.get(key, 0) + amount
            else:
                setattr(self, name, getattr(self, name) + value)


_BOOKINGS: Mapping[tuple[str, str], tuple[str, int]] = {
    (POINTS, "accrual"): ("points_given", 1),
    (POINTS, "points_redemption"): ("points_used", -1),
    (POINTS, "reversal"): ("points_undone", 1),
    (POINTS, "adjustment"): ("points_corrected", 1),
    (VALUE, "top_up"): ("value_topped_up_minor", 1),
    (VALUE, "value_redemption"): ("value_used_minor", -1),
    (VALUE, "reversal"): ("value_undone_minor", 1),
    (VALUE, "adjustment"): ("value_corrected_minor", 1),
}


@dataclass(frozen=True)
class DayEnd:
    """One till's business day up to `at`. Operators in order of their numbers; empty: nobody was named."""

    business_day: date
    at: datetime
    operators: Mapping[str, Totals]

    @property
    def total(self) -> Totals:
        """Of all operators."""
        total = Totals()
        for each in self.operators.values():
            total.add(each)
        return total


def day_end_of(receipts: Iterable[ReceiptDocument], business_day: date, at: datetime) -> DayEnd:
    """Count a day's receipts."""
    operators: dict[str, Totals] = {}
    for receipt in receipts:
        totals = operators.setdefault(receipt.operator, Totals())
        outcome = msgspec.json.decode(receipt.outcome, type=Outcome)
        totals.count(
            *(receipt.kind, 1, outcome.total_value_minor, outcome.total_discount_minor, outcome.total_due_minor)
        )
        for applied in outcome.applied:
            totals.campaigns[applied.campaign_id] = (
                totals.campaigns.get(applied.campaign_id, 0) + applied.discount_minor
            )
        for booking in receipt.bookings:
            totals.book(booking.unit, booking.kind, booking.amount)
        for tender in receipt.tenders:
            totals.tenders[tender.kind] = totals.tenders.get(tender.kind, 0) + tender.amount_minor
    return DayEnd(business_day, at, dict(sorted(operators.items())))


@dataclass(frozen=True)
class DayEndPaper:
    """What the paper needs beside the figures. `campaign_names`: by id, where they are still known."""

    day: DayEnd
    currency: str
    shop_name: str
    store_name: str
    workstation_id: str
    zone: str
    language: str
    campaign_names: Mapping[str, str]

    def say(self, code: str, **params: int | str) -> str:
        """A phrase of the report."""
        return words.text(f"day_end.{code}", self.language, **params)

    def money(self, minor: int) -> str:
        """An amount."""
        return words.money_text(minor, self.currency, self.language)


def day_end_document(paper: DayEndPaper) -> Document:
    """The report: all operators together, then each of them."""
    local = paper.day.at.astimezone(ZoneInfo(paper.zone))
    until = f"{words.date_text(local.date(), paper.language)} {local:%H:%M}"
    blocks: list[Block] = [
        Logo(),
        Text(paper.shop_name, align="center", bold=True, large=True),
        Text(paper.store_name, align="center"),
        Space(),
        Text(paper.say("title"), align="center", bold=True, large=True),
        Text(words.date_text(paper.day.business_day, paper.language), align="center", bold=True),
        Columns(paper.workstation_id, until),
        *_totals(paper, paper.day.total),
    ]
    if len(paper.day.operators) > 1:
        for operator, totals in paper.day.operators.items():
            name = words.text("receipt.operator", paper.language, operator=operator or "-")
            blocks += [Rule(), Text(name, bold=True), *_totals(paper, totals)]
    return Document((*blocks, Cut()), paper.language)


def _totals(paper: DayEndPaper, totals: Totals) -> Iterator[Block]:
    yield Rule()
    yield Columns(paper.say("sales", count=totals.sales), paper.money(totals.gross_minor))
    yield Columns(paper.say("discounts"), paper.money(-totals.discount_minor))
    for campaign_id, amount in sorted(totals.campaigns.items()):
        if amount:
            yield Columns(f"  {paper.campaign_names.get(campaign_id, campaign_id)}", paper.money(-amount))
    yield Columns(paper.say("voids", count=totals.voids), paper.money(totals.voids_due_minor))
    yield Columns(paper.say("returns", count=totals.returns), paper.money(totals.returns_due_minor))
    yield Columns(paper.say("due"), paper.money(totals.due_minor), bold=True)
    for kind, amount in sorted(totals.tenders.items()):
        yield Columns(f"  {_tender(kind, paper.language)}", paper.money(amount))
    for code, count in (
        ("points_given", totals.points_given),
        ("points_used", totals.points_used),
        ("points_undone", totals.points_undone),
        ("points_corrected", totals.points_corrected),
    ):
        if count:
            yield Columns(paper.say(code), str(count))
    for code, minor in (
        ("value_topped_up", totals.value_topped_up_minor),
        ("value_used", totals.value_used_minor),
        ("value_undone", totals.value_undone_minor),
        ("value_corrected", totals.value_corrected_minor),
    ):
        if minor:
            yield Columns(paper.say(code), paper.money(minor))


def _tender(kind: str, language: str) -> str:
    if kind in {POINTS, VALUE}:
        return words.text(f"receipt.account_{kind}", language)
    return tender_text(kind, language)
