"""A need in one sentence."""

from __future__ import annotations

from datetime import date
from typing import Final

from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.prediction.models import VehicleNeed
from backoffice.prediction.plan import USUAL_PLAN, Interval
from backoffice.web.format import day, number
from backoffice.workshop.operation_words import FAMILY_WORDS
from backoffice.workshop.operations import Family

WEEK_DAYS: Final = 7
WEEKS_SAID_MAX: Final = 13
MONTH_DAYS: Final = 30.4


def sentence(need: VehicleNeed, today: date) -> str:
    """When, and why: "Brakes in about 6 weeks: last done at 62,300 km, today about 91,000, …"."""
    family = Family(need.family)
    why = [_since(need)]
    interval = USUAL_PLAN[family]
    if interval.km and need.km_today is not None:
        why.append(_("today about %(km)s km", km=number(_hundreds(need.km_today))))
    why.append(interval_words(interval))
    when = _when((need.due_on - today).days)
    return _("%(family)s %(when)s: %(why)s", family=_(FAMILY_WORDS[family]), when=when, why=", ".join(why))


def _hundreds(km: int) -> int:
    return round(km, -2)


def _when(days: int) -> str:
    far = abs(days)
    if far < WEEK_DAYS:
        return _("due now")
    if far <= WEEKS_SAID_MAX * WEEK_DAYS:
        weeks = round(far / WEEK_DAYS)
        return (
            ngettext("in about %(num)s week", "in about %(num)s weeks", weeks)
            if days > 0
            else ngettext("overdue for about %(num)s week", "overdue for about %(num)s weeks", weeks)
        )
    months = round(far / MONTH_DAYS)
    return (
        ngettext("in about %(num)s month", "in about %(num)s months", months)
        if days > 0
        else ngettext("overdue for about %(num)s month", "overdue for about %(num)s months", months)
    )


def _since(need: VehicleNeed) -> str:
    if need.basis == "papers":
        return _("the papers say so")
    if need.basis == "new":
        return _("not done here since the first registration on %(day)s", day=day(need.since_on))
    if need.since_km is None:
        return _("last done on %(day)s", day=day(need.since_on))
    return _("last done at %(km)s km on %(day)s", km=number(_hundreds(need.since_km)), day=day(need.since_on))


def interval_words(interval: Interval) -> str:
    """An interval of the plan."""
    months, km = interval.months, interval.km
    if months and km:
        return _("plan %(km)s km or %(months)s months", km=number(km), months=number(months))
    if km:
        return _("plan %(km)s km", km=number(km))
    return _("plan %(months)s months", months=number(months or 0))
