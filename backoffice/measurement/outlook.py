"""BG/NBD on a shop's own visits: a fit, and a check of the same method against days that it did not see.

The check is made as the forecast is used: fitted to everything up to a day, it says how many days with a visit each
customer has in the `AHEAD_DAYS` after it, and what really happened stands beside, by tenths of what was expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backoffice.measurement.buy_till_you_die import BgNbd, Customers, Floats, fit

Days = NDArray[np.int64]

AHEAD_DAYS: Final = 91
"""A quarter of whole weeks: how far ahead is looked, and how long the check lasts."""
UNIT_DAYS: Final = 7.0
"""The model counts in weeks, as the published fit does."""
CUSTOMERS_MIN: Final = 100
REPEATERS_MIN: Final = 30
"""Customers who came again; four parameters out of fewer would be invented."""
FITTED_MAX: Final = 20_000
"""Of more customers every n-th is fitted to: their parameters are known well enough, and it takes seconds."""
WRONG_BY_MAX: Final = 0.2
"""The method holds for a shop where it is off by at most this share in all, and by twice that among those who stay."""
PARTS: Final = 10


@dataclass(frozen=True)
class Visits:
    """Days with a visit: who (0 … count - 1) and when (a day's number), each pair once."""

    who: Days
    day: Days
    count: int


@dataclass(frozen=True)
class Part:
    """A tenth of the customers of the check, by what was expected of them: visits for each, expected and real."""

    customers: int
    expected: float
    real: float


@dataclass(frozen=True)
class Check:
    """What was expected of the days of the check, and what came, the tenth of whom least was expected first."""

    parts: Sequence[Part]

    @property
    def expected(self) -> float:
        """Visits of all."""
        return sum(part.customers * part.expected for part in self.parts)

    @property
    def real(self) -> float:
        """Visits of all."""
        return sum(part.customers * part.real for part in self.parts)

    @property
    def holds(self) -> bool:
        """Whether the forecast may be relied on: right in all, and among the better half of the customers."""
        better = self.parts[len(self.parts) // 2 :]
        expected = sum(part.customers * part.expected for part in better)
        real = sum(part.customers * part.real for part in better)
        return _near(self.expected, self.real, WRONG_BY_MAX) and _near(expected, real, 2 * WRONG_BY_MAX)


@dataclass(frozen=True)
class Outlook:
    """Each customer's chance to be one still, and visits to be expected in `AHEAD_DAYS`; `known`: whom it is about."""

    model: BgNbd
    known: Days
    alive: Floats
    expected: Floats
    check: Check | None


def outlook_of(visits: Visits, today: int) -> Outlook | None:
    """What is to be expected from `today` on; None: too few customers, or the search does not settle."""
    known, customers = customers_at(visits, today)
    model = _fitted(customers)
    if model is None:
        return None
    ahead = AHEAD_DAYS / UNIT_DAYS
    return Outlook(
        model, known, model.alive(customers), model.expected_visits(customers, ahead), check_of(visits, today)
    )


def check_of(visits: Visits, today: int) -> Check | None:
    """The method of `AHEAD_DAYS` ago against what came since; None: there was too little then."""
    then = today - AHEAD_DAYS
    known, customers = customers_at(visits, then)
    model = _fitted(customers)
    if model is None:
        return None
    since = (visits.day > then) & (visits.day <= today)
    real = np.bincount(visits.who[since], minlength=visits.count)[known].astype(np.float64)
    expected = model.expected_visits(customers, AHEAD_DAYS / UNIT_DAYS)
    order = np.argsort(expected, kind="stable")
    return Check(
        [
            Part(len(part), float(expected[part].mean()), float(real[part].mean()))
            for part in np.array_split(order, PARTS)
        ]
    )


def customers_at(visits: Visits, until: int) -> tuple[Days, Customers]:
    """Who had come up to a day, and the three numbers of each that the model asks for, in weeks."""
    seen = visits.day <= until
    who, day = visits.who[seen], visits.day[seen]
    first = np.full(visits.count, np.iinfo(np.int64).max)
    last = np.full(visits.count, np.iinfo(np.int64).min)
    np.minimum.at(first, who, day)
    np.maximum.at(last, who, day)
    times = np.bincount(who, minlength=visits.count)
    known = np.flatnonzero(times)
    return known, Customers(
        (times[known] - 1).astype(np.float64),
        (last[known] - first[known]) / UNIT_DAYS,
        (until - first[known]) / UNIT_DAYS,
    )


def _fitted(customers: Customers) -> BgNbd | None:
    if len(customers.repeats) < CUSTOMERS_MIN or np.count_nonzero(customers.repeats) < REPEATERS_MIN:
        return None
    step = -(-len(customers.repeats) // FITTED_MAX)
    some = Customers(customers.repeats[::step], customers.last_at[::step], customers.known_for[::step])
    try:
        model = fit(some)
    except ValueError:
        return None
    return model if np.isfinite([model.r, model.alpha, model.a, model.b]).all() else None


def _near(expected: float, real: float, share: float) -> bool:
    return abs(expected - real) <= share * max(real, 1.0)
