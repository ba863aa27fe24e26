"""The people of a segment: the list, taking one off and putting one back, the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.audiences import segments as services
from backoffice.audiences.models import MemberDay
from backoffice.audiences.resolve import member_ids, page_of
from backoffice.audiences.routes import segment_or_404
from backoffice.audiences.tree import decode
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members import personal
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import Cell, csv_response
from backoffice.web.format import language
from backoffice.web.templating import say

segment_people = Blueprint("segment_people", __name__, template_folder="templates")

PAGE_ROWS: Final = 50
CSV_ROWS_AT_ONCE: Final = 500


@segment_people.get("/segments/<segment_id>")
@needs(Right.READ)
def people(segment_id: str) -> str:
    """Who is meant now, in pages, and who was taken off."""
    organisation_id = actor().organisation_id
    after = request.args.get("after", "")
    with read() as reader:
        segment = segment_or_404(reader, segment_id)
        tree = decode(segment.tree)
        removed = services.removals_of(reader, organisation_id, segment_id)
        found = page_of(reader, segment, tree, office().clock.now(), after, PAGE_ROWS)
        shown = [*found.member_ids, *removed]
        return render_template(
            "segments/people.html",
            segment=segment,
            sentences=tree.in_words(language(), tree.names(reader, organisation_id)),
            uses=services.uses_of(reader, organisation_id).get(segment_id, []),
            page=found.member_ids,
            first=found.first,
            total=found.total,
            next_after=found.next_after,
            removed=removed,
            persons=personal.load(reader, organisation_id, shown),
            nobody=Person(),
            numbers=_numbers(reader, organisation_id, shown),
            last_visits=_last_visits(reader, organisation_id, found.member_ids),
        )


@segment_people.get("/segments/<segment_id>.csv")
@needs(Right.EXPORT)
def people_csv(segment_id: str) -> Response:
    """Everybody who is meant now, without those taken off, with what is needed to reach them."""
    organisation_id = actor().organisation_id
    with read() as reader:
        segment = segment_or_404(reader, segment_id)
        removed = services.removals_of(reader, organisation_id, segment_id)
        found = member_ids(reader, organisation_id, decode(segment.tree), office().clock.now())
    ids = [each for each in found if each not in removed]

    def rows() -> Iterator[tuple[Cell, ...]]:
        for start in range(0, len(ids), CSV_ROWS_AT_ONCE):
            chunk = ids[start : start + CSV_ROWS_AT_ONCE]
            with read() as part:
                persons = personal.load(part, organisation_id, chunk)
                numbers = _numbers(part, organisation_id, chunk)
                visits = _last_visits(part, organisation_id, chunk)
            for each in chunk:
                person = persons.get(each, Person())
                yield (
                    numbers.get(each, ""),
                    person.first_name,
                    person.last_name,
                    person.email,
                    person.phone,
                    person.street,
                    person.postcode,
                    person.town,
                    str(visits.get(each, "")),
                )

    header = ("number", "first_name", "last_name", "email", "phone", "street", "postcode", "town", "last_visit")
    return csv_response("segment.csv", header, rows())


@segment_people.post("/segments/<segment_id>/take-off")
@needs(Right.CAMPAIGNS)
def take_off(segment_id: str) -> Response:
    """Leave one member out, with the reason."""
    with read() as reader:
        segment_or_404(reader, segment_id)
    act, member_id = doing(), request.form.get("member_id", "")
    try:
        write(lambda tx: services.take_off(tx, act, segment_id, member_id, request.form.get("reason", "")))
    except InputError as refused:
        say(str(refused), kind="danger")
    else:
        undo = url_for("segment_people.put_back", segment_id=segment_id, member_id=member_id)
        say(_("Taken off. Campaigns that use this segment leave this member out."), undo_url=undo)
    return redirect(url_for("segment_people.people", segment_id=segment_id, after=request.form.get("after", "")))


@segment_people.post("/segments/<segment_id>/put-back/<member_id>")
@needs(Right.CAMPAIGNS)
def put_back(segment_id: str, member_id: str) -> Response:
    """Take the member in again."""
    with read() as reader:
        segment_or_404(reader, segment_id)
    act = doing()
    write(lambda tx: services.put_back(tx, act, segment_id, member_id))
    say(_("Put back."))
    return redirect(url_for("segment_people.people", segment_id=segment_id))


def _numbers(reader: Session, organisation_id: str, ids: list[str]) -> dict[str, str]:
    rows = reader.execute(
        select(Member.member_id, Member.number).where(
            Member.organisation_id == organisation_id, Member.member_id.in_(ids)
        )
    )
    return {row.member_id: row.number for row in rows}


def _last_visits(reader: Session, organisation_id: str, ids: list[str]) -> dict[str, object]:
    rows = reader.execute(
        select(MemberDay.member_id, func.max(MemberDay.business_day))
        .where(MemberDay.organisation_id == organisation_id, MemberDay.member_id.in_(ids), MemberDay.visits > 0)
        .group_by(MemberDay.member_id)
    )
    return {row[0]: row[1] for row in rows}
