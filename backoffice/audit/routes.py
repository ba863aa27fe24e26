"""The page of the record: who did what, and whether the record is whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.audit import search
from backoffice.audit.chain import head_of, verify
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.web.context import actor, needs, read
from backoffice.web.csv_out import csv_response

audit = Blueprint("audit", __name__, template_folder="templates")

FIELDS: Final = ("actor", "kind", "from", "to")
YEAR_MIN: Final = 2000
YEAR_MAX: Final = 2200
NUMBER_DIGITS_MAX: Final = 15


@audit.get("/record")
@needs(Right.AUDIT)
def record() -> str:
    """The record, narrowed to a person, a kind of thing and days; `check` reads the whole chain again."""
    acting, wanted = actor(), _wanted()
    with read() as reader:
        rows = search.entries(reader, acting.organisation_id, wanted)
        verdict = verify(reader, acting.organisation_id) if "check" in request.args else None
        chosen: dict[str, Any] = {name: request.args.get(name, "") for name in FIELDS}
        older = url_for("audit.record", **chosen, before=rows[-1].seq) if len(rows) == search.PAGE_ROWS else ""
        return render_template(
            "audit/record.html",
            rows=rows,
            chosen=chosen,
            older=older,
            people=search.people(reader, acting.organisation_id),
            kinds=search.kinds(reader, acting.organisation_id),
            head=head_of(reader, acting.organisation_id),
            verdict=verdict,
            kind_names=_kind_names(),
        )


@audit.get("/record.csv")
@needs(Right.AUDIT)
def record_csv() -> Response:
    """What the page shows, all of it, with every entry's seal."""
    organisation_id, wanted = actor().organisation_id, _wanted()

    def rows() -> Iterator[tuple[str | int, ...]]:
        with read() as reader:
            for each in search.all_entries(reader, organisation_id, wanted):
                at = each.at.isoformat(timespec="microseconds")
                subject = (each.subject_kind, each.subject_id)
                yield (each.seq, at, each.actor, each.action, *subject, each.details, each.seal.hex())

    header = ("seq", "at", "actor", "action", "subject_kind", "subject_id", "details", "seal")
    return csv_response("record.csv", header, rows())


def _kind_names() -> dict[str, str]:
    """Kind of a subject → its word; kinds that are not here stand as they are."""
    return {
        "address": _("Blocked address"),
        "campaign": _("Campaign"),
        "category": _("Category"),
        "group": _("Group"),
        "import": _("Import"),
        "mailing": _("Mailing"),
        "member": _("Member"),
        "organisation": _("Organisation"),
        "product": _("Product"),
        "programme": _("Points programme"),
        "set": _("Campaign set"),
        "store": _("Store"),
        "till": _("Till"),
        "user": _("Person"),
    }


def _wanted() -> search.Wanted:
    before = request.args.get("before", "")
    return search.Wanted(
        actor=request.args.get("actor", "").strip(),
        subject_kind=request.args.get("kind", "").strip(),
        first_day=_day(request.args.get("from", "")),
        last_day=_day(request.args.get("to", "")),
        zone=actor().zone,
        before_seq=int(before)
        if before.isascii() and before.isdecimal() and len(before) <= NUMBER_DIGITS_MAX
        else None,
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not YEAR_MIN <= day.year <= YEAR_MAX:
        raise InputError(_("“%(text)s” is no date: write it as 2026-12-24.", text=text[:20]))
    return day
