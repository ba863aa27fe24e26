"""Pages of reports by e-mail: who gets which, a look at one before it comes, and a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from backoffice.campaigns.page_parts import local_today
from backoffice.consent.mails import ready_to_mail
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.models import User
from backoffice.identity.people import people_of
from backoffice.identity.rights import Right, may
from backoffice.organisations.services import stores_of
from backoffice.papers.blocks import Paper
from backoffice.papers.mail import rows_of
from backoffice.papers.pdf import pdf_response
from backoffice.receipt_mail.smtp import send
from backoffice.regular_reports import looks, services
from backoffice.regular_reports.kinds import ALARMS, EVERY_NAMES, KIND_NAMES, Every, Kind, period_before
from backoffice.regular_reports.looks import Wanted
from backoffice.regular_reports.models import ReportOrder
from backoffice.regular_reports.sending import send_again, test_message
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.format import language
from backoffice.web.headers import with_etag
from backoffice.web.templating import say

regular_reports = Blueprint("regular_reports", __name__, template_folder="templates")

REPORTS: Final = tuple(
    f"{kind}:{every}" for kind in Kind for every in ((Every.HAPPENS,) if kind in ALARMS else (Every.WEEK, Every.MONTH))
)
"""What can be chosen: a kind and how often it comes."""


@regular_reports.get("/regular-reports")
@needs(Right.READ)
def order_list() -> str:
    """Who gets which report; people without the right to manage others see their own."""
    return _page("")


@regular_reports.post("/regular-reports")
@needs(Right.READ)
def order() -> AnyResponse | tuple[str, int]:
    """Have a report sent to oneself, or by an owner to somebody else."""
    act, own = doing(), actor().user_id
    user_id = request.form.get("user_id", own) if _manages() else own
    kind_text, _colon, every_text = request.form.get("report", "").partition(":")
    try:
        kind, every = Kind(kind_text), Every(every_text)
    except ValueError:
        return _page(_("Choose a report.")), 422
    store_id = request.form.get("store_id", "")
    try:
        write(lambda tx: services.order_report(tx, act, user_id, kind, every, store_id).order_id)
    except InputError as refused:
        return _page(str(refused)), 422
    say(_("Saved."))
    return redirect(url_for("regular_reports.order_list"))


@regular_reports.post("/regular-reports/<order_id>/end")
@needs(Right.READ)
def end(order_id: str) -> AnyResponse:
    """Send it no more."""
    _order_or_404(order_id)
    act = doing()
    write(lambda tx: services.end_order(tx, act, order_id))
    say(_("This report is sent no more."))
    return redirect(url_for("regular_reports.order_list"))


@regular_reports.post("/regular-reports/<order_id>/test")
@needs(Right.READ)
def test(order_id: str) -> AnyResponse | tuple[str, int]:
    """The last report of an order, now, to whoever asks."""
    kept, settings = _order_or_404(order_id), office().settings
    if not ready_to_mail(settings):
        return _page(_("This back-office has no mail server yet.")), 422
    with read() as reader:
        message = test_message(office(), reader, kept, reader.get_one(User, actor().user_id))
    try:
        send(settings.mail_server, message)
    except InputError as refused:
        return _page(str(refused)), 422
    say(_("A test was sent to %(email)s.", email=actor().email))
    return redirect(url_for("regular_reports.order_list"))


@regular_reports.post("/regular-reports/<order_id>/again")
@needs(Right.READ)
def again(order_id: str) -> AnyResponse:
    """Send what is in doubt once more: a person decided it."""
    _order_or_404(order_id)
    send_again(office(), actor().organisation_id, order_id)
    return redirect(url_for("regular_reports.order_list"))


@regular_reports.get("/regular-reports/preview")
@needs(Right.READ)
def preview() -> str:
    """A report of the last whole period, as it was counted; or how far it is, or that nobody asked for it yet."""
    return render_template("regular_reports/preview.html", **_look(), **_choices())


@regular_reports.post("/regular-reports/preview")
@needs(Right.READ)
def count_preview() -> AnyResponse:
    """Have the worker count it."""
    act, wanted = doing(), _wanted(request.form)
    try:
        write(lambda tx: looks.ask(tx, act, wanted))
    except InputError as refused:
        say(str(refused))
    return redirect(_address(wanted))


@regular_reports.get("/regular-reports/preview/live")
@needs(Right.READ)
def preview_live() -> Response:
    """The bar, for polling; at the end the page is asked for anew."""
    values = _look()
    answer = with_etag(render_template("regular_reports/bar.html", **values))
    if values["look"] is None or values["look"].state not in looks.UNDER_WAY:
        answer.headers["HX-Refresh"] = "true"
    return answer


@regular_reports.get("/regular-reports/preview.pdf")
@needs(Right.READ)
def preview_pdf() -> AnyResponse:
    """The same on paper."""
    paper = _look()["paper"]
    return pdf_response("report.pdf", paper) if paper else redirect(_address(_wanted(request.args)))


@regular_reports.get("/regular-reports/preview.csv")
@needs(Right.EXPORT)
def preview_csv() -> AnyResponse:
    """The tables of it, one after the other."""
    paper: Paper | None = _look()["paper"]
    if paper is None:
        return redirect(_address(_wanted(request.args)))
    rows = [row for block in paper.blocks for table in (rows_of(block),) for row in (table[0], *table[1]) if row]
    return csv_response("report.csv", (paper.title, *paper.about), rows)


def _page(error: str) -> str:
    organisation_id, own = actor().organisation_id, None if _manages() else actor().user_id
    with read() as reader:
        rows = services.orders_of(reader, organisation_id, own)
        people = people_of(reader, organisation_id, office().clock.now()) if _manages() else ()
    return render_template(
        "regular_reports/orders.html",
        rows=rows,
        people=[each for each in people if may(each.role, Right.READ)],
        own_id=actor().user_id,
        form=request.form,
        error=error,
        can_mail=ready_to_mail(office().settings),
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    with read() as reader:
        stores = stores_of(reader, actor().organisation_id)
    return {
        "reports": REPORTS,
        "alarms": [alarm.value for alarm in ALARMS],
        "kinds": KIND_NAMES,
        "everies": EVERY_NAMES,
        "stores": stores,
        "store_names": {store.store_id: store.name for store in stores},
    }


def _wanted(asked: Mapping[str, str]) -> Wanted:
    """What an address or a form asks for; a store of somebody else is none."""
    kind_text, _colon, every_text = asked.get("report", "").partition(":")
    kind = Kind.NETWORK if kind_text == Kind.NETWORK.value else Kind.CARE
    every = Every.MONTH if every_text == Every.MONTH.value else Every.WEEK
    store_id = asked.get("store_id", "")
    with read() as reader:
        if store_id and store_id not in {store.store_id for store in stores_of(reader, actor().organisation_id)}:
            abort(404)
    below = kind is Kind.NETWORK and not store_id and actor().may(Right.NETWORK)
    return Wanted(kind, period_before(every, local_today()), store_id, language(), below)


def _look() -> dict[str, Any]:
    """The look that the address asks for, with its paper when it was counted."""
    wanted = _wanted(request.args)
    with read() as reader:
        look = looks.look_of(reader, actor().organisation_id, wanted)
    return {
        "look": look,
        "paper": looks.paper_of(look),
        "chosen": {"report": f"{wanted.kind}:{wanted.period.every}", "store_id": wanted.store_id},
        "title": KIND_NAMES[wanted.kind],
        "period": wanted.period,
        "rows_of": rows_of,
    }


def _address(wanted: Wanted) -> str:
    report = f"{wanted.kind}:{wanted.period.every}"
    return url_for("regular_reports.preview", report=report, store_id=wanted.store_id)


def _order_or_404(order_id: str) -> ReportOrder:
    """An order of this organisation that is one's own, or that one may manage."""
    with read() as reader:
        kept = reader.get(ReportOrder, (actor().organisation_id, order_id))
    if kept is None or not (_manages() or kept.user_id == actor().user_id):
        abort(404)
    return kept


def _manages() -> bool:
    return actor().may(Right.USERS)
