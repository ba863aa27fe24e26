"""Ending a report from its own e-mail, without signing in: a GET only shows, mail programs and scanners open links."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from backoffice.audit.services import Doing
from backoffice.consent.links import Link, LinkError, LinkKind, read_link
from backoffice.i18n import gettext as _
from backoffice.organisations.models import Organisation
from backoffice.regular_reports.kinds import EVERY_NAMES, KIND_NAMES, Every, Kind
from backoffice.regular_reports.models import ReportOrder
from backoffice.regular_reports.services import end_order
from backoffice.vault import vault_of
from backoffice.web.context import office, read, write

BY_LINK = "link in a report"
report_opt_out = Blueprint("report_opt_out", __name__, template_folder="templates")


@report_opt_out.after_request
def _unlisted(response: Response) -> Response:
    """Search engines that come by such an address keep out."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@report_opt_out.route("/no-more-reports/<token>", methods=["GET", "POST"])
def no_more(token: str) -> Response:
    """Shows one button; pressing it, or a mail program's own one (RFC 8058), ends this report to this person."""
    now = office().clock.now()
    with read() as reader:
        try:
            link: Link | None = read_link(vault_of(reader), token, LinkKind.REPORT, now)
        except LinkError:
            link = None
        shop = reader.get(Organisation, link.organisation_id) if link else None
        kept = reader.get(ReportOrder, (link.organisation_id, link.member_id)) if link else None
    done = kept is None
    if link is not None and kept is not None and request.method == "POST":
        act, order_id = Doing(link.organisation_id, BY_LINK, office().clock, office().ids), link.member_id
        done = write(lambda tx: end_order(tx, act, order_id))
    what = f"{_(KIND_NAMES[Kind(kept.kind)])}, {_(EVERY_NAMES[Every(kept.every)])}" if kept else ""
    page = render_template("regular_reports/no_more.html", shop=shop, what=what, done=done, wrong=shop is None)
    return make_response(page, 404 if shop is None else 200)
