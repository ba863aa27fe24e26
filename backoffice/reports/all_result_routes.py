"""The page of all results, and its files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Response, render_template, request

from backoffice.identity.rights import Right
from backoffice.measurement import published
from backoffice.reports import result_words
from backoffice.reports.all_results import AllResults, all_results
from backoffice.reports.comparison import Answered
from backoffice.reports.routes import reports
from backoffice.web.context import actor, needs, read
from backoffice.web.csv_out import Cell, csv_response, decimal_text
from backoffice.web.xlsx_out import xlsx_response
from pos_engine.core.money import currency_exponent

HEADER: Final = (
    "campaign", "first", "last", "members_treated", "members_held_out", "came_treated", "came_held_out",
    "came_back_points", "came_back_low", "came_back_high", "spent_more", "spent_more_low", "spent_more_high",
    "discounts", "messages", "currency",
)  # fmt: skip


@reports.get("/campaigns/results")
@needs(Right.READ)
def result_list() -> str:
    """All campaigns that have a result. `behind`: those alone that a pooled figure was made of."""
    behind = request.args.get("behind", "")
    return render_template(
        "reports/results.html",
        found=_found(),
        behind=behind if behind in {"rate", "money"} else "",
        words=result_words,
        published=published,
    )


@reports.get("/campaigns/results.csv")
@needs(Right.EXPORT)
def result_list_csv() -> Response:
    """A row for each campaign, and one for all together."""
    return csv_response("results.csv", HEADER, list(_rows(_found())))


@reports.get("/campaigns/results.xlsx")
@needs(Right.EXPORT)
def result_list_xlsx() -> Response:
    """The same as a sheet."""
    return xlsx_response("results.xlsx", HEADER, list(_rows(_found())))


def _found() -> AllResults:
    acting = actor()
    with read() as reader:
        return all_results(reader, acting.organisation_id, currency_exponent(acting.organisation.currency))


def _rows(found: AllResults) -> Iterator[tuple[Cell, ...]]:
    currency = actor().organisation.currency
    digits = currency_exponent(currency)
    for row in found.rows:
        it = row.compared
        groups = (it.treated, it.held_out, it.came_treated, it.came_held_out)
        costs = (decimal_text(row.discount_minor, digits), decimal_text(row.message_cost_minor, digits), currency)
        days = (it.first.isoformat(), it.last.isoformat())
        yield row.campaign.name, *days, *groups, *_told(it.rate, 100.0), *_told(it.money, 10.0**-digits), *costs
    pooled = (
        (each and Answered("", each.estimate, each.low, each.high), scale)
        for each, scale in ((found.rate, 100.0), (found.money, 10.0**-digits))
    )
    numbers = [cell for answer, scale in pooled for cell in (_told(answer, scale) if answer else ("", "", ""))]
    if found.rate or found.money:
        yield "all together, by inverse variance", *[""] * 6, *numbers, "", "", currency


def _told(answer: Answered, scale: float) -> tuple[str, str, str]:
    if answer.why:
        return "", "", ""
    estimate, low, high = (f"{number * scale:.2f}" for number in (answer.estimate, answer.low, answer.high))
    return estimate, low, high
