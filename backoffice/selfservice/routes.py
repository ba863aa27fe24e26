"""The member's own page: what is on the account, what can be used, where it was used; and a card that is lost.

A GET only shows, because mail programs and scanners open every link. Nobody is signed in here.
"""

from __future__ import annotations

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import force_locale
from flask_wtf.csrf import CSRFProtect

from backoffice.consent.links import Link, LinkKind, signed, until
from backoffice.consent.mails import ready_to_mail
from backoffice.i18n import gettext as _
from backoffice.identity.throttle import Throttle
from backoffice.members.services import cards_of, set_card_state
from backoffice.organisations.models import Organisation
from backoffice.organisations.services import stores_of
from backoffice.reports.receipts import load_receipt
from backoffice.selfservice.asking import TooManyAskedError, ask_for_link
from backoffice.selfservice.data_routes import own_data
from backoffice.selfservice.links import ASKED_LIFE, OWN_PAGES
from backoffice.selfservice.overview import overview
from backoffice.selfservice.visit import COOKIE, guard, page, remember, sent_visit, visit, visit_by
from backoffice.sync_api.returns import sale_key
from backoffice.vault import vault_of
from backoffice.web.context import office, read, write

own_pages = Blueprint("own_pages", __name__, template_folder="templates", url_prefix=OWN_PAGES)

guard(own_pages)


@own_pages.get("/<token>")
def open_page(token: str) -> Response:
    """A link is followed: it moves into a cookie, and out of the address."""
    visit_by(token)
    return remember(redirect(url_for("own_pages.home"), 303), token)  # type: ignore[arg-type]  # Flask's own answer


@own_pages.get("/")
def home() -> Response:
    """Balances, tier, coupons, offers, cards and the last receipts."""
    of = visit()
    with force_locale(of.language), read() as reader:
        shown = overview(reader, of.member, of.today, of.organisation.currency, of.language)
        choices = Link(
            LinkKind.PREFERENCES,
            of.link.organisation_id,
            of.link.member_id,
            until(office().clock.now() + ASKED_LIFE),
            of.link.address_mark,
        )
        preferences_token = signed(vault_of(reader), choices)
    return page(
        of,
        "selfservice/home.html",
        shown=shown,
        preferences_token=preferences_token,
        blocked=request.args.get("blocked", ""),
    )


@own_pages.get("/receipts/<workstation_id>/<int:epoch>/<int:seq>")
def receipt(workstation_id: str, epoch: int, seq: int) -> Response:
    """One of the member's receipts as it was printed."""
    of, key = visit(), sale_key(f"{workstation_id}:{epoch}:{seq}")
    if key is None or "\0" in workstation_id:
        abort(404)
    with read() as reader:
        found = load_receipt(reader, of.link.organisation_id, (key.workstation_id, key.epoch, key.seq), of.language)
        stores = {store.store_id: store for store in stores_of(reader, of.link.organisation_id)}
    if found is None or found.row.member_id != of.member.member_id:
        abort(404)
    store = stores.get(found.row.store_id)
    paper = found.paper(
        of.organisation.name,
        store.name if store else found.row.store_id,
        store.zone if store else of.zone,
        of.person.greeting,
        of.language,
    )
    return page(of, "selfservice/receipt.html", paper=paper, row=found.row)


@own_pages.post("/cards/<card_id>/lost")
def card_lost(card_id: str) -> Response:
    """Block a card of the member's everywhere; the shop sees it and gives a new one."""
    of = sent_visit()
    with read() as reader:
        cards = {card.card_id: card for card in cards_of(reader, of.link.organisation_id, of.member.member_id)}
    if card_id not in cards:
        abort(404)
    if cards[card_id].state == "active":
        write(lambda tx: set_card_state(tx, of.doing, card_id, "blocked").state)
    return redirect(url_for("own_pages.home", blocked=card_id, _anchor="cards"), 303)  # type: ignore[return-value]


@own_pages.post("/leave")
def leave() -> Response:
    """Close the page on this device."""
    of = sent_visit()
    answer = page(of, "selfservice/left.html")
    answer.delete_cookie(COOKIE, path=OWN_PAGES)
    return answer


@own_pages.route("/ask/<organisation_id>", methods=["GET", "POST"])
def ask(organisation_id: str) -> Response:
    """Asking for a link by typing an address; the answer does not say whether it is known."""
    with read() as reader:
        organisation = reader.get(Organisation, organisation_id) if "\0" not in organisation_id else None
    if organisation is None:
        abort(404)
    asked, refused, status = request.method == "POST", "", 200
    if asked:
        refused, status = _take_question(organisation_id)
    shown = render_template(
        "selfservice/ask.html",
        shop=organisation.name,
        asked=asked and not refused,
        error=refused,
        may_ask=ready_to_mail(office().settings),
    )
    return make_response(shown, status)


def _take_question(organisation_id: str) -> tuple[str, int]:
    """Write the question down; why not, where it is not taken, and the status of the answer."""
    now, place = office().clock.now(), f"from {request.remote_addr}"
    throttle: Throttle = current_app.extensions["own_link_throttle"]
    too_often = (_("Too many links were asked for. Try again in a few minutes."), 429)
    if throttle.must_wait(place, now):
        return too_often
    throttle.note_failure(place, now)
    address = request.form.get("email", "")
    if "@" not in address:
        return _("Type your e-mail address."), 422
    try:
        write(lambda tx: ask_for_link(tx, office().ids, organisation_id, address, now))
    except TooManyAskedError:
        return too_often
    return "", 200


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Add the pages, and who asked for links lately: one per application. Their forms carry a code of their own."""
    app.extensions["own_link_throttle"] = Throttle()
    for blueprint in (own_pages, own_data):
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
