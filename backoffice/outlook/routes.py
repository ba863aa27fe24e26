"""Pages of the outlook: who is probably still a customer, how well that was foretold, and the members behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, abort, render_template, request

from backoffice.identity.rights import Right
from backoffice.measurement.outlook import AHEAD_DAYS, CUSTOMERS_MIN, REPEATERS_MIN, Check
from backoffice.members import personal
from backoffice.outlook import services
from backoffice.outlook.models import MemberOutlook
from backoffice.reports.result_words import hundredths
from backoffice.web.context import actor, needs, office, read
from backoffice.web.csv_out import Cell, csv_response, decimal_text

outlook = Blueprint("outlook", __name__, template_folder="templates")

PAGE_ROWS: Final = 50
PAGE_OF_FILE: Final = 1_000


@outlook.get("/outlook")
@needs(Right.READ)
def outlook_page() -> str:
    """The page."""
    organisation_id = actor().organisation_id
    with read() as reader:
        found = services.kept_model(reader, organisation_id)
        values = (
            {
                "until": found[0],
                "model": found[1],
                "check": Check(found[1].parts) if found[1].parts else None,
                "bands": services.bands_of(reader, organisation_id),
                "segments": services.segments_seen(reader, organisation_id, office().clock.now()),
            }
            if found
            else {"model": None}
        )
    needed = {"customers": CUSTOMERS_MIN, "repeaters": REPEATERS_MIN, "ahead": AHEAD_DAYS}
    return render_template("outlook/outlook.html", ranges=services.BANDS_BP, hundredths=hundredths, **needed, **values)


@outlook.get("/outlook/members")
@needs(Right.READ)
def outlook_members() -> str:
    """The members of one row, the least likely first."""
    organisation_id, band = actor().organisation_id, _band()
    after = (request.args.get("chance", -1, type=int), request.args.get("after", ""))
    with read() as reader:
        rows = services.members_in(reader, organisation_id, band, after, PAGE_ROWS + 1)
        shown = rows[:PAGE_ROWS]
        ids = [row.member_id for row in shown]
        names = personal.load(reader, organisation_id, ids)
        last = services.last_visits(reader, organisation_id, ids)
    return render_template(
        "outlook/members.html",
        rows=shown,
        names=names,
        last=last,
        band=band,
        limits=services.BANDS_BP[band],
        more=len(rows) > PAGE_ROWS,
        ahead=AHEAD_DAYS,
        hundredths=hundredths,
    )


@outlook.get("/outlook/members.csv")
@needs(Right.EXPORT)
def outlook_members_csv() -> Response:
    """The same as a file: all of the row."""
    organisation_id, band = actor().organisation_id, _band()

    def rows() -> Iterator[tuple[Cell, ...]]:
        after = (-1, "")
        while True:
            with read() as reader:
                page = services.members_in(reader, organisation_id, band, after, PAGE_OF_FILE)
                last = services.last_visits(reader, organisation_id, [row.member_id for row in page])
            yield from (_cells(row, last[row.member_id].isoformat() if row.member_id in last else "") for row in page)
            if len(page) < PAGE_OF_FILE:
                return
            after = (page[-1].alive_bp, page[-1].member_id)

    header = ("member", "still_customer_percent", f"visits_expected_in_{AHEAD_DAYS}_days", "last_visit")
    return csv_response("outlook.csv", header, rows())


def _cells(row: MemberOutlook, last: str) -> tuple[Cell, ...]:
    return row.member_id, decimal_text(row.alive_bp, 2), decimal_text(row.visits_e2, 2), last


def _band() -> int:
    band = request.args.get("band", 0, type=int)
    if not 0 <= band < len(services.BANDS_BP):
        abort(404)
    return band
