"""Pages of the programme, and corrections of a member's accounts."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.loyalty import corrections, programme
from backoffice.loyalty.form import STEPS_MAX, form_of, programme_input
from backoffice.loyalty.night import open_liabilities
from backoffice.loyalty.overdrafts import overdrawn_in_all
from backoffice.members.services import get_member
from backoffice.sync_api.publishing import publish
from backoffice.sync_api.right_report import points_set_aside
from backoffice.sync_api.signing import sign_published
from backoffice.web import format as fmt
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.templating import say
from pos_engine.core.bookings import POINTS, STAMPS, VALUE
from pos_engine.core.programme import Programme, liability_minor

loyalty = Blueprint("loyalty", __name__, template_folder="templates")

SUGGESTED: Final = Programme(points_step=100, step_minor=100)
"""What the form begins with in a shop without a programme: a hundred points are worth one unit of money."""


@loyalty.route("/programme", methods=["GET", "POST"])
@needs(Right.READ)
def programme_page() -> str | Response | tuple[str, int]:
    """What a point is worth, how it may be used, when it expires, and the tiers; saving publishes it."""
    if request.method == "POST" and not actor().may(Right.CAMPAIGNS):
        abort(403)
    currency, error = actor().organisation.currency, ""
    with read() as reader:
        saved = programme.current(reader, actor().organisation_id)
        liabilities = open_liabilities(reader, actor().organisation_id)
        borne = overdrawn_in_all(reader, actor().organisation_id)
        set_aside = points_set_aside(reader, actor().organisation_id)
    shown = saved or programme.Saved(SUGGESTED, programme.Earning())
    form = form_of(shown.programme, shown.earning, currency)
    if request.method == "POST":
        form = request.form.to_dict()
        act = doing()
        try:
            values = programme_input(form, currency, saved.programme if saved else None)
            write(lambda tx: _save_and_publish(tx, values.programme, values.earning))
        except InputError as refused:
            error = str(refused)
        else:
            with read() as reader:
                sign_published(reader, act.clock, office().set_repository, act.organisation_id)
            say(_("The programme is published; tills that are on line take it over between two sales."))
            return redirect(url_for("loyalty.programme_page"))
    page = render_template(
        "loyalty/programme.html",
        form=form,
        saved=saved,
        error=error,
        places=range(1, STEPS_MAX + 1),
        points_open=liabilities.get(POINTS, 0),
        points_liability=liability_minor(saved.programme, liabilities.get(POINTS, 0)) if saved else None,
        points_set_aside=set_aside,
        points_borne=borne.get(POINTS, 0),
        value_open=liabilities.get(VALUE, 0),
        stamps_open={unit.removeprefix(STAMPS): n for unit, n in liabilities.items() if unit.startswith(STAMPS)},
    )
    return (page, 422) if error else page


def _save_and_publish(session: Session, values: Programme, earning: programme.Earning) -> None:
    act = doing()
    programme.save(session, act, values, earning)
    publish(session, act.clock, act.ids, act.organisation_id)


@loyalty.post("/members/<member_id>/accounts")
@needs(Right.MEMBERS)
def account_correct(member_id: str) -> Response:
    """Book a correction, with its reason."""
    _own_member_or_404(member_id)
    act = doing()
    unit = _unit(request.form.get("unit", POINTS), request.form.get("card", ""))
    text = request.form.get("amount", "")
    try:
        amount = _amount(text, unit)
        entry_id = write(
            lambda tx: corrections.correct(tx, act, member_id, unit, amount, request.form.get("reason", ""))
        )
    except InputError as refused:
        say(str(refused), kind="danger")
    else:
        undo = url_for("loyalty.correction_undo", member_id=member_id, entry_id=entry_id)
        say(_("The correction is booked; tills learn of it within seconds."), undo_url=undo)
    return redirect(url_for("members.member_page", member_id=member_id))


@loyalty.post("/members/<member_id>/accounts/<entry_id>/undo")
@needs(Right.MEMBERS)
def correction_undo(member_id: str, entry_id: str) -> Response:
    """Take a correction back by a counter-booking."""
    _own_member_or_404(member_id)
    act = doing()
    try:
        write(lambda tx: corrections.undo_correction(tx, act, member_id, entry_id))
    except InputError as refused:
        say(str(refused), kind="danger")
    else:
        say(_("The correction was taken back by a counter-booking."))
    return redirect(url_for("members.member_page", member_id=member_id))


def _unit(unit: str, card: str) -> str:
    return f"{STAMPS}{card.strip()}" if unit == "stamps" else unit


def _amount(text: str, unit: str) -> int:
    """Signed: money for stored value, a whole number elsewhere."""
    if unit == VALUE:
        return fmt.parse_amount(text, actor().organisation.currency) or 0
    cleaned = text.strip().replace("\N{MINUS SIGN}", "-")
    if not cleaned.removeprefix("-").removeprefix("+").isdecimal():
        raise InputError(_("%(text)s is not a whole number.", text=text or fmt.DASH))
    return int(cleaned)


def _own_member_or_404(member_id: str) -> None:
    with read() as reader:
        if get_member(reader, actor().organisation_id, member_id) is None:
            abort(404)
