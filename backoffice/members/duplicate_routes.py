"""Pages of members who may be one person: the list, the choice per field, the merge and its undoing."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.loyalty.ledger import balances_of
from backoffice.members import duplicates, merging, services, unmerging
from backoffice.members.merge_record import Was
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say
from backoffice.worker.services import last_runs

duplicate_pages = Blueprint("duplicates", __name__, template_folder="templates")

PAIRS_SHOWN: Final = 20


@duplicate_pages.get("/members/duplicates")
@needs(Right.MEMBERS)
def pair_list() -> str:
    """What the last search found, with what agrees and what differs."""
    organisation_id = actor().organisation_id
    page = max(0, request.args.get("page", 0, type=int))
    with read() as reader:
        pairs = duplicates.pairs_of(reader, organisation_id, page * PAIRS_SHOWN, PAIRS_SHOWN)
        shown = [
            (
                pair,
                merging.was(reader, organisation_id, pair.member_a),
                merging.was(reader, organisation_id, pair.member_b),
            )
            for pair in pairs
        ]
        total = duplicates.count_pairs(reader, organisation_id)
        run = last_runs(reader, organisation_id).get(duplicates.JOB_KIND)
    return render_template(
        "members/duplicates.html",
        pairs=[(pair, _fields(one, other)) for pair, one, other in shown],
        total=total,
        page=page,
        more=total > (page + 1) * PAIRS_SHOWN,
        run=run,
    )


@duplicate_pages.post("/members/duplicates/search")
@needs(Right.MEMBERS)
def search_now() -> Response:
    """Let the worker look again."""
    act = doing()
    write(lambda tx: duplicates.plan_search(tx, act))
    say(_("The worker is looking for duplicates; look again in a moment."))
    return redirect(url_for("duplicates.pair_list"))


def _fields(one: Was, other: Was) -> list[tuple[str, str, str]]:
    """Each field with both values, as far as one of them is there."""
    rows = [(name, _value(one, name), _value(other, name)) for name in merging.FIELDS]
    return [row for row in rows if row[1] or row[2]]


def _value(member: Was, name: str) -> str:
    own = {"number": member.number, "language": member.language}
    return own.get(name) or str(getattr(member.person, name, None) or "")


@duplicate_pages.route("/members/<member_id>/merge/<other_id>", methods=["GET", "POST"])
@needs(Right.MEMBERS)
def merge_page(member_id: str, other_id: str) -> str | Response | tuple[str, int]:
    """Choose field by field; `member_id` is kept, `other_id` goes into it."""
    organisation_id, error = actor().organisation_id, ""
    with read() as reader:
        for each in (member_id, other_id):
            if services.get_member(reader, organisation_id, each) is None:
                abort(404)
        values = _page_values(reader, organisation_id, member_id, other_id)
    if request.method == "POST":
        act = doing()
        taken = [name for name in merging.FIELDS if request.form.get(name) == "other"]
        try:
            write(lambda tx: merging.merge(tx, act, member_id, other_id, taken))
        except InputError as refused:
            error = str(refused)
        else:
            say(
                _(
                    "The two are one member now. This can be undone on this page for %(days)s days.",
                    days=merging.UNDO_DAYS,
                )
            )
            return redirect(url_for("members.member_page", member_id=member_id))
    page = render_template("members/merge.html", **values, error=error)
    return (page, 422) if error else page


def _page_values(session: Session, organisation_id: str, member_id: str, other_id: str) -> dict[str, Any]:
    one, other = (merging.was(session, organisation_id, each) for each in (member_id, other_id))
    return {
        "kept": one,
        "gone": other,
        "fields": _fields(one, other),
        "cards": [services.cards_of(session, organisation_id, each) for each in (member_id, other_id)],
        "points": [balances_of(session, organisation_id, each).get("points", 0) for each in (member_id, other_id)],
    }


@duplicate_pages.post("/members/<member_id>/distinct/<other_id>")
@needs(Right.MEMBERS)
def say_distinct(member_id: str, other_id: str) -> Response:
    """Remember that these are not the same person, or (with `back`) take that back."""
    organisation_id, act = actor().organisation_id, doing()
    with read() as reader:
        for each in (member_id, other_id):
            if services.get_member(reader, organisation_id, each) is None:
                abort(404)
    where = url_for("duplicates.say_distinct", member_id=member_id, other_id=other_id)
    if "back" in request.args:
        write(lambda tx: duplicates.take_back(tx, act, member_id, other_id))
    else:
        write(lambda tx: duplicates.say_two(tx, act, member_id, other_id))
        say(_("They are two people; the pair is not shown again."), undo_url=f"{where}?back=1")
    return redirect(url_for("duplicates.pair_list"))


@duplicate_pages.post("/members/<member_id>/unmerge")
@needs(Right.MEMBERS)
def unmerge(member_id: str) -> Response:
    """Undo the newest merge into a member."""
    organisation_id, act = actor().organisation_id, doing()
    with read() as reader:
        if services.get_member(reader, organisation_id, member_id) is None:
            abort(404)
        newest = next(iter(merging.merges_of(reader, organisation_id, member_id)), "")
    back = write(lambda tx: unmerging.unmerge(tx, act, newest))
    say(_("The merge was undone; both members are there again."))
    return redirect(url_for("members.member_page", member_id=back))
