"""The pages of the cashier screen, as a Flask blueprint to be mounted at `/`.

`GET /` the page · `GET /events` server-sent events with the drawn screen · `GET /screen/receipts`, `/screen/parked`,
`/screen/reasons` lists · `POST /screen/offer`, `/screen/points`, `/screen/not-this-customer`, `/screen/park`,
`/screen/resume`, `/screen/reprint`, and `/screen/card-value` where cards carry value: what a tap does. Goods that come
back are in `returns.py`, what needs a PIN in `counter.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from flask import Blueprint, Response, abort, current_app, render_template, request

from pos_engine import words
from pos_engine.checkout.card_value import CardPayError
from pos_engine.checkout.card_window import CardWindow
from pos_engine.checkout.counter_acts import CounterActs
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.screen import ScreenState
from pos_engine.daemon.screen.counter import add_counter
from pos_engine.daemon.screen.feed import HEARTBEAT_S, ScreenFeed, TooManyClientsError
from pos_engine.daemon.screen.guard import harden, is_own_page
from pos_engine.daemon.screen.returns import add_returns
from pos_engine.daemon.screen.source import ReturnSource, ScreenSource
from pos_engine.daemon.screen.speech import Speech
from pos_engine.daemon.screen.view import ScreenView, parked_rows, reason_rows, receipt_rows, screen_view

RECEIPTS_MAX = 100
POINTS_DIGITS_MAX = 9
RETRY_MS = 1_000
"""How soon a browser comes back after the stream broke."""

TOO_MANY_SCREENS = 503
REFUSED = 409


def screen_blueprint(
    source: ScreenSource,
    feed: ScreenFeed,
    returns: ReturnSource | None = None,
    acts: CounterActs | None = None,
    *,
    heartbeat_s: float = HEARTBEAT_S,
) -> Blueprint:
    """The cashier screen over a checkout service. `returns`: who takes goods back; None: nobody does here.

    `acts`: what is done beside sales, with a PIN where one is asked; None: nothing is.

    The HTTP server needs `CLIENTS_MAX` threads more than it would need without: each open screen holds one.
    Close `feed` before the server stops. The application it is mounted in guards by which name it is reached.
    """
    blueprint = Blueprint(
        "screen", __name__, template_folder="templates", static_folder="static", static_url_path="/screen/static"
    )

    blueprint.before_request(_refuse_foreign_taps)
    blueprint.after_request(harden)
    with_returns = returns is not None
    shown = {"returns": with_returns, "acts": acts is not None}
    _add_pages(blueprint, source, shown)
    _add_stream(blueprint, feed, heartbeat_s, shown)
    _add_taps(blueprint, source)
    if acts is None:
        _add_reprint(blueprint, source)
    else:
        add_counter(blueprint, acts, source.screen)
    if returns is not None:
        add_returns(blueprint, returns, source.screen)
    return blueprint


def card_screen_blueprint(window: CardWindow) -> Blueprint:
    """`POST /screen/card-value`: what lies on the card that proved itself last; the screen says it."""
    blueprint = Blueprint("card_screen", __name__)

    blueprint.before_request(_refuse_foreign_taps)

    @blueprint.post("/screen/card-value")
    def card_value() -> Response:
        try:
            window.look()
        except CardPayError as error:
            return Response(words.text(f"card_value.{error.code}", window.language), REFUSED, mimetype="text/plain")
        return Response(status=204)

    return blueprint


def _refuse_foreign_taps() -> None:
    if request.method == "POST" and not is_own_page(request):
        abort(Response("Only the till's own page may do that.", 403, mimetype="text/plain"))


def _add_pages(blueprint: Blueprint, source: ScreenSource, shown: Mapping[str, bool]) -> None:
    @blueprint.get("/")
    def page() -> str:
        return render_template("screen/page.html", view=_view(source.screen()), **shown)

    @blueprint.get("/screen/receipts")
    def receipts() -> str:
        speech = Speech.of(source.screen())
        rows = receipt_rows(source.recent_receipts(RECEIPTS_MAX), speech)
        return render_template("screen/receipts.html", rows=rows, t=speech.text, **shown)

    @blueprint.get("/screen/reasons")
    def reasons() -> str:
        state = source.screen()
        return render_template("screen/reasons.html", rows=reason_rows(state), t=Speech.of(state).text)

    @blueprint.get("/screen/parked")
    def parked() -> str:
        state = source.screen()
        speech = Speech.of(state)
        return render_template("screen/parked.html", rows=parked_rows(state, speech), t=speech.text)


def _add_stream(blueprint: Blueprint, feed: ScreenFeed, heartbeat_s: float, shown: Mapping[str, bool]) -> None:
    @blueprint.get("/events")
    def events() -> Response:
        try:
            leave = feed.take_place()
        except TooManyClientsError:
            abort(Response("Too many screens are open; close one.", TOO_MANY_SCREENS, mimetype="text/plain"))
        # The template is looked up now: the stream outlives the request it began with.
        template = current_app.jinja_env.get_template("screen/live.html")
        draw = partial(template.render, **shown)
        stream = _stream(feed, heartbeat_s, lambda state: draw(view=_view(state)))
        response = Response(stream, mimetype="text/event-stream")
        # Not in the generator: a browser may go before the first byte, and then the generator never begins.
        response.call_on_close(leave)
        return response


def _add_taps(blueprint: Blueprint, source: ScreenSource) -> None:
    @blueprint.post("/screen/offer")
    def offer() -> Response:
        act = source.accept if _field("wanted") == "yes" else source.decline
        sale_ref, offer_id = _field("sale_ref"), _field("offer_id")
        return _answer(lambda: act(sale_ref, offer_id))

    @blueprint.post("/screen/points")
    def points() -> Response:
        sale_ref, wanted = _field("sale_ref"), _field("points")
        if not wanted.isdecimal() or len(wanted) > POINTS_DIGITS_MAX:
            abort(Response("The field points is not a whole number.", 400, mimetype="text/plain"))
        return _answer(lambda: source.use_points(sale_ref, int(wanted)))

    @blueprint.post("/screen/not-this-customer")
    def not_this_customer() -> Response:
        return _answer(source.send_customer_away)

    @blueprint.post("/screen/park")
    def park() -> Response:
        sale_ref = _field("sale_ref")
        return _answer(lambda: source.park(sale_ref))

    @blueprint.post("/screen/resume")
    def resume() -> Response:
        sale_ref = _field("sale_ref")
        return _answer(lambda: source.resume(sale_ref))


def _add_reprint(blueprint: Blueprint, source: ScreenSource) -> None:
    """Where nobody is asked for a PIN."""

    @blueprint.post("/screen/reprint")
    def reprint() -> Response:
        receipt_id, sale = _field("receipt_id"), source.screen().sale
        return _answer(lambda: source.reprint(receipt_id, sale.operator if sale else ""))


def _view(state: ScreenState) -> ScreenView:
    return screen_view(state, Speech.of(state))


def _field(name: str) -> str:
    value = request.form.get(name, "")
    if not value:
        abort(Response(f"The field {name} is missing.", 400, mimetype="text/plain"))
    return value


def _answer(act: Callable[[], object]) -> Response:
    """Do it; the new screen comes by the stream. A refusal is a sentence for the cashier."""
    try:
        act()
    except CheckoutError as error:
        return Response(error.text, REFUSED, mimetype="text/plain")
    return Response(status=204)


def _stream(feed: ScreenFeed, heartbeat_s: float, draw: Callable[[ScreenState], str]) -> Iterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    for state in feed.states(heartbeat_s):
        if state is None:
            yield ": still here\n\n"
        else:
            data = json.dumps({"language": state.language, "html": draw(state)})
            yield f"event: screen\nid: {state.version}\ndata: {data}\n\n"
