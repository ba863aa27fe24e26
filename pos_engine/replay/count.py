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
        for count, number in enumerate(numbers):
            if count % STOP_ASKED_EVERY == 0 and stopped():
                return False
            self._one(past, number, touching)
        return True

    def _one(self, past: PastReceipts, number: int, touching: Touching) -> None:
        trial = self._trial
        day = past.day[number]
        value_minor = past.value_minor(number)
        sale = past.sale(number)
        inputs = inputs_of(sale, self._meter)
        if not touching.may(number) or not trial.reach.lets_in(inputs.basket, inputs.member, inputs.moment):
            before_minor = inputs.price(trial.before).total_discount_minor if trial.running else 0
            self.tally.see(day, value_minor, before_minor)
            return
        verdict, before_minor = judge(trial, inputs, self._meter)
        self.tally.see(day, value_minor, before_minor)
        if verdict is not None:
            member_id = "" if sale.member is None else sale.member.member_id
            self.tally.touch(sale.key, day, member_id, sale.basket.store_id, verdict)


class Touching:
    """Which receipts have goods that drafts may touch; each article is asked about once."""

    def __init__(self, trial: Trial, past: PastReceipts) -> None:
        self._reach, self._past, self._tariff = trial.reach, past, trial.tariff
        self._known: dict[int, bool] = {}

    def may(self, number: int) -> bool:
        """Whether a receipt has at least one such article."""
        past = self._past
        known = self._known
        for article in past.article_of[past.first_line[number] : past.first_line[number + 1]]:
            answer = known.get(article)
            if answer is None:
                answer = known[article] = self._reach.counts(article_of(past, article, self._tariff))
            if answer:
                return True
        return False


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
    member = past.member(number)
    name = past.keys[number] if member is None else member.member_id
    return zlib.crc32(name.encode()) % shares
