"""Day-end totals per store, till and operator, with what the shop owes its members."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import Any, Final

from flask import Response, render_template, request

from backoffice.clock import local_date
from backoffice.identity.rights import Right
from backoffice.loyalty.night import open_liabilities
from backoffice.loyalty.programme import current
from backoffice.organisations.services import stores_of
from backoffice.reports.day_end import DayFilter, day_totals, summed
from backoffice.reports.receipts import campaign_names
from backoffice.reports.routes import reports
from backoffice.sync_api.tills import till_states
from backoffice.web.context import actor, needs, office, read
from backoffice.web.csv_out import csv_response
from backoffice.web.dates import day_of
from pos_engine.core.bookings import POINTS, VALUE
from pos_engine.core.programme import liability_minor

DAYS_MAX: Final = 366
ROWS_SHOWN_MAX: Final = 500
"""Rows of the page; a chain's year has tens of thousands, which are for the file."""
FIGURES: Final = (
    "sales",
    "gross_minor",
    "discount_minor",
    "sales_due_minor",
    "voids",
    "voids_due_minor",
    "returns",
    "returns_due_minor",
    "due_minor",
    "points_given",
    "points_used",
    "points_undone",
    "points_corrected",
    "value_topped_up_minor",
    "value_used_minor",
    "value_undone_minor",
    "value_corrected_minor",
)


@reports.get("/day-end")
@needs(Right.READ)
def day_end() -> str:
    """One day, or several, of each till and operator."""
    values = _values()
    shown = dict(islice(values["rows"].items(), ROWS_SHOWN_MAX))
    more = len(values["rows"]) - len(shown)
    return render_template("reports/day_end.html", **{**values, "rows": shown, "more": more})


@reports.get("/day-end.csv")
@needs(Right.EXPORT)
def day_end_csv() -> Response:
    """The same as a file, and each campaign's discount as a row of its own."""
    values = _values()
    rows: list[tuple[Any, ...]] = []
    for place, totals in values["rows"].items():
        where = (
            place.business_day.isoformat(),
            values["store_names"].get(place.store_id, place.store_id),
            values["till_names"].get(place.workstation_id, place.workstation_id),
            place.operator,
        )
        rows.append((*where, "", *(getattr(totals, name) for name in FIGURES)))
        blank = [None] * len(FIGURES)
        for campaign_id, amount in sorted(totals.campaigns.items()):
            figures = list(blank)
            figures[FIGURES.index("discount_minor")] = amount
            rows.append((*where, values["campaigns"].get(campaign_id, campaign_id), *figures))
    header = ("business_day", "store", "till", "operator", "campaign", *FIGURES)
    return csv_response("day-end.csv", header, rows)


def _values() -> dict[str, Any]:
    organisation_id = actor().organisation_id
    today = local_date(office().clock, actor().zone)
    first = day_of(request.args.get("first", ""), today)
    last = min(max(first, day_of(request.args.get("last", ""), first)), first + timedelta(days=DAYS_MAX))
    wanted = DayFilter(first, last, request.args.get("store", "")[:64])
    with read() as reader:
        rows = day_totals(reader, organisation_id, wanted)
        liabilities = open_liabilities(reader, organisation_id)
        saved = current(reader, organisation_id)
        stores = stores_of(reader, organisation_id)
        points = liabilities.get(POINTS, 0)
        return {
            "wanted": wanted,
            "rows": rows,
            "total": summed(rows.values()),
            "campaigns": campaign_names(
                reader, organisation_id, {name for totals in rows.values() for name in totals.campaigns}
            ),
            "stores": stores,
            "store_names": {store.store_id: store.name for store in stores},
            "till_names": {till.workstation_id: till.name for till in till_states(reader, organisation_id)},
            "points_open": points,
            "points_liability": liability_minor(saved.programme, points) if saved is not None else None,
            "value_open": liabilities.get(VALUE, 0),
        }
