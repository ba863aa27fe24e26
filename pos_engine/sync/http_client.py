"""The back-office over HTTP: signed requests, gzip both ways, bounded times and sizes, no redirects, no proxy.

A till's clock may be wrong by years. Signatures carry a time, so the till signs by its clock corrected by what the
back-office said of its own: a refusal for the time is answered once by signing again.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import TypeVar

import httpx
import msgspec
from typing_extensions import override

from pos_engine.ports.clock import Clock
from pos_engine.sync.client import BackOfficeClient, LinkDownError, RefusedError
from pos_engine.wire.card_moves import CardMoveAnswer, CardMoveReport
from pos_engine.wire.card_rights import CardRightAnswer, CardRightReport
from pos_engine.wire.cashiers import OperatorActionAnswer, OperatorActionReport
from pos_engine.wire.enrolment import EnrolAnswer, EnrolRequest
from pos_engine.wire.heartbeat import Heartbeat, HeartbeatAnswer
from pos_engine.wire.http_signature import SignedRequest, signature_headers
from pos_engine.wire.reconcile import ReconcileAnswer, ReconcileRequest
from pos_engine.wire.returns import OriginalAnswer, OriginalRequest
from pos_engine.wire.rights import RightAnswer, RightAsk
from pos_engine.wire.sync import ChangePage, ErrorAnswer, UploadAnswer, UploadBatch

TIMEOUT = httpx.Timeout(connect=5.0, read=20.0, write=20.0, pool=5.0)
"""Seconds. A back-office on the same machine answers in milliseconds, one behind a mobile line in seconds; a batch of
1 MB at 500 kbit/s takes 16 s uncompressed and about 3 s compressed."""

SHORT_TIMEOUT = httpx.Timeout(connect=2.0, read=5.0, write=5.0, pool=2.0)
"""Seconds. Where a customer waits for the answer."""

ANSWER_BYTES_MAX = 16 * 1024 * 1024
"""Longest answer that is read, after decompression: 32 times a full page of changes. More is an attack or a mistake."""

GZIP_FROM_BYTES = 1_024
"""Shorter bodies are sent plain: compressing them saves less than one network packet."""

FIELDS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "User-Agent": "pos-engine/1",
}
"""Header fields of every request."""

URLS_KEPT = 64
"""Addresses that are read once: a till asks for the same few all day."""

_Answer = TypeVar("_Answer", bound=msgspec.Struct)


class HttpBackOffice(BackOfficeClient):
    """One connection pool to one back-office. Used by one thread at a time."""

    def __init__(
        self, clock: Clock, transport: httpx.BaseTransport | None = None, timeout: httpx.Timeout = TIMEOUT
    ) -> None:
        """`transport` replaces the network (a fault injector in tests, a Unix socket); None: plain HTTP(S)."""
        self._clock = clock
        self._offset = timedelta()
        # What httpx has under its client: nothing here wants cookies, redirects or sign-ins, and each contact would pay
        # for them. trust_env is off because a proxy from the environment would read the shop's receipts.
        self._transport = transport or httpx.HTTPTransport(
            trust_env=False, limits=httpx.Limits(max_connections=2, max_keepalive_connections=1)
        )
        self._extensions = {"timeout": timeout.as_dict()}
        self._url = ""
        self._signing_key = ""

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    @override
    def point_at(self, url: str, signing_key: str) -> None:
        self._url = url.rstrip("/")
        self._signing_key = signing_key

    @override
    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        return self._post("enrol", request, EnrolAnswer)

    @override
    def heartbeat(self, beat: Heartbeat) -> HeartbeatAnswer:
        return self._post("heartbeat", beat, HeartbeatAnswer)

    @override
    def changes(self, cursor: int, limit: int) -> ChangePage:
        body = b"".join(self._request("GET", f"changes?cursor={cursor}&limit={limit}"))
        return _decode(body, ChangePage)

    @override
    def upload(self, batch: UploadBatch) -> UploadAnswer:
        return self._post("receipts", batch, UploadAnswer)

    @override
    def reconcile(self, request: ReconcileRequest) -> ReconcileAnswer:
        return self._post("reconcile", request, ReconcileAnswer)

    @override
    def rights(self, ask: RightAsk) -> RightAnswer:
        return self._post("rights", ask, RightAnswer)

    @override
    def card_moves(self, report: CardMoveReport) -> CardMoveAnswer:
        return self._post("card-moves", report, CardMoveAnswer)

    @override
    def card_rights(self, report: CardRightReport) -> CardRightAnswer:
        return self._post("card-rights", report, CardRightAnswer)

    @override
    def operator_actions(self, report: OperatorActionReport) -> OperatorActionAnswer:
        return self._post("operator-actions", report, OperatorActionAnswer)

    @override
    def original(self, request: OriginalRequest) -> OriginalAnswer:
        return self._post("original", request, OriginalAnswer)

    @override
    def download(self, path: str) -> Iterator[bytes]:
        return self._request("GET", path)

    def _post(self, path: str, document: msgspec.Struct, answer: type[_Answer]) -> _Answer:
        content = msgspec.json.encode(document)
        headers = {"Content-Type": "application/json"}
        if len(content) >= GZIP_FROM_BYTES:
            content = gzip.compress(content, compresslevel=6, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return _decode(b"".join(self._request("POST", path, content, headers)), answer)

    def _request(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[bytes]:
        """Send one request and yield the body of a good answer; bad ones become LinkDownError or RefusedError."""
        try:
            yield from self._send(method, path, content, headers)
        except RefusedError as error:
            if error.code != "signature_time" or error.server_time is None:
                raise
            self._offset = error.server_time - self._clock.now()
            yield from self._send(method, path, content, headers)

    def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str] | None
    ) -> Iterator[bytes]:
        try:
            url = _url_of(f"{self._url}/sync/v1/{path}")
            fields = {**FIELDS, **(headers or {}), **self._signature(method, url, content)}
            request = httpx.Request(method, url, headers=fields, content=content, extensions=self._extensions)
            response = self._transport.handle_request(request)
            with closing(response):
                if response.status_code != HTTPStatus.OK:
                    _raise_for(response.status_code, b"".join(_bounded(response)))
                yield from _bounded(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LinkDownError(f"{self._url}: {type(error).__name__} {error}".rstrip()) from error

    def _signature(self, method: str, url: httpx.URL, content: bytes | None) -> dict[str, str]:
        if not self._signing_key:
            raise RefusedError(
                HTTPStatus.UNAUTHORIZED,
                "key_missing",
                "This till was enrolled before tills signed their requests. It keeps selling; enrol it again under "
                "its name to exchange data.",
            )
        path, _, query = url.raw_path.decode("ascii").partition("?")
        signed = SignedRequest(method, path, query, {}, content or None)
        return signature_headers(signed, self._signing_key, self._now())

    def _now(self) -> datetime:
        """The back-office's time as far as this till knows it; the till's own where the sum is beyond all calendars."""
        try:
            return self._clock.now() + self._offset
        except OverflowError:
            return self._clock.now()


@lru_cache(maxsize=URLS_KEPT)
def _url_of(text: str) -> httpx.URL:
    return httpx.URL(text)


def _bounded(response: httpx.Response) -> Iterator[bytes]:
    length = 0
    for piece in response.iter_bytes():
        length += len(piece)
        if length > ANSWER_BYTES_MAX:
            raise LinkDownError(f"the answer is longer than {ANSWER_BYTES_MAX} bytes")
        yield piece


def _raise_for(status: int, body: bytes) -> None:
    """Turn a bad status into the right error: only a 4xx in our own words is a refusal, a sign-in page is not."""
    try:
        answer = msgspec.json.decode(body, type=ErrorAnswer)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise LinkDownError(f"HTTP {status} without an explanation: not the back-office?") from error
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS:
        raise RefusedError(status, answer.code, answer.text, answer.server_time)
    raise LinkDownError(f"HTTP {status}: {answer.code}: {answer.text}")


def _decode(body: bytes, answer: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(body, type=answer)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise LinkDownError(f"the answer is not a {answer.__name__}: {error}") from error
