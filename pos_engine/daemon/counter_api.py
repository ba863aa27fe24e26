"""What a cashier does beside sales, over HTTP, for a register or a program of the shop; a PIN where one is asked.

`POST /api/counter/void`, `/reprint`, `/top-up`, `/correction`, `/credit`, `/day-end`, `/training-begin`,
`/training-end` with JSON (`CounterRequest`). Answers are JSON; a refusal is status 409, a missing or wrong PIN 403,
both with `{"code", "text"}`, the text in the cashier's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
from flask import Blueprint, Response, request

from pos_engine.checkout.account_moves import AccountRequest
from pos_engine.checkout.counter_acts import CounterActs
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.pins import PinProof
from pos_engine.core.bookings import VALUE
from pos_engine.journal.errors import JournalError

UNUSABLE, PIN_WANTED, REFUSED = 400, 403, 409
TEXT_MAX: Final = 200

_Text = Annotated[str, msgspec.Meta(max_length=TEXT_MAX)]


class CounterRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked, and by whom.

    `reference`: the number of a top-up or correction, booked once. `amount`: minor units, or points where `unit` says
    so.
    """

    operator: _Text = ""
    pin: _Text = ""
    sale_ref: _Text = ""
    receipt_id: _Text = ""
    reference: _Text = ""
    amount: Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)] = 0
    unit: Literal["value", "points"] = "value"
    tender: _Text = "cash"


class CounterAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it; of a booking its receipt and the balance after it."""

    receipt_id: str = ""
    balance: int | None = None


Work = Callable[[CounterActs, CounterRequest, PinProof], CounterAnswer]


def counter_blueprint(acts: CounterActs) -> Blueprint:
    """The requests. The application it is mounted in guards who may ask."""
    blueprint = Blueprint("counter", __name__, url_prefix="/api/counter")
    for path, work in WORKS.items():
        blueprint.add_url_rule(path, path.strip("/"), partial(_answer, acts, work), methods=["POST"])
    return blueprint


def _answer(acts: CounterActs, work: Work) -> Response:
    try:
        wanted = msgspec.json.decode(request.get_data(cache=False), type=CounterRequest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return _json({"code": "message_invalid", "text": str(error)}, UNUSABLE)
    try:
        return _json(work(acts, wanted, PinProof(wanted.operator, wanted.pin)))
    except CheckoutError as error:
        status = PIN_WANTED if error.code in {"pin_needed", "pin_refused"} else REFUSED
        return _json({"code": error.code, "text": error.text}, status)
    except JournalError as error:
        return _json({"code": error.code, "text": error.text}, REFUSED)


def _void(acts: CounterActs, wanted: CounterRequest, proof: PinProof) -> CounterAnswer:
    acts.void(wanted.sale_ref, proof)
    return CounterAnswer()


def _reprint(acts: CounterActs, wanted: CounterRequest, proof: PinProof) -> CounterAnswer:
    acts.reprint(wanted.receipt_id, proof)
    return CounterAnswer(receipt_id=wanted.receipt_id)


def _top_up(acts: CounterActs, wanted: CounterRequest, proof: PinProof) -> CounterAnswer:
    return _book(acts, AccountRequest(wanted.reference, "top_up", wanted.amount, VALUE, wanted.tender), proof)


def _correction(acts: CounterActs, wanted: CounterRequest, proof: PinProof) -> CounterAnswer:
    return _book(acts, AccountRequest(wanted.reference, "correction", wanted.amount, wanted.unit), proof)


def _book(acts: CounterActs, booking: AccountRequest, proof: PinProof) -> CounterAnswer:
    if not booking.reference:
        raise CheckoutError("account_refused", "The booking needs a reference of its own, so that it is booked once.")
    booked = acts.book(booking, proof)
    return CounterAnswer(receipt_id=booked.receipt_id, balance=booked.balance)


def _credit(acts: CounterActs, wanted: CounterRequest, proof: PinProof) -> CounterAnswer:
    acts.credit_later(wanted.receipt_id, proof)
    return CounterAnswer(receipt_id=wanted.receipt_id)


def _day_end(acts: CounterActs, _wanted: CounterRequest, proof: PinProof) -> CounterAnswer:
    acts.day_end(proof.operator)
    return CounterAnswer()


def _training_begin(acts: CounterActs, _wanted: CounterRequest, proof: PinProof) -> CounterAnswer:
    acts.begin_training(proof)
    return CounterAnswer()


def _training_end(acts: CounterActs, _wanted: CounterRequest, proof: PinProof) -> CounterAnswer:
    acts.end_training(proof)
    return CounterAnswer()


WORKS: Mapping[str, Work] = {
    "/void": _void,
    "/reprint": _reprint,
    "/top-up": _top_up,
    "/correction": _correction,
    "/credit": _credit,
    "/day-end": _day_end,
    "/training-begin": _training_begin,
    "/training-end": _training_end,
}


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, mimetype="application/json")
