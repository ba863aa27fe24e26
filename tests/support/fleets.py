"""Small fleets for the tests of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from backoffice.prediction.fleet import FAMILIES, Fleet
from backoffice.workshop.operations import Family

TODAY = date(2026, 11, 2).toordinal()


def fleet_of(
    *,
    registered: Sequence[float],
    readings: Sequence[tuple[int, int, float]] = (),
    done: Sequence[tuple[int, Family, int, float]] = (),
    visits: Sequence[tuple[int, int]] = (),
    papers: Sequence[float] = (),
) -> Fleet:
    """Vehicles by what was read (who, day, km), done (who, family, day, km), and when they came (also for `done`)."""
    count = len(registered)
    came = [*visits, *((who, day) for who, _family, day, _km in done)]
    return Fleet(
        count,
        np.zeros(count, np.int64),
        np.array(registered, np.float64),
        np.array(papers or [np.nan] * count, np.float64),
        np.array([row[0] for row in readings], np.int64),
        np.array([row[1] for row in readings], np.int64),
        np.array([row[2] for row in readings], np.float64),
        np.array([row[0] for row in done], np.int64),
        np.array([FAMILIES.index(row[1]) for row in done], np.int64),
        np.array([row[2] for row in done], np.int64),
        np.array([row[3] for row in done], np.float64),
        np.array([row[0] for row in came], np.int64),
        np.array([row[1] for row in came], np.int64),
    )
