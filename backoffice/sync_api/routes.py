"""`/sync/v1/*`: HTTP around the services of this package. Refusals are `{"code", "text"}`, never a page.

No cookie is looked at here and no session made: a till proves itself by the signature on every request, so that
cross-site requests have nothing to ride on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec
from flask import Blueprint, Response, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from backoffice.cashiers import actions as cashier_actions
from backoffice.clock import Clock
from backoffice.db import Database, asks_for_retry, run_in_tx
from backoffice.sync_api import (
    card_moves,
    card_rights,
    changes,
    enrolment,
    reconciliation,
    request_auth,
    returns,
    rights,
    tills,
    upload,
)
from backoffice.sync_api.errors import ApiError
from backoffice.sync_api.limits import BODY_BYTES_MAX, AttemptLimiter, inflate
from backoffice.sync_api.signed_sets import SetRepository
from backoffice.sync_api.signing import sign_published
from backoffice.sync_api.tills import Till
from pos_engine.wire.card_moves import CardMoveReport
from pos_engine.wire.card_rights import CardRightReport
from pos_engine.wire.cashiers import OperatorActionReport
from pos_engine.wire.enrolment import EnrolRequest
from pos_engine.wire.heartbeat import Heartbeat
from pos_engine.wire.http_signature import SignedRequest
from pos_engine.wire.reconcile import ReconcileRequest
from pos_engine.wire.returns import OriginalRequest
from pos_engine.wire.rights import RightAsk
from pos_engine.wire.sync import WIRE_VERSION, ChangePage, Envelope, ErrorAnswer, UploadBatch

CURSOR_MAX: Final = 2**53
SERVER_ERROR: Final = 500

_Document = TypeVar("_Document", bound=Envelope)
_Result = TypeVar("_Result")
_log = logging.getLogger(__name__)


class _VersionOnly(msgspec.Struct, frozen=True):
    wire_version: int = WIRE_VERSION


@dataclass(frozen=True)
class SyncServices:
    """What the routes need; the application makes it once."""

    database: Database
    clock: Clock
    repository: SetRepository


def sync_blueprint(services: SyncServices) -> Blueprint:
    """The blueprint to register; it needs no CSRF protection and must be exempt from it."""
    blueprint = Blueprint("sync_api", __name__, url_prefix="/sync/v1")
    _add_error_handlers(blueprint, services.clock)
    _add_up(blueprint, services)
    _add_down(blueprint, services)

    @blueprint.route("/", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @blueprint.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def unknown(rest: str) -> Response:
        raise ApiError(404, "unknown_request", f"There is no {request.method} /sync/v1/{rest[:200]}.")

    return blueprint


def _add_up(blueprint: Blueprint, services: SyncServices) -> None:
    limiter = AttemptLimiter()
    clock = services.clock

    @blueprint.post("/enrol")
    def enrol() -> Response:
        limiter.count(request.remote_addr or "", clock.now())
        document = _document(EnrolRequest)
        request_auth.require_possession(clock, _signed_request(), document.public_key)
        with services.database.read() as session:
            organisation_id = enrolment.open_code(session, clock, document.code).organisation_id
        root = services.repository.trusted_root(organisation_id, clock.now())
        return _answer(run_in_tx(services.database.write, lambda s: enrolment.enrol(s, clock, document, root)))

    @blueprint.post("/heartbeat")
    def heartbeat() -> Response:
        till = _till(services)
        beat = _document(Heartbeat)
        return _answer(run_in_tx(services.database.write, lambda s: tills.heartbeat(s, clock, till, beat)))

    @blueprint.post("/receipts")
    def receipts() -> Response:
        till = _till(services)
        batch = _document(UploadBatch)
        reads = upload.read_batch(till, batch)
        return _answer(run_in_tx(services.database.write, lambda s: upload.receive(s, clock, till, batch, reads)))

    @blueprint.post("/rights")
    def right_ask() -> Response:
        till = _till(services)
        ask = _document(RightAsk)
        return _answer(run_in_tx(services.database.write, lambda s: rights.answer_ask(s, clock, till, ask)))

    @blueprint.post("/card-moves")
    def moves_on_cards() -> Response:
        till = _till(services)
        report = _document(CardMoveReport)
        return _answer(run_in_tx(services.database.write, lambda s: card_moves.receive(s, clock, till, report)))

    @blueprint.post("/card-rights")
    def rights_on_cards() -> Response:
        till = _till(services)
        report = _document(CardRightReport)
        return _answer(run_in_tx(services.database.write, lambda s: card_rights.receive(s, clock, till, report)))

    @blueprint.post("/operator-actions")
    def acts_of_cashiers() -> Response:
        till = _till(services)
        report = _document(OperatorActionReport)
        return _answer(run_in_tx(services.database.write, lambda s: cashier_actions.receive(s, clock, till, report)))

    @blueprint.post("/original")
    def original() -> Response:
        return _answer(_read(services, lambda s, till: returns.original(s, till, _document(OriginalRequest))))

    @blueprint.post("/reconcile")
    def reconcile() -> Response:
        till = _till(services)
        document = _document(ReconcileRequest)
        return _answer(run_in_tx(services.database.write, lambda s: reconciliation.reconcile(s, clock, till, document)))


def _add_down(blueprint: Blueprint, services: SyncServices) -> None:
    @blueprint.get("/changes")
    def change_page() -> Response:
        def page(session: Session, till: Till) -> ChangePage:
            cursor, limit = _number("cursor", 0), _number("limit", changes.PAGE_ROWS_MAX)
            return changes.change_page(session, till.organisation_id, cursor, limit)

        return _answer(_read(services, page))

    def sign(session: Session, till: Till) -> Till:
        # A till that asks what is newest is the moment to notice that something was published and not signed yet.
        sign_published(session, services.clock, services.repository, till.organisation_id)
        return till

    @blueprint.get("/tuf/news")
    def signed_news() -> Response:
        till = _read(services, sign)
        known = _number("root", 0), _number("snapshot", 0), _number("targets", 0)
        return _answer(services.repository.news(till.organisation_id, *known))

    @blueprint.get("/tuf/metadata/<name>")
    def metadata(name: str) -> Response:
        till = _read(services, sign) if name == "timestamp.json" else _till(services)
        return _file(services.repository.metadata(till.organisation_id, name))

    @blueprint.get("/tuf/targets/<path:path>")
    def target(path: str) -> Response:
        till = _till(services)
        return _file(services.repository.target(till.organisation_id, till.store_id, path))


def _till(services: SyncServices) -> Till:
    """The till this request comes from. ApiError 401: it is not signed, or not by a till that may come in."""
    signed = _signed_request()
    # One question is one transaction by itself.
    with services.database.readers.connect() as connection:
        return request_auth.authenticate(connection, services.clock, signed)


def _signed_request() -> SignedRequest:
    """The request as it was signed: path and query as they travelled, the body as it came over the line."""
    return SignedRequest(
        method=request.method,
        path=quote(request.script_root + request.path, safe="/!$&'()*+,;=:@~"),
        query=request.query_string.decode("latin-1"),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=_body_as_sent() or None,
    )


def _read(services: SyncServices, work: Callable[[Session, Till], _Result]) -> _Result:
    """What `work` reads for the till that this request comes from, in the transaction that lets it in. ApiError 401."""
    signed = _signed_request()
    with services.database.read() as session:
        return work(session, request_auth.authenticate(session.connection(), services.clock, signed))


def _body_as_sent() -> bytes:
    """The body as it came over the line, within bounds. ApiError 413."""
    if request.content_length is not None and request.content_length > BODY_BYTES_MAX:
        raise ApiError(413, "too_large", f"The body has more than {BODY_BYTES_MAX} bytes.")
    request.max_content_length = BODY_BYTES_MAX  # a body of unstated length is cut off here too
    # not the stream itself: whoever looked for a signed-in user before us has read the body and left it in the cache
    body = request.get_data()
    if len(body) > BODY_BYTES_MAX:
        raise ApiError(413, "too_large", f"The body has more than {BODY_BYTES_MAX} bytes.")
    return body


def _body() -> bytes:
    """The body, unpacked, within bounds. ApiError 413, 400 or 415."""
    body = _body_as_sent()
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding == "gzip":
        return inflate(body)
    if encoding != "identity":
        raise ApiError(415, "encoding_unknown", f"The body is {encoding[:40]!r}; plain and gzip are understood.")
    return body


def _document(kind: type[_Document]) -> _Document:
    """The body as a document. ApiError 400: not JSON, not this document, or a newer version of it."""
    body = _body()
    try:
        document = msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        # A newer document may not even have the shape of ours: then its number is what there is to say of it.
        _require_known(_version_of(body))
        raise ApiError(400, "bad_document", f"The body is not a {kind.__name__}: {error}") from error
    _require_known(document.wire_version)
    return document


def _require_known(version: int) -> None:
    if not 1 <= version <= WIRE_VERSION:
        raise ApiError(
            400, "unknown_version", f"Wire version {version} is not understood here, 1 to {WIRE_VERSION} are."
        )


def _version_of(body: bytes) -> int:
    """The version of a body that cannot be read whole; ours where not even that can be read."""
    try:
        return msgspec.json.decode(body, type=_VersionOnly).wire_version
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return WIRE_VERSION


def _number(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= CURSOR_MAX):  # noqa: PLR2004 - digits of 2^53
        raise ApiError(400, "bad_number", f"{name} must be a whole number from 0 to {CURSOR_MAX}.")
    return int(text)


def _answer(document: msgspec.Struct, status: int = 200) -> Response:
    response = Response(msgspec.json.encode(document), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _file(data: bytes | None) -> Response:
    if data is None:
        raise ApiError(404, "no_such_file", "There is no such file for this till.")
    return Response(data, mimetype="application/json", headers={"Cache-Control": "no-store"})


def _add_error_handlers(blueprint: Blueprint, clock: Clock) -> None:
    @blueprint.errorhandler(ApiError)
    def refused(error: ApiError) -> Response:
        server_time = clock.now() if error.status == 401 else None  # noqa: PLR2004 - HTTP's number for "who are you?"
        response = _answer(ErrorAnswer(code=error.code, text=error.text, server_time=server_time), error.status)
        if error.status == 401:  # noqa: PLR2004
            response.headers["WWW-Authenticate"] = 'Signature realm="sync"'
        return response

    @blueprint.errorhandler(HTTPException)
    def from_framework(error: HTTPException) -> Response:
        status = error.code or SERVER_ERROR
        return _answer(ErrorAnswer(code=error.name.lower().replace(" ", "_"), text=error.description or ""), status)

    @blueprint.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        if isinstance(error, DBAPIError) and asks_for_retry(error):
            return _answer(ErrorAnswer(code="busy", text="The back-office is busy. Try again in a moment."), 503)
        _log.error("sync request %s failed", request.path, exc_info=error)
        return _answer(
            ErrorAnswer(code="fault", text="The back-office has a fault; it is on its record."), SERVER_ERROR
        )
