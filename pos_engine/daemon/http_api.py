"""The till's HTTP application: the register's messages, the cashier screen, and a small API to look at the till.

`POST /nexo` · `GET /api/status` · `GET /api/receipts` · the screen's own routes. Every answer of `/api` is JSON; errors
are `{"code", "text"}`.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import msgspec
from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from pos_engine.daemon.http_guard import REGISTER_PATH, Refusal, Tokens, presented_token, refusal
from pos_engine.daemon.status import ReceiptRow, TillStatus
from pos_engine.registers.nexo.codec import BODY_BYTES_MAX
from pos_engine.registers.nexo.endpoint import NexoEndpoint

RECEIPTS_MAX = 100
"""The last hundred can be looked at and printed again."""

_JSON = "application/json"
_ENCODER = msgspec.json.Encoder()


def create_app(
    endpoint: NexoEndpoint,
    status: Callable[[], TillStatus],
    receipts: Callable[[int], tuple[ReceiptRow, ...]],
    names: frozenset[str],
    tokens: Tokens,
    pages: tuple[Blueprint, ...] = (),
) -> Flask:
    """The application. `names`: what a Host header may say; `tokens`: who may speak; nothing is asked on loopback."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    app.url_map.strict_slashes = False

    @app.before_request
    def guard() -> Response | None:
        refused = refusal(request, names, tokens)
        return None if refused is None else _refused(refused)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.errorhandler(HTTPException)
    def plain(error: HTTPException) -> Response:
        status_code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        if isinstance(error.response, Response):
            return error.response  # a part of the application has already said it in its own words
        return _json({"code": error.name.lower().replace(" ", "_"), "text": error.description}, status_code)

    @app.post(REGISTER_PATH)
    def nexo() -> Response:
        sale_id = (tokens.admit(presented_token(request)) or "") if tokens.till else ""
        answer = endpoint.handle(request.get_data(cache=False), sale_id)
        return Response(answer.body, answer.status, mimetype=_JSON)

    @app.get("/api/status")
    def api_status() -> Response:
        return _json(status())

    @app.get("/api/receipts")
    def api_receipts() -> Response:
        limit = request.args.get("limit", default=RECEIPTS_MAX, type=int)
        return _json({"receipts": receipts(max(0, min(limit, RECEIPTS_MAX)))})

    for blueprint in pages:
        app.register_blueprint(blueprint)
    return app


def _refused(refused: Refusal) -> Response:
    response = _json({"code": refused.status.name.lower(), "text": refused.text}, refused.status)
    if refused.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Basic realm="till", charset="UTF-8"'
    return response


def _json(body: object, status: int = HTTPStatus.OK) -> Response:
    return Response(_ENCODER.encode(body), status, mimetype=_JSON)
