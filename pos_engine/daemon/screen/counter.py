"""What a cashier does beside sales, on the screen; whatever needs a PIN answers 401 until one is given.

`GET /screen/counter` what there is · `/screen/counter/<page>` its form · `POST /screen/counter/<act>` (and, as where no
PIN is asked, `POST /screen/reprint`) does it. The page's script asks for operator number and PIN when it is answered
401, and sends the same again with both.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from flask import Blueprint, Response, abort, render_template, request

from pos_engine import words
from pos_engine.checkout.account_moves import AccountRequest
from pos_engine.checkout.counter_acts import CounterActs
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.pins import PinProof
from pos_engine.checkout.screen import ScreenState
from pos_engine.core.bookings import POINTS, VALUE
from pos_engine.core.money import currency_exponent
from pos_engine.daemon.screen.speech import Speech
from pos_engine.daemon.screen.view import FoundRow, found_rows

REFUSED: Final = 409
PIN_WANTED: Final = 401
TEXT_MAX: Final = 200
AMOUNT_LENGTH_MAX: Final = 12
PAGES: Final = ("top_up", "correction", "find", "credit")

Act = Callable[[PinProof, Speech], object]
"""Answers a sentence, where the screen itself does not say what was done."""


def add_counter(blueprint: Blueprint, acts: CounterActs, screen: Callable[[], ScreenState]) -> None:
    """The pages and acts, as part of the screen's blueprint."""
    _add_pages(blueprint, acts, screen)
    does: dict[str, Act] = {
        "reprint": lambda proof, _: acts.reprint(_text("receipt_id"), proof),
        "void": lambda proof, _: acts.void(_text("sale_ref"), proof),
        "top_up": lambda proof, speech: acts.book(_booking("top_up", speech), proof),
        "correction": lambda proof, speech: acts.book(_booking("correction", speech), proof),
        "use_member": lambda _, __: acts.use_member(_text("member_id")),
        "allow_spending": lambda proof, _: acts.allow_spending(proof),
        "credit": lambda proof, speech: _credit(acts, proof, speech),
        "day_end": lambda proof, _: acts.day_end(proof.operator),
        "training_begin": lambda proof, _: acts.begin_training(proof),
        "training_end": lambda proof, _: acts.end_training(proof),
    }

    @blueprint.post("/screen/reprint", defaults={"name": "reprint"})
    @blueprint.post("/screen/counter/<name>")
    def act(name: str) -> Response:
        if name not in does:
            abort(404)
        state = screen()
        return _answer(lambda: does[name](_proof(state), Speech.of(state)))


def _add_pages(blueprint: Blueprint, acts: CounterActs, screen: Callable[[], ScreenState]) -> None:
    @blueprint.get("/screen/counter")
    def counter() -> str:
        state = screen()
        return render_template("screen/counter.html", state=state, t=Speech.of(state).text)

    @blueprint.get("/screen/counter/<page>")
    def form(page: str) -> str | Response:
        if page not in PAGES:
            abort(404)
        state = screen()
        speech = Speech.of(state)
        found: tuple[FoundRow, ...] = ()
        refusal = ""
        if page == "find" and request.args.get("phone"):
            try:
                found = found_rows(acts.find_members(request.args["phone"][:TEXT_MAX]))
            except CheckoutError as error:
                refusal = error.text
        return render_template(
            f"screen/{page}.html",
            state=state,
            t=speech.text,
            receipt_word=lambda name: words.text(f"receipt.{name}", state.language),
            reference=acts.new_reference() if page in {"top_up", "correction"} else "",
            receipt=state.scanned_receipt,
            found=found,
            refusal=refusal,
        )


def _credit(acts: CounterActs, proof: PinProof, speech: Speech) -> str:
    receipt_id = _text("receipt_id").strip()
    acts.credit_later(receipt_id, proof)
    return speech.text("credit_done", receipt=receipt_id)


def _proof(state: ScreenState) -> PinProof:
    """Who acts: as typed with the PIN, else the operator of the sale on the screen."""
    operator = request.form.get("operator", "")[:TEXT_MAX] or (state.sale.operator if state.sale else "")
    return PinProof(operator, request.form.get("pin", "")[:TEXT_MAX])


def _text(name: str) -> str:
    value = request.form.get(name, "")[:TEXT_MAX]
    if not value:
        abort(Response(f"The field {name} is missing.", 400, mimetype="text/plain"))
    return value


def _booking(kind: Literal["top_up", "correction"], speech: Speech) -> AccountRequest:
    unit = POINTS if kind == "correction" and request.form.get("unit") == POINTS else VALUE
    digits = 0 if unit == POINTS else currency_exponent(speech.currency)
    text = _text("amount")
    amount = _minor(text, digits)
    if amount is None:
        abort(Response(f"“{text}” is not an amount.", REFUSED, mimetype="text/plain"))
    reference = _text("reference")
    if kind == "correction":
        return AccountRequest(reference, "correction", amount, unit)
    tender = request.form.get("tender", "cash")
    return AccountRequest(reference, "top_up", amount, VALUE, tender if tender in {"cash", "card"} else "other")


def _minor(text: str, digits: int) -> int | None:
    """An amount as people type it, with a point or a comma; None when it is none, or has too many decimals."""
    cleaned = text.strip().replace("\N{MINUS SIGN}", "-").replace(",", ".")
    if len(cleaned) > AMOUNT_LENGTH_MAX:
        return None
    try:
        scaled = Decimal(cleaned).scaleb(digits)
    except InvalidOperation:
        return None
    return int(scaled) if scaled.is_finite() and scaled == scaled.to_integral_value() else None


def _answer(act: Callable[[], object]) -> Response:
    try:
        done = act()
    except CheckoutError as error:
        status = PIN_WANTED if error.code in {"pin_needed", "pin_refused"} else REFUSED
        return Response(error.text, status, mimetype="text/plain")
    return Response(done, mimetype="text/plain") if isinstance(done, str) else Response(status=204)
