"""The page of the standing hold-out: how large it is, and what all campaigns together earned in each quarter."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.audiences.models import StandingHoldOut
from backoffice.audiences.standing import STANDING_PERCENT_MAX, set_standing
from backoffice.campaigns.page_parts import local_today
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.reports import result_words
from backoffice.reports.routes import reports
from backoffice.reports.standing import next_result, standing_results
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

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
