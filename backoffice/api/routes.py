"""The JSON interface over HTTP: who asks, how often, what is decoded, and that a repeated request is done once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from flask import Blueprint, Flask, Response, current_app, request
from flask_babel import force_locale
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import Session

from backoffice.api import (
    account_operations,
    approval_operations,
    coupon_run_operations,
    member_operations,
    message_operations,
    place_operations,
    problems,
    replay_operations,
    segment_operations,
    shop_operations,
    workshop_operations,
)
from backoffice.api.calls import Call, Operation
from backoffice.api.models import ApiAnswer, ApiToken
from backoffice.api.openapi import PREFIX, document
from backoffice.api.problems import ProblemError
from backoffice.api.rates import Rates
from backoffice.api.scopes import scopes_of
from backoffice.api.tokens import USED_STEP, find_token, note_use
from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.identity.throttle import WINDOW, Throttle
from backoffice.organisations.models import Organisation
from backoffice.web.context import office, read, write

OPERATIONS: Final = (
    *member_operations.OPERATIONS,
    *account_operations.OPERATIONS,
    *shop_operations.OPERATIONS,
    *approval_operations.OPERATIONS,
    *message_operations.OPERATIONS,
    *replay_operations.OPERATIONS,
    *segment_operations.OPERATIONS,
    *coupon_run_operations.OPERATIONS,
    *workshop_operations.OPERATIONS,
    *place_operations.OPERATIONS,
)
BODY_BYTES_MAX: Final = 65_536
"""The largest document has a few thousand characters."""
_KEY: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_EXTENSION: Final = "api_guards"


@dataclass(frozen=True)
class Guards:
    """What is counted in memory: requests per token, and wrong tokens per place."""

    rates: Rates
    wrong: Throttle


@dataclass(frozen=True)
class Asking:
    """Who asks."""

    token: ApiToken
    organisation: Organisation
    now: datetime


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Add the interface; programs bring no cookies, hence no form codes."""
    app.extensions[_EXTENSION] = Guards(Rates(), Throttle())
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    for operation in OPERATIONS:
        rule = operation.path.replace("{", "<").replace("}", ">")
        blueprint.add_url_rule(rule, operation.name, _view(operation), methods=[operation.method])
    told = msgspec.json.encode(document(OPERATIONS))
    blueprint.add_url_rule("/openapi.json", "openapi", lambda: Response(told, content_type="application/json"))
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


def is_api(path: str) -> bool:
    """Whether an address belongs to the interface, so that what is wrong with it is told as a problem."""
    return path.startswith(f"{PREFIX}/")


def _view(operation: Operation) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        try:
            with force_locale("en"):
                return _answered(operation, path)
        except ProblemError as refused:
            return problems.answer(refused)
        except InputError as refused:
            return problems.answer(problems.refused(refused))

    return view


def _answered(operation: Operation, path: dict[str, str]) -> Response:
    asking = _asking()
    if operation.scope not in scopes_of(asking.token.scopes):
        raise ProblemError(403, "scope_missing", f"This needs the scope {operation.scope}.")
    if any("\0" in value for value in path.values()):
        raise ProblemError(404, "not_found")
    call = Call(
        Doing(asking.organisation.organisation_id, f"api: {asking.token.name}", office().clock, office().ids),
        asking.organisation,
        scopes_of(asking.token.scopes),
        path,
        _query(operation),
        _body(operation),
    )
    if not operation.writes:
        with read() as reader:
            return _json(msgspec.json.encode(operation.work(reader, call)), operation.status)
    key = _idempotency_key(operation)
    sha256 = hashlib.sha256(
        b"\n".join((request.method.encode(), request.path.encode(), request.get_data()))
    ).hexdigest()
    return write(lambda tx: _done_once(tx, operation, call, asking, key, sha256))


def _asking() -> Asking:
    """Whose token it is. ProblemError 401, 429."""
    guards: Guards = current_app.extensions[_EXTENSION]
    now, place = office().clock.now(), f"from {request.remote_addr}"
    kind, _blank, text = request.headers.get("Authorization", "").partition(" ")
    if kind.casefold() != "bearer" or not text:
        raise ProblemError(401, "token_missing", headers={"WWW-Authenticate": "Bearer"})
    with read() as reader:
        token = find_token(reader, text.strip(), now)
        organisation = reader.get(Organisation, token.organisation_id) if token else None
    if token is None or organisation is None:
        if guards.wrong.must_wait(place, now):
            raise ProblemError(429, "too_many", headers={"Retry-After": str(int(WINDOW.total_seconds()))})
        guards.wrong.note_failure(place, now)
        raise ProblemError(401, "token_wrong", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    wait_s = guards.rates.take(token.token_id, now)
    if wait_s:
        raise ProblemError(429, "too_many", headers={"Retry-After": str(wait_s)})
    if token.last_used_at is None or now - token.last_used_at >= USED_STEP:
        write(lambda tx: note_use(tx, organisation.organisation_id, token.token_id, now))
    return Asking(token, organisation, now)


def _query(operation: Operation) -> Any:  # noqa: ANN401 - of the operation's type
    doubled = [name for name, values in request.args.lists() if len(values) > 1]
    if doubled:
        raise ProblemError(400, "invalid", f"{doubled[0][:80]!r} stands in the address twice.")
    try:
        return msgspec.convert(request.args.to_dict(), type=operation.query, strict=False)
    except msgspec.ValidationError as error:
        raise ProblemError(400, "invalid", str(error)) from error


def _body(operation: Operation) -> Any:  # noqa: ANN401 - of the operation's type
    if operation.body is None:
        return None
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise ProblemError(413, "too_large", f"A body has at most {BODY_BYTES_MAX} bytes.")
    if not request.is_json:
        raise ProblemError(415, "not_json", "Send Content-Type: application/json.")
    request.max_content_length = BODY_BYTES_MAX
    try:
        return msgspec.json.decode(request.get_data(), type=operation.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(400, "invalid", str(error)) from error


def _idempotency_key(operation: Operation) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not key and operation.keyed:
        raise ProblemError(400, "key_missing", "Make one up for each booking, and repeat it when no answer came.")
    if key and not _KEY.fullmatch(key):
        raise ProblemError(400, "invalid", "A key has 1 to 64 letters, digits, dots, colons, dashes.")
    return key


def _done_once(tx: Session, operation: Operation, call: Call, asking: Asking, key: str, sha256: str) -> Response:
    """Do it, or say what was answered before. The answer is kept in the transaction of what was done."""
    place = (call.organisation_id, asking.token.token_id, key)
    known = tx.get(ApiAnswer, place) if key else None
    if known is not None:
        if known.request_sha256 != sha256:
            raise ProblemError(422, "key_used", "Use a new key for a new request.")
        repeated = _json(known.body, known.status)
        repeated.headers["Idempotent-Replayed"] = "true"
        return repeated
    body = msgspec.json.encode(operation.work(tx, call))
    if key:
        tx.add(
            ApiAnswer(
                organisation_id=call.organisation_id,
                token_id=asking.token.token_id,
                idempotency_key=key,
                request_sha256=sha256,
                status=operation.status,
                body=body,
                at=asking.now,
            )
        )
    return _json(body, operation.status)


def _json(body: bytes, status: int) -> Response:
    return Response(body, status=status, content_type="application/json")
