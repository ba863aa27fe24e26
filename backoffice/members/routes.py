"""Pages of members, their cards and groups."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from backoffice.audit.services import history
from backoffice.cashiers.late_credit import credits_of
from backoffice.cashiers.words import credit_words
from backoffice.clock import local_date
from backoffice.consent.standing import standings_of
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.loyalty.views import accounts_of
from backoffice.members import counts, personal, services
from backoffice.members.card_ids import canonical_card_id
from backoffice.members.export import HEADER, exported_rows
from backoffice.members.merging import may_undo, merges_of
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.members.plates import plates_of
from backoffice.members.search import search
from backoffice.members.services import LANGUAGES, MemberInput
from backoffice.messaging.numbers import region_of
from backoffice.reports import receipts as receipt_reports
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.templating import say
from backoffice.web.xlsx_out import xlsx_response
from backoffice.workshop.owners import shown_vehicles

members = Blueprint("members", __name__, template_folder="templates")

PAGE_ROWS: Final = 50
RECEIPTS_SHOWN: Final = 20


@members.get("/members")
@needs(Right.READ)
def member_list() -> str:
    """The list with instant search; htmx asks for the rows alone."""
    query, group_id = request.args.get("q", ""), request.args.get("group", "")
    after = request.args.get("after", "")
    with read() as reader:
        organisation_id = actor().organisation_id
        rows = search(reader, organisation_id, query, group_id=group_id, after=after, limit=PAGE_ROWS + 1)
        values = {
            "rows": rows[:PAGE_ROWS],
            "more": len(rows) > PAGE_ROWS,
            "q": query,
            "group_id": group_id,
            "groups": services.groups_of(reader, organisation_id),
            "member_groups": services.groups_of_members(
                reader, organisation_id, [row.member_id for row in rows[:PAGE_ROWS]]
            ),
        }
        if request.headers.get("HX-Request"):
            return render_template("members/found.html", **values, after=after)
        return render_template("members/list.html", **values, total=counts.in_all(reader, organisation_id))


@members.get("/members.csv")
@needs(Right.EXPORT)
def member_csv() -> Response:
    """The list as it is filtered, as CSV."""
    return _exported(csv_response, "members.csv")


@members.get("/members.xlsx")
@needs(Right.EXPORT)
def member_xlsx() -> Response:
    """The same for spreadsheets."""
    return _exported(xlsx_response, "members.xlsx")


def _exported(response: Callable[..., Response], filename: str) -> Response:
    """The file; that it was taken is written down, without what was searched for, which may be a name."""
    organisation_id, act = actor().organisation_id, doing()
    query, group_id = request.args.get("q", ""), request.args.get("group", "")
    kind = filename.rpartition(".")[2]
    narrowed = [*(["searched"] if query else []), *([f"group {group_id}"] if group_id else [])]
    write(lambda tx: act.note(tx, "members_exported", "members", "", ", ".join([kind, *narrowed])[:200]))
    return response(filename, HEADER, exported_rows(read, organisation_id, query, group_id))


@members.route("/members/new", methods=["GET", "POST"])
@needs(Right.MEMBERS)
def member_new() -> str | Response | tuple[str, int]:
    """Add a member, with a first card if one is at hand."""
    error = ""
    if request.method == "POST":
        try:
            values = member_input(request.form)
            card_text = request.form.get("card_id", "").strip()
            card_id = canonical_card_id(card_text) if card_text else ""
            act = doing()

            def work(tx: Session) -> str:
                member = services.create_member(tx, act, values)
                if card_id:
                    services.add_card(tx, act, member.member_id, card_id)
                return member.member_id

            member_id = write(work)
        except InputError as refused:
            error = str(refused)
        else:
            say(_("%(name)s was added.", name=values.person.full_name or _("The member")))
            return redirect(url_for("members.member_page", member_id=member_id))
    with read() as reader:
        groups = services.groups_of(reader, actor().organisation_id)
    page = render_template(
        "members/edit.html",
        member=None,
        form=request.form,
        chosen_groups=request.form.getlist("groups"),
        groups=groups,
        languages=LANGUAGES,
        error=error,
    )
    return (page, 422) if error else page


@members.route("/members/<member_id>", methods=["GET"])
@needs(Right.READ)
def member_page(member_id: str) -> str:
    """One member: who it is, cards, coupons, receipts, and what was done."""
    return _member_page(member_id, "")


def _member_page(member_id: str, error: str, replacing: str = "") -> str:
    organisation_id = actor().organisation_id
    with read() as reader:
        member = services.get_member(reader, organisation_id, member_id)
        if member is None:
            abort(404)
        groups = {group.group_id: group.name for group in services.groups_of(reader, organisation_id)}
        merges = merges_of(reader, organisation_id, member_id).values()
        return render_template(
            "members/page.html",
            member=member,
            person=personal.load(reader, organisation_id, [member_id]).get(member_id, Person()),
            groups=[groups[each] for each in services.groups_of_member(reader, organisation_id, member_id)],
            cards=services.cards_of(reader, organisation_id, member_id),
            coupons=receipt_reports.coupons_of_member(reader, organisation_id, member_id),
            receipts=receipt_reports.receipts_of_member(reader, organisation_id, member_id, RECEIPTS_SHOWN),
            accounts=accounts_of(reader, organisation_id, member_id, local_date(office().clock, actor().zone)),
            history=history(reader, organisation_id, "member", member_id),
            late_credits=[(row, credit_words(row)) for row in credits_of(reader, organisation_id, member_id)],
            vehicles=shown_vehicles(reader, organisation_id, member_id),
            consents=standings_of(reader, organisation_id, member_id, office().clock.now()),
            may_unmerge=next((row for row in merges if may_undo(row, doing())), None),
            error=error,
            replacing=replacing,
            form=request.form,
        )


@members.route("/members/<member_id>/edit", methods=["GET", "POST"])
@needs(Right.MEMBERS)
def member_edit(member_id: str) -> str | Response | tuple[str, int]:
    """Change who a member is and the groups."""
    organisation_id = actor().organisation_id
    with read() as reader:
        member = services.get_member(reader, organisation_id, member_id)
        if member is None:
            abort(404)
        person = personal.load(reader, organisation_id, [member_id]).get(member_id, Person())
        groups = services.groups_of(reader, organisation_id)
        chosen = services.groups_of_member(reader, organisation_id, member_id)
    error = ""
    form = _form_of(member, person)
    if request.method == "POST":
        form, chosen = request.form, tuple(request.form.getlist("groups"))
        try:
            values, act = member_input(request.form), doing()
            write(lambda tx: services.update_member(tx, act, member_id, values))
        except InputError as refused:
            error = str(refused)
        else:
            say(_("The changes were saved."))
            return redirect(url_for("members.member_page", member_id=member_id))
    page = render_template(
        "members/edit.html",
        member=member,
        form=form,
        chosen_groups=chosen,
        groups=groups,
        languages=LANGUAGES,
        error=error,
    )
    return (page, 422) if error else page


def _form_of(member: Member, person: Person) -> MultiDict[str, str]:
    fields = {name: str(getattr(person, name) or "") for name in person.__dataclass_fields__}
    fields["plates"] = "\n".join(person.plates)
    if member.receipts_by_mail:
        fields["receipts_by_mail"] = "yes"
    return MultiDict({**fields, "number": member.number, "language": member.language})


def member_input(form: MultiDict[str, str]) -> MemberInput:
    """The member form as values; InputError names the field that is wrong."""
    texts = {
        name: " ".join(form.get(name, "").split())
        for name in ("first_name", "last_name", "email", "phone", "street", "postcode", "town")
    }
    for name, text in texts.items():
        if len(text) > personal.FIELD_LENGTHS_MAX[name]:
            raise InputError(_("%(field)s is too long.", field=name))
    try:
        birthday = date.fromisoformat(form["birthday"]) if form.get("birthday") else None
    except ValueError as error:
        raise InputError(_("The birthday is not a date.")) from error
    return MemberInput(
        person=Person(**texts, birthday=birthday, plates=plates_of(form.get("plates", ""), region_of(actor().zone))),
        number=form.get("number", "").strip(),
        language=form.get("language", "en"),
        group_ids=tuple(form.getlist("groups")),
        receipts_by_mail="receipts_by_mail" in form,
    )


@members.post("/members/<member_id>/cards")
@needs(Right.MEMBERS)
def card_add(member_id: str) -> Response | tuple[str, int]:
    """Give the member a card; with `replaces`, in place of an older one, which no till takes any more."""
    act = doing()
    replaces = request.form.get("replaces", "")
    _own_member_or_404(member_id, replaces)
    try:
        card_id = canonical_card_id(request.form.get("card_id", ""))
        if replaces:
            write(lambda tx: services.replace_card(tx, act, replaces, card_id).card_id)
            say(_("%(new)s replaces %(old)s, which no till takes any more.", new=card_id, old=replaces))
        else:
            write(lambda tx: services.add_card(tx, act, member_id, card_id).card_id)
            say(_("Card %(card)s was added.", card=card_id))
    except InputError as refused:
        return _member_page(member_id, str(refused), replaces), 422
    return redirect(url_for("members.member_page", member_id=member_id))


@members.post("/members/<member_id>/cards/<card_id>/<state>")
@needs(Right.MEMBERS)
def card_state(member_id: str, card_id: str, state: str) -> Response:
    """Block a card on every till, or take that back."""
    wanted = {"block": "blocked", "unblock": "active"}.get(state)
    if wanted is None:
        abort(404)
    _own_member_or_404(member_id, card_id)
    act = doing()
    write(lambda tx: services.set_card_state(tx, act, card_id, wanted).state)
    other = "unblock" if state == "block" else "block"
    undo = url_for("members.card_state", member_id=member_id, card_id=card_id, state=other)
    if state == "block":
        say(_("Card %(card)s is blocked; no till takes it any more.", card=card_id), undo_url=undo)
    else:
        say(_("Card %(card)s works again.", card=card_id), undo_url=undo)
    return redirect(url_for("members.member_page", member_id=member_id))


def _own_member_or_404(member_id: str, card_id: str = "") -> None:
    """404 unless the member is one of this organisation's, and the card (when given) one of the member's."""
    organisation_id = actor().organisation_id
    with read() as reader:
        known = services.get_member(reader, organisation_id, member_id) is not None
        cards = {card.card_id for card in services.cards_of(reader, organisation_id, member_id)}
    if not known or (card_id and card_id not in cards):
        abort(404)


@members.route("/groups", methods=["GET", "POST"])
@needs(Right.READ)
def group_list() -> str | Response | tuple[str, int]:
    """The groups with their sizes, and adding one."""
    error = ""
    if request.method == "POST":
        if not actor().may(Right.MEMBERS):
            abort(403)
        act = doing()
        try:
            write(lambda tx: services.create_group(tx, act, request.form.get("name", "")).group_id)
        except InputError as refused:
            error = str(refused)
        else:
            say(_("The group was added. Put members into it from their pages, or by an import."))
            return redirect(url_for("members.group_list"))
    with read() as reader:
        organisation_id = actor().organisation_id
        page = render_template(
            "members/groups.html",
            groups=services.groups_of(reader, organisation_id),
            sizes=counts.by_group(reader, organisation_id),
            error=error,
            form=request.form,
        )
    return (page, 422) if error else page
