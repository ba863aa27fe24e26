"""Counting receipts through the core, one after the other: what one core of a machine does."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable

from pos_engine.core.goods import Article
from pos_engine.core.money import Tariff
from pos_engine.replay.draft import Trial
from pos_engine.replay.judge import inputs_of, judge
from pos_engine.replay.meter import Meter
from pos_engine.replay.past import PastReceipts
from pos_engine.replay.tally import Tally
from pos_engine.replay.totals import Totals

STOP_ASKED_EVERY = 64
"""Receipts between two looks at whether somebody wants to stop: some milliseconds."""


class Counting:
    """Counts receipts part by part, in the order they were sold, into `tally`."""

    def __init__(self, trial: Trial) -> None:
        self.tally = Tally()
        self._trial = trial
        self._meter: Meter = trial.meter()

    def part(self, past: PastReceipts, numbers: Iterable[int], stopped: Callable[[], bool]) -> bool:
        """Count some receipts of a part; False when it was stopped in the middle."""
        touching = Touching(self._trial, past)
        before = Totals(self._trial.before, past)
        for count, number in enumerate(numbers):
            if count % STOP_ASKED_EVERY == 0 and stopped():
                return False
            self._one(past, number, touching, before)
        return True

    def _one(self, past: PastReceipts, number: int, touching: Touching, before: Totals) -> None:
        trial = self._trial
        day = past.day[number]
        if not touching.may(number):
            self._untouched(past, number, before)
            return
        sale = past.sale(number)
        inputs = inputs_of(sale, self._meter)
        if not trial.reach.lets_in(inputs.basket, inputs.member, inputs.moment):
            self._untouched(past, number, before)
            return
        verdict, value_minor, before_minor = judge(trial, inputs, self._meter)
        self.tally.see(day, value_minor, before_minor)
        if verdict is not None:
            member_id = "" if sale.member is None else sale.member.member_id
            self.tally.touch(sale.key, day, member_id, sale.basket.store_id, verdict)

    def _untouched(self, past: PastReceipts, number: int, before: Totals) -> None:
        """A receipt that no draft touches: only what runs is asked, and only for its totals."""
        value_minor, before_minor = before.of(number) if self._trial.running else (past.value_minor(number), 0)
        self.tally.see(past.day[number], value_minor, before_minor)


class Touching:
    """Which receipts have goods that drafts may touch; each article with the name of such goods is asked about once."""

    def __init__(self, trial: Trial, past: PastReceipts) -> None:
        reach = trial.reach
        self._past = past
        self._never = not reach.everything and not reach.names
        self._articles = {
            number
            for number, own in enumerate(() if self._never else past.articles)
            if (reach.everything or reach.names_one_of(own)) and reach.counts(article_of(past, number, trial.tariff))
        }

    def may(self, number: int) -> bool:
        """Whether a receipt has at least one such article."""
        if self._never:
            return False
        past = self._past
        return not self._articles.isdisjoint(past.article_of[past.first_line[number] : past.first_line[number + 1]])


def article_of(past: PastReceipts, number: int, tariff: Tariff) -> Article:
    """An article as selectors see it."""
    own = past.articles[number]
    vat_bp = own["vat_bp"]
    return Article(
        product_id=own["product_id"],
        unit_price_minor=own["unit_price_minor"],
        vat_bp=tariff.unknown_vat_bp if vat_bp is None else vat_bp,
        categories=own["categories"],
        line_kind=own["line_kind"],
        already_reduced=own["already_reduced"],
        department=own["department"],
        brand=own["brand"],
        family=own["family"],
        attributes=own["attributes"],
        floor_minor=own["unit_price_floor_minor"],
    )


def share_of(past: PastReceipts, number: int, shares: int) -> int:
    """Which of so many cores a receipt belongs to: all receipts of a member to the same one."""
    return drawn(past, number) % shares


def drawn(past: PastReceipts, number: int) -> int:
    """A number out of 32 bits, the same for all receipts of a member."""
    member = past.member(number)
    name = past.keys[number] if member is None else member.member_id
    return zlib.crc32(name.encode())
