"""The page of the standing hold-out: how large it is, and what all campaigns together earned in each quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.audiences.models import StandingHoldOut
from backoffice.audiences.standing import STANDING_PERCENT_MAX, set_standing
from backoffice.campaigns.giving import HELD_OUT, TREATED
from backoffice.campaigns.page_parts import local_today
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import personal
from backoffice.reports import result_words
from backoffice.reports.comparison import Days, rows_behind
from backoffice.reports.models import StandingResult
from backoffice.reports.result_routes import MEMBER_HEADER, PAGE_ROWS
from backoffice.reports.routes import reports
from backoffice.reports.standing import arms_behind, next_result, standing_results
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.csv_out import Cell, csv_response, decimal_text
from backoffice.web.templating import say
from pos_engine.core.money import currency_exponent

SHARES = (0, 2, 5, 10, 15, STANDING_PERCENT_MAX)


@reports.get("/hold-out")
@needs(Right.READ)
def standing_hold_out() -> str:
    """The page."""
    return _page("")


@reports.post("/hold-out")
@needs(Right.USERS)
def standing_hold_out_save() -> Response | tuple[str, int]:
    """Hold out another share from now on."""
    made, typed = doing(), request.form.get("percent", "")
    try:
        percent = int(typed) if typed.isdecimal() and len(typed) < 4 else -1  # noqa: PLR2004 - longer than any share
        write(lambda tx: set_standing(tx, made, percent).percent)
    except InputError as refused:
        return _page(str(refused)), 422
    say(_("Saved."))
    return redirect(url_for("reports.standing_hold_out"))


@reports.get("/hold-out/members")
@needs(Right.READ)
def standing_members() -> str:
    """The members behind a quarter's comparison (`first`: its first day; else the newest), most spent first."""
    arm = HELD_OUT if request.args.get("group") == HELD_OUT else TREATED
    number = max(1, request.args.get("page", 1, type=int))
    result, arms = _behind()
    start = (number - 1) * PAGE_ROWS
    organisation_id = actor().organisation_id
    with read() as reader:
        days = Days(result.first, result.last) if result else None
        rows = rows_behind(reader, organisation_id, arms[arm], days) if arms and days else []
        shown = rows[start : start + PAGE_ROWS]
        names = personal.load(reader, organisation_id, {row[0] for row in shown})
    return render_template(
        "reports/hold_out_members.html",
        result=result,
        known=arms is not None,
        arm=arm,
        rows=shown,
        names=names,
        page=number,
        more=len(rows) > start + PAGE_ROWS,
    )


@reports.get("/hold-out/members.csv")
@needs(Right.EXPORT)
def standing_members_csv() -> Response:
    """Raw data: both groups, a row per member."""
    digits = currency_exponent(actor().organisation.currency)
    result, arms = _behind()
    rows: list[tuple[Cell, ...]] = []
    if result is not None and arms is not None:
        days = Days(result.first, result.last)
        with read() as reader:
            rows = [
                (member_id, arm, visits, decimal_text(spent, digits), decimal_text(before, digits))
                for arm in (TREATED, HELD_OUT)
                for member_id, visits, spent, before in rows_behind(reader, actor().organisation_id, arms[arm], days)
            ]
    return csv_response("hold-out-members.csv", MEMBER_HEADER, rows)


def _behind() -> tuple[StandingResult | None, Mapping[str, Sequence[str]] | None]:
    """The comparison that is asked for, and its members as far as they are known."""
    first = request.args.get("first", "")
    with read() as reader:
        found = [row for row, _compared in standing_results(reader, actor().organisation_id)]
        wanted = [row for row in found if first in {"", row.first.isoformat()}]
        if first and not wanted:
            abort(404)
        return (wanted[0], arms_behind(reader, wanted[0])) if wanted else (None, None)


def _page(error: str) -> str:
    organisation_id = actor().organisation_id
    with read() as reader:
        row = reader.get(StandingHoldOut, organisation_id)
        percent = row.percent if row is not None else 0
        return render_template(
            "reports/hold_out.html",
            percent=percent,
            shares=sorted({*SHARES, percent}),
            since=row.since if row is not None and percent else None,
            ahead=next_result(row.since, local_today()) if row is not None and percent else None,
            found=standing_results(reader, organisation_id),
            words=result_words,
            error=error,
        )
