"""Goods that come back, on the cashier's screen.

`GET /screen/returns?find=…` the search · `GET /screen/return?receipt_id=…` a sale with its units · `GET
/screen/return/refund` what a choice would do · `POST /screen/return` the return itself, once for each `return_ref`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.originals import is_receipt_id
from pos_engine.checkout.requests import LINES_MAX, ReturnRequest
from pos_engine.checkout.screen import ScreenState
from pos_engine.core.returns import ReturnedLine
from pos_engine.daemon.screen.return_view import refund_view, sale_view
from pos_engine.daemon.screen.source import ReturnSource
from pos_engine.daemon.screen.speech import Speech
from pos_engine.daemon.screen.view import receipt_rows

LINE_FIELD: Final = "line-"
QUANTITY_DIGITS_MAX: Final = 4
FIND_MAX: Final = 200
REFUSED: Final = 409
WORDED: Final = frozenset({"receipt_unknown", "return_refused", "return_unreachable"})
"""Refusals with a sentence of their own in the catalogue; of others the checkout's text is shown."""

Result = TypeVar("Result")


def add_returns(blueprint: Blueprint, source: ReturnSource, screen: Callable[[], ScreenState]) -> None:
    """The pages of returns, as part of the screen's blueprint."""

    @blueprint.get("/screen/returns")
    def find_sale() -> str | Answer:
        wanted = request.args.get("find", "").strip()[:FIND_MAX]
        if is_receipt_id(wanted):
            return redirect(url_for(".choose_units", receipt_id=wanted))
        speech = Speech.of(screen())
        rows = receipt_rows(source.find_sales(wanted), speech)
        return render_template("screen/returns.html", rows=rows, wanted=wanted, t=speech.text)

    @blueprint.get("/screen/return")
    def choose_units() -> str | Response:
        speech = Speech.of(screen())
        receipt_id = request.args.get("receipt_id", "")[:FIND_MAX]
        return _or_refusal(
            speech,
            lambda: render_template(
                "screen/return.html",
                sale=sale_view(source.look_at_sale(receipt_id), speech),
                return_ref=source.new_return_ref(),
                t=speech.text,
            ),
        )

    @blueprint.get("/screen/return/refund")
    def refund() -> str | Response:
        speech = Speech.of(screen())
        wanted = _wanted(request.args.to_dict(), "")
        if not wanted.lines:
            return render_template("screen/refund.html", refund=None, t=speech.text)
        return _or_refusal(
            speech,
            lambda: render_template(
                "screen/refund.html", refund=refund_view(source.look_at_refund(wanted), speech), t=speech.text
            ),
        )

    @blueprint.post("/screen/return")
    def take_back() -> str | Response:
        state = screen()
        speech = Speech.of(state)
        wanted = _wanted(request.form.to_dict(), state.sale.operator if state.sale else "")
        if not wanted.lines or not wanted.return_ref:
            abort(Response("Lines and return_ref are needed.", 400, mimetype="text/plain"))

        def act() -> Response:
            closed = source.take_back(wanted)
            done = speech.text("return_done", refund=speech.money(closed.refund_minor))
            return Response(done, mimetype="text/plain")

        return _or_refusal(speech, act)


def _wanted(fields: Mapping[str, str], operator: str) -> ReturnRequest:
    """The return that the fields describe; 400 for a number that is none."""
    lines = []
    for name, value in list(fields.items())[: LINES_MAX + FIND_MAX]:
        if not name.startswith(LINE_FIELD) or not value:
            continue
        if not (value.isascii() and value.isdigit() and len(value) <= QUANTITY_DIGITS_MAX):
            abort(Response(f"The field {name} is not a whole number.", 400, mimetype="text/plain"))
        if int(value):
            lines.append(ReturnedLine(name.removeprefix(LINE_FIELD), int(value)))
    receipt_id, return_ref = fields.get("receipt_id", "")[:FIND_MAX], fields.get("return_ref", "")[:FIND_MAX]
    return ReturnRequest(return_ref, receipt_id, tuple(lines), operator)


def _or_refusal(speech: Speech, act: Callable[[], Result]) -> Result | Response:
    """Do it, or say why not in the till's language."""
    try:
        return act()
    except CheckoutError as error:
        text = speech.text(f"return_{error.code}") if error.code in WORDED else error.text
        return Response(text, REFUSED, mimetype="text/plain")
