"""The web application, wired in one place."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Flask, Response, abort, render_template, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from backoffice.api import routes as api
from backoffice.api.problems import of_status
from backoffice.api.staff_routes import api_staff
from backoffice.approvals.routes import approvals
from backoffice.audiences.people_routes import segment_people
from backoffice.audiences.routes import segments
from backoffice.audit.routes import audit
from backoffice.campaigns.builder_routes import campaign_builder
from backoffice.campaigns.planning_routes import campaign_planning
from backoffice.campaigns.routes import campaigns
from backoffice.card_artwork.routes import card_artwork
from backoffice.card_moves.right_routes import card_rights
from backoffice.card_moves.routes import card_moves
from backoffice.cashiers.routes import cashiers
from backoffice.catalogue.routes import catalogue
from backoffice.consent.member_routes import member_pages
from backoffice.consent.routes import consent
from backoffice.consent.suppression_routes import suppressions
from backoffice.coupon_runs.routes import coupon_runs
from backoffice.errors import InputError
from backoffice.flows.editor_routes import flow_editor
from backoffice.flows.people_routes import flow_people
from backoffice.flows.routes import flows
from backoffice.i18n import gettext as _
from backoffice.identity import security
from backoffice.identity.account_routes import account
from backoffice.identity.factor_routes import own_factors
from backoffice.identity.link_routes import one_time_links
from backoffice.identity.organisation_routes import organisation
from backoffice.identity.people_routes import people
from backoffice.identity.routes import identity
from backoffice.identity.second_step_routes import second_step
from backoffice.imports.routes import imports
from backoffice.letters.routes import letters
from backoffice.loyalty.routes import loyalty
from backoffice.members.duplicate_routes import duplicate_pages
from backoffice.members.privacy_routes import privacy
from backoffice.members.routes import members
from backoffice.messaging.editor_routes import message_editor
from backoffice.messaging.hook_routes import message_hooks
from backoffice.messaging.recipient_routes import message_recipients
from backoffice.messaging.routes import messages
from backoffice.network.routes import network
from backoffice.office import Office
from backoffice.outlook.routes import outlook
from backoffice.prediction.routes import needs_pages
from backoffice.receipt_logo.routes import receipt_logo
from backoffice.regular_reports.opt_out_routes import report_opt_out
from backoffice.regular_reports.routes import regular_reports
from backoffice.replays.routes import SHELF, replays
from backoffice.replays.run_routes import replay_runs
from backoffice.replays.shelf import PastShelf
from backoffice.reports import all_result_routes as _all_result_routes  # noqa: F401 - the same
from backoffice.reports import day_routes as _day_routes  # noqa: F401 - adds its pages to the reports
from backoffice.reports import result_routes as _result_routes  # noqa: F401 - the same
from backoffice.reports import standing_routes as _standing_routes  # noqa: F401 - the same
from backoffice.reports import unusual_routes as _unusual_routes  # noqa: F401 - the same
from backoffice.reports.routes import reports
from backoffice.selfservice import routes as own_pages
from backoffice.selfservice.staff_routes import own_page_staff
from backoffice.sync_api.routes import SyncServices, sync_blueprint
from backoffice.tills.doubles import double_uses
from backoffice.tills.quarantine import quarantine
from backoffice.tills.routes import tills
from backoffice.web import access, assets, headers, locales, templating
from backoffice.web.context import load_actor
from backoffice.webhooks.staff_routes import webhooks
from backoffice.workshop.hand_routes import vehicle_forms
from backoffice.workshop.routes import vehicles
from backoffice.workshop.rule_routes import line_rules

UPLOAD_BYTES_MAX: Final = 64_000_000
"""The largest request: a CSV of a million products is about 60 MB."""
FORM_PARTS_MAX: Final = 20_000
OPEN_PARTS: Final = {
    "static": "the files of the pages: style, scripts, pictures",
    "security.static": "the files of the library that signs people in",
    "security.login": "signing in, throttled",
    "security.logout": "signing out",
    "security.verify": "asks the password of somebody who is signed in again",
    "sync_api": "tills prove themselves by the signature on every request",
    "member_pages": "members prove themselves by a signed link",
    "report_opt_out": "staff end a report to themselves by the signed link in it",
    "own_pages": "the same, moved into a cookie; asking for a link by an address is slowed down",
    "own_data": "the same",
    "api": "programs prove themselves by a token, which says what they may do",
    "message_hooks": "links of messages carry a code, providers prove themselves by a signature or a secret",
}
"""Endpoints, and blueprints as a whole, that do without a right; every other route `needs` one or is `public`."""


def create_app(office: Office) -> Flask:
    """Build the application around an open office."""
    app = Flask(__name__, static_folder=None)
    app.extensions["office"] = office
    app.extensions[SHELF] = PastShelf(office)
    app.config.update(
        SECRET_KEY=office.settings.secret("session-key"),
        SESSION_COOKIE_NAME="backoffice",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=office.settings.behind_tls,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=security.SESSION_HOURS),
        MAX_CONTENT_LENGTH=UPLOAD_BYTES_MAX,
        MAX_FORM_PARTS=FORM_PARTS_MAX,
        MAX_FORM_MEMORY_SIZE=8_000_000,
        WTF_CSRF_TIME_LIMIT=security.SESSION_HOURS * 3600,
        BABEL_TRANSLATION_DIRECTORIES=str(locales.TRANSLATIONS),
    )
    if office.settings.behind_tls:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]  # as its documentation says
    Babel(app, locale_selector=locales.selected_language)
    csrf = CSRFProtect(app)
    security.install(app, office)
    headers.install(app)
    assets.install(app)
    templating.install(app)
    for blueprint in (
        identity,
        account,
        own_factors,
        second_step,
        one_time_links,
        people,
        organisation,
        audit,
        duplicate_pages,
        members,
        segments,
        segment_people,
        outlook,
        needs_pages,
        privacy,
        consent,
        suppressions,
        member_pages,
        loyalty,
        card_artwork,
        catalogue,
        imports,
        campaigns,
        campaign_builder,
        approvals,
        campaign_planning,
        coupon_runs,
        replays,
        replay_runs,
        reports,
        regular_reports,
        report_opt_out,
        tills,
        double_uses,
        quarantine,
        card_moves,
        card_rights,
        cashiers,
        receipt_logo,
        messages,
        message_editor,
        message_recipients,
        message_hooks,
        letters,
        own_page_staff,
        api_staff,
        flows,
        flow_editor,
        flow_people,
        webhooks,
        vehicles,
        network,
        line_rules,
        vehicle_forms,
    ):
        app.register_blueprint(blueprint)
    csrf.exempt(member_pages)
    csrf.exempt(message_hooks)
    csrf.exempt(report_opt_out)
    own_pages.install(app, csrf)
    api.install(app, csrf)
    _install_sync(app, csrf, office)
    access.declare_others(app, OPEN_PARTS)
    access.check_declared(app)
    app.before_request(_refuse_odd_json)
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(InputError, _input_error_page)
    return app


def _install_sync(app: Flask, csrf: CSRFProtect, office: Office) -> None:
    """The tills' side: signed requests instead of cookies, hence no CSRF tokens."""
    blueprint = sync_blueprint(SyncServices(office.database, office.clock, office.set_repository))
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


def _refuse_odd_json() -> None:
    """JSON that is no object is no form; who reads it as one (the sign-in does) would break. The sync routes say so."""
    if (
        request.is_json
        and request.blueprint not in {"sync_api", "api"}
        and not isinstance(request.get_json(silent=True), dict)
    ):
        abort(400)


def _error_page(error: HTTPException) -> Response | tuple[str, int]:
    """A page in words; a bare sentence for htmx, which would put the page inside a page."""
    code = error.code or 500
    if api.is_api(request.path):
        return of_status(code)
    titles = {
        400: _("This request was not complete"),
        403: _("You may not do this"),
        404: _("There is nothing here"),
        405: _("This cannot be done here"),
        413: _("This file is too large"),
    }
    title = titles.get(code, _("Something went wrong"))
    if request.headers.get("HX-Request"):
        return title, code
    signed_in = load_actor() is not None
    # What the library says of the error is English, and for people who write programs: the title says it here.
    return render_template("error.html", title=title, code=code, signed_in=signed_in), code


def _input_error_page(error: InputError) -> tuple[str, int]:
    """What a form handler did not show beside its form: the same sentence on a page of its own."""
    if request.headers.get("HX-Request"):
        return str(error), 422
    title = _("This was not accepted")
    return render_template(
        "error.html", title=title, code=422, signed_in=load_actor() is not None, details=str(error)
    ), 422
