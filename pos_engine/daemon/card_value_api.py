"""Value on cards over HTTP, for the register or whoever works the till.

`POST /api/card-value/look`, `/pay`, `/top-up`, `/give-back` with JSON `{"sale_ref", "card_id", "amount_minor"}`.
`sale_ref` is the till's name of a sale, as a quote tells it (`register-1/4711@2026-11-20`). `card_id` may be
left out: the card that proved its key last. Where the shop asks for PINs, a top-up needs `operator` and `pin`.
Answers are JSON; a refusal is status 409 with `{"code", "text"}`, the text in the cashier's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

import msgspec
from flask import Blueprint, Response, request

from pos_engine import words
from pos_engine.checkout.card_value import CardPayError, Moved
from pos_engine.checkout.card_window import CardWindow
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.pins import PinDesk, PinProof
from pos_engine.journal.errors import JournalError

REFUSED, UNUSABLE = 409, 400
AMOUNT_MINOR_MAX = 10_000_000
REFERENCE_MAX = 100

_Text = Annotated[str, msgspec.Meta(max_length=REFERENCE_MAX)]


class ValueRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked. `sale_ref`: the sale, or the top-up's own number."""

    sale_ref: _Text = ""
    card_id: _Text = ""
    amount_minor: Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MINOR_MAX)] = 0
    operator: _Text = ""
    pin: _Text = ""

    def proof(self) -> PinProof:
        """Who asks, and the PIN that shows it."""
        return PinProof(self.operator, self.pin)


class ValueAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    `balance_minor`: None when the move was found done at a later tap. `decided`: sales that were in doubt until this
    tap, with what became of them (done, undone, unclear).
    """

    card_id: str
    currency: str
    amount_minor: int = 0
    balance_minor: int | None = None
    move_id: str = ""
    decided: Mapping[str, str] = msgspec.field(default_factory=dict)


Work = Callable[[CardWindow, ValueRequest], ValueAnswer]


def card_value_blueprint(window: CardWindow, pins: PinDesk) -> Blueprint:
    """The four requests. The application it is mounted in guards who may ask; `pins`: who may put money on cards."""
    blueprint = Blueprint("card_value", __name__, url_prefix="/api/card-value")
    for path, work in WORKS.items():
        view = partial(_answer, window, pins if work is _top_up else None, work)
        blueprint.add_url_rule(path, path.strip("/"), view, methods=["POST"])
    return blueprint


def _answer(window: CardWindow, pins: PinDesk | None, work: Work) -> Response:
    try:
        wanted = msgspec.json.decode(request.get_data(cache=False), type=ValueRequest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return _json({"code": "message_invalid", "text": str(error)}, UNUSABLE)
    try:
        if pins is not None and pins.asked():
            pins.check(wanted.proof(), window.language)
        return _json(work(window, wanted))
    except CardPayError as error:
        return _refused(error.code, window.language)
    except CheckoutError as error:
        return _json({"code": error.code, "text": error.text}, REFUSED)
    except JournalError as error:
        return _json({"code": error.code, "text": error.text}, REFUSED)


def _look(window: CardWindow, wanted: ValueRequest) -> ValueAnswer:
    card_id = window.card(wanted.card_id)
    seen, decided = window.look(card_id)
    return ValueAnswer(
        card_id=card_id,
        currency=seen.currency,
        balance_minor=seen.balance_minor,
        decided={row.reference: row.state for row in decided},
    )


def _pay(window: CardWindow, wanted: ValueRequest) -> ValueAnswer:
    card_id = window.card(wanted.card_id)
    return _moved(window.pay(wanted.sale_ref, card_id, wanted.amount_minor, wanted.operator), card_id, window.currency)


def _top_up(window: CardWindow, wanted: ValueRequest) -> ValueAnswer:
    card_id = window.card(wanted.card_id)
    moved = window.top_up(wanted.sale_ref, card_id, wanted.amount_minor, wanted.operator)
    return _moved(moved, card_id, window.currency)


def _give_back(window: CardWindow, wanted: ValueRequest) -> ValueAnswer:
    card_id = window.card(wanted.card_id)
    return _moved(window.give_back(wanted.sale_ref, wanted.operator), card_id, window.currency)


def _moved(moved: Moved, card_id: str, currency: str) -> ValueAnswer:
    return ValueAnswer(
        card_id=card_id,
        currency=currency,
        amount_minor=moved.amount_minor,
        balance_minor=moved.balance_minor,
        move_id=moved.move_id,
    )


WORKS: Mapping[str, Work] = {"/look": _look, "/pay": _pay, "/top-up": _top_up, "/give-back": _give_back}


def _refused(code: str, language: str) -> Response:
    return _json({"code": code, "text": words.text(f"card_value.{code}", language)}, REFUSED)


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, mimetype="application/json")
