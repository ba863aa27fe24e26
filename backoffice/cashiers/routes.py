"""Pages of cashiers: who they are, what counters ask of them, what they did; and crediting a receipt at the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from backoffice.audit.services import Doing
from backoffice.cashiers.actions import ActionFilter, actions_of, units_of
from backoffice.cashiers.late_credit import CREDITED, WAITING, ask
from backoffice.cashiers.services import (
    add_cashier,
    cashiers_of,
    change_pin,
    policy_of,
    save_policy,
    set_blocked,
)
from backoffice.cashiers.words import action_words, refusal_words
from backoffice.clock import local_date
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members.services import get_member
from backoffice.sync_api.tills import till_states
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.dates import day_of
from backoffice.web.templating import say

cashiers = Blueprint("cashiers", __name__, template_folder="templates")
DIGITS_MAX = 9
"""Digits of a number that is read as one at all."""

ACTIONS_SHOWN: Final = 500
CSV_ROWS_MAX: Final = 100_000
DAYS_SHOWN: Final = 7


@cashiers.get("/cashiers")
@needs(Right.READ)
def cashier_list() -> str:
    """Every cashier, and what counters ask."""
    return _page()


def _page(error: str = "", form: Mapping[str, str] | None = None) -> str:
    organisation_id = actor().organisation_id
    with read() as reader:
        return render_template(
            "cashiers/list.html",
            rows=cashiers_of(reader, organisation_id),
            policy=policy_of(reader, organisation_id),
            error=error,
            form=form or {},
        )


@cashiers.post("/cashiers")
@needs(Right.TILLS)
def cashier_add() -> Answer | tuple[str, int]:
    """A new cashier with a first PIN."""
    form = request.form.to_dict()
    number, name, pin = form.get("operator", ""), form.get("name", ""), form.pop("pin", "")
    return _do(
        lambda tx, acting: add_cashier(tx, acting, number, name, pin),
        _("%(name)s can work at every till that is on line within seconds.", name=name),
        form,
    )


@cashiers.post("/cashiers/policy")
@needs(Right.TILLS)
def cashier_policy() -> Answer | tuple[str, int]:
    """What counters ask from now on."""
    pins, phone = "pins" in request.form, "find_by_phone" in request.form
    typed = request.form.get("card_sales_max")
    # What is no number is refused by the service, with its sentence; a program that does not send it changes nothing.
    most = (
        None if typed is None else int(typed) if typed.isascii() and typed.isdigit() and len(typed) < DIGITS_MAX else -1
    )
    return _do(
        lambda tx, acting: save_policy(tx, acting, pins=pins, find_by_phone=phone, card_sales_max=most),
        _("Tills learn of it within seconds."),
    )


@cashiers.post("/cashiers/<operator>/pin")
@needs(Right.TILLS)
def cashier_pin(operator: str) -> Answer | tuple[str, int]:
    """Another PIN."""
    _own_or_404(operator)
    pin = request.form.get("pin", "")
    return _do(lambda tx, acting: change_pin(tx, acting, operator, pin), _("The PIN was changed."))


@cashiers.post("/cashiers/<operator>/<state>")
@needs(Right.TILLS)
def cashier_state(operator: str, state: str) -> Answer | tuple[str, int]:
    """Block a PIN, or let it be good again."""
    _own_or_404(operator)
    if state not in {"block", "unblock"}:
        abort(404)
    blocked = state == "block"
    said = _("The PIN opens nothing any more.") if blocked else _("The PIN is good again.")
    return _do(lambda tx, acting: set_blocked(tx, acting, operator, blocked=blocked), said)


def _own_or_404(operator: str) -> None:
    with read() as reader:
        if all(row.operator != operator for row in cashiers_of(reader, actor().organisation_id)):
            abort(404)


def _do(
    work: Callable[[Session, Doing], None], said: str, form: Mapping[str, str] | None = None
) -> Answer | tuple[str, int]:
    acting = doing()
    try:
        write(lambda tx: work(tx, acting))
    except InputError as refused:
        return _page(str(refused), form), 422
    say(said)
    return redirect(url_for("cashiers.cashier_list"))


@cashiers.get("/operator-actions")
@needs(Right.READ)
def action_list() -> str:
    """What cashiers did: till, cashier, what, amount."""
    organisation_id, wanted = actor().organisation_id, _filter()
    with read() as reader:
        rows = actions_of(reader, organisation_id, wanted, ACTIONS_SHOWN)
        return render_template(
            "cashiers/actions.html",
            rows=rows,
            units=units_of(reader, organisation_id, rows),
            names={row.operator: row.name for row in cashiers_of(reader, organisation_id)},
            tills=till_states(reader, organisation_id),
            wanted=wanted,
            words=action_words(),
            most=ACTIONS_SHOWN,
        )


@cashiers.get("/operator-actions.csv")
@needs(Right.EXPORT)
def action_csv() -> Response:
    """The same as a file."""
    with read() as reader:
        rows = [
            (
                *(row.done_at.isoformat(), row.workstation_id, row.operator, row.action, row.subject),
                *(row.amount_minor, row.member_id, "yes" if row.by_pin else "no"),
            )
            for row in actions_of(reader, actor().organisation_id, _filter(), CSV_ROWS_MAX)
        ]
    header = ("done_at", "workstation", "operator", "action", "subject", "amount_minor", "member", "by_pin")
    return csv_response("operator-actions.csv", header, rows)


def _filter() -> ActionFilter:
    today = local_date(office().clock, actor().zone)
    first = day_of(request.args.get("first", ""), today - timedelta(days=DAYS_SHOWN - 1))
    last = day_of(request.args.get("last", ""), today)
    till, operator = request.args.get("till", "")[:64], request.args.get("operator", "").strip()[:200]
    return ActionFilter(first, max(first, last), actor().zone, till, operator)


@cashiers.post("/members/<member_id>/credit")
@needs(Right.MEMBERS)
def credit_receipt(member_id: str) -> Answer:
    """Credit a receipt to a member from the code on it, once."""
    acting, receipt_id = doing(), request.form.get("receipt_id", "").strip()[:160]
    with read() as reader:
        if get_member(reader, acting.organisation_id, member_id) is None:
            abort(404)

    def work(tx: Session) -> tuple[str, str, int, str]:
        row = ask(tx, acting.organisation_id, receipt_id, member_id, acting.actor, acting.clock.now())
        if row.member_id == member_id:
            acting.note(tx, "receipt_credited", "member", member_id, receipt_id)
        return row.state, row.reason, row.points, row.member_id

    if receipt_id.count(":") < 2:  # noqa: PLR2004 - till, epoch and number
        say(_("That is not the code of a receipt. It stands at the receipt's head, like till-1:1:17."), kind="danger")
    else:
        _say_outcome(member_id, *write(work))
    return redirect(url_for("members.member_page", member_id=member_id))


def _say_outcome(wanted: str, state: str, reason: str, points: int, whose: str) -> None:
    if whose != wanted:
        say(_("Somebody asked for this receipt before. It is credited once."), kind="danger")
    elif state == CREDITED:
        say(_("The receipt is credited: %(points)s points.", points=points))
    elif state == WAITING:
        say(_("The receipt has not arrived yet. It is credited when it does."))
    else:
        say(refusal_words().get(reason, reason), kind="danger")
