"""BG/NBD: how often members come, and when they quietly stop (P. Fader, B. Hardie, K. Lee, Marketing Science 24, 2005).

While somebody is a customer, visits come at a rate of their own (gamma: shape `r`, rate `alpha`); after each visit
they stay away for good with a chance of their own (beta: `a`, `b`). Fitted by maximum likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, hyp2f1

Floats = NDArray[np.float64]

_LOGS: Final = (log(1e-3), log(1e2))
"""Where parameters are looked for. Customers who are all alike have none that are best, only ever larger ones; at 100
they are alike, and differences of logarithms are exact still."""


@dataclass(frozen=True)
class Customers:
    """One entry per customer: visits after the first, when the last one was, how long they are known; any time unit."""

    repeats: Floats
    last_at: Floats
    known_for: Floats


@dataclass(frozen=True)
class BgNbd:
    """The fitted parameters; `alpha` is in the time unit of the data. `log_likelihood`: of all customers."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    def alive(self, customers: Customers) -> Floats:
        """How likely each of them still is a customer."""
        x, last, known = customers.repeats, customers.last_at, customers.known_for
        # The odds of being gone, as a logarithm: of many visits and a long absence they are beyond floats.
        odds = np.log(self.a / (self.b + np.maximum(x, 1) - 1))
        odds += (self.r + x) * np.log((self.alpha + known) / (self.alpha + last))
        return np.where(x > 0, expit(-odds), 1.0)

    def expected_visits(self, customers: Customers, ahead: float) -> Floats:
        """How many visits each of them is expected to make within so much time from now on."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        x, known = customers.repeats, customers.known_for
        # Euler's form of the published (1 - z)^(r + x) 2F1(r + x, b + x; a + b + x - 1; z): it stays within floats.
        part = ahead / (alpha + known + ahead)
        curve = (1 - part) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, part)
        visits: Floats = (a + b + x - 1) / (a - 1) * (1 - curve) * self.alive(customers)
        return visits


def fit(customers: Customers) -> BgNbd:
    """The most likely parameters. ValueError: fewer than two customers, or the search does not settle."""
    if len(customers.repeats) < 2:  # noqa: PLR2004 - four numbers out of one customer would be invented
        raise ValueError("BG/NBD needs at least two customers.")
    # Time in units of the longest acquaintance, and logarithms of the parameters: the search stands on even ground.
    unit = float(customers.known_for.max())
    scaled = Customers(customers.repeats, customers.last_at / unit, customers.known_for / unit)

    def cost(logs: Floats) -> float:
        with np.errstate(all="ignore"):  # the search may try what no customers could be like
            tried = -float(_log_likelihood(np.exp(logs), scaled).mean())
        return tried if np.isfinite(tried) else np.inf

    options = {"xatol": 1e-7, "fatol": 1e-11, "maxiter": 4000}
    found = minimize(cost, np.zeros(4), method="Nelder-Mead", bounds=[_LOGS] * 4, options=options)
    if not found.success:
        raise ValueError("BG/NBD does not settle on these customers: there are too few, or all are alike.")
    r, alpha, a, b = (float(each) for each in np.exp(found.x))
    fitted = np.array([r, alpha * unit, a, b])
    return BgNbd(r, alpha * unit, a, b, float(_log_likelihood(fitted, customers).sum()))


def _log_likelihood(parameters: Floats, customers: Customers) -> Floats:
    r, alpha, a, b = parameters
    x, last, known = customers.repeats, customers.last_at, customers.known_for
    visits = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    still = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + known)
    repeated = np.maximum(x, 1)
    stopped = betaln(a + 1, b + repeated - 1) - betaln(a, b) - (r + x) * np.log(alpha + last)
    either: Floats = visits + np.where(x > 0, np.logaddexp(still, stopped), still)
    return either
