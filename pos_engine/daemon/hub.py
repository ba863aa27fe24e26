"""A store's hub till: it lends the rights that it holds from the back-office to the other tills of the store.

`POST /hub/v1/rights` with a RightAsk, over TLS, under a token of the asking till. While the line to the back-office is
down, the tills of the store still have one place that knows which of them may use a coupon.
"""

from __future__ import annotations

import ssl
from http import HTTPStatus

import httpx
import msgspec
from flask import Blueprint, Response, request

from pos_engine.daemon.http_guard import HUB_PATH, Tokens, presented_token, read_token
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import need_identity
from pos_engine.journal.journal import Journal
from pos_engine.journal.rights_lent import LentRights
from pos_engine.rights.borrowing import Wish
from pos_engine.rights.lending import answer
from pos_engine.rights.wished import Wishes
from pos_engine.sync.client import LinkDownError, RefusedError
from pos_engine.wire.rights import RightAnswer, RightAsk
from pos_engine.wire.sync import ErrorAnswer

HUB = "hub"
"""The lender's name in the journals of the tills that borrow from it."""

ANSWER_BYTES_MAX = 1_000_000
TIMEOUT = httpx.Timeout(connect=1.0, read=3.0, write=3.0, pool=1.0)
"""Seconds: a machine in the same shop answers in milliseconds, or it is switched off."""


class HubDesk:
    """Answers the store's tills; what it lacks, it wishes for at the back-office."""

    def __init__(self, journal: Journal, wishes: Wishes) -> None:
        self._journal = journal
        self._wishes = wishes

    def answer(self, ask: RightAsk) -> RightAnswer | None:
        """The answer, durable before it is given. None: the back-office has not answered since this hub's start."""
        lacking: dict[str, Wish] = {}

        def step(connection: Connection) -> RightAnswer | None:
            lacking.clear()
            book = LentRights(connection, need_identity(connection), self._journal.boot_id, lacking.__setitem__)
            if book.ready:
                return answer(book, ask)
            lacking.update({want.right_id: Wish(want.units, want.campaign_id) for want in ask.wants})
            return None

        told = self._journal.write(step)
        self._wishes.add(lacking)
        return told


def hub_blueprint(desk: HubDesk, tokens: Tokens) -> Blueprint:
    """The one request. Who may ask was judged by the guard; here a till is kept to its own name."""
    blueprint = Blueprint("hub", __name__)

    @blueprint.post(HUB_PATH)
    def rights() -> Response:
        try:
            ask = msgspec.json.decode(request.get_data(cache=False), type=RightAsk)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            return _refused(HTTPStatus.BAD_REQUEST, "bad_document", f"The body is not a RightAsk: {error}")
        if ask.workstation_id != tokens.till_of(presented_token(request)):
            return _refused(HTTPStatus.FORBIDDEN, "foreign_workstation", "The token belongs to another till.")
        told = desk.answer(ask)
        if told is None:
            text = "The back-office has not answered since this hub was started."
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "hub_not_ready", text)
        return Response(msgspec.json.encode(told), mimetype="application/json")

    return blueprint


def _refused(status: HTTPStatus, code: str, text: str) -> Response:
    return Response(msgspec.json.encode(ErrorAnswer(code=code, text=text)), status, mimetype="application/json")


class HubLender:
    """Asks a hub: called with a request, it gives the answer. Used by one thread."""

    def __init__(self, url: str, certificate: str, token_file: str) -> None:
        """`certificate`: the hub's own, the only one that is believed. OSError, TokenFileError: a file is bad."""
        self._token = read_token(token_file)
        context = ssl.create_default_context(cafile=certificate or None)
        # trust_env is off: a proxy from the environment has no business inside the shop.
        self._http = httpx.Client(timeout=TIMEOUT, verify=context, trust_env=False, follow_redirects=False)
        self._address = url.rstrip("/") + HUB_PATH

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def __call__(self, ask: RightAsk) -> RightAnswer:
        """LinkDownError, RefusedError."""
        head = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            with self._http.stream("POST", self._address, content=msgspec.json.encode(ask), headers=head) as response:
                body = _bounded(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LinkDownError(f"{self._address}: {type(error).__name__} {error}".rstrip()) from error
        if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST}:
            raise RefusedError(response.status_code, "hub_refused", body[:200].decode(errors="replace"))
        try:
            return msgspec.json.decode(body, type=RightAnswer)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            text = f"{self._address}: HTTP {response.status_code}, no answer of a hub"
            raise LinkDownError(text) from error


def _bounded(response: httpx.Response) -> bytes:
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            raise LinkDownError(f"the hub's answer is longer than {ANSWER_BYTES_MAX} bytes")
    return body
