"""Requests bent by a test and then signed as a till signs its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from typing_extensions import override
from werkzeug.test import TestResponse

from backoffice.clock import Clock
from pos_engine.wire.http_signature import SignedRequest, signature_headers


class SigningClient(FlaskClient):
    """Flask's test client with a till's key. `signed_at`: another time than the clock's."""

    def __init__(self, app: Flask, signing_key: str, clock: Clock) -> None:
        super().__init__(app, app.response_class)
        self.signing_key = signing_key
        self.clock = clock
        self.signed_at: datetime | None = None
        self.last_headers: dict[str, str] = {}

    @override
    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        request = self._request_from_builder_args(args, kwargs)
        body = request.get_data()
        environ = request.environ
        signed = SignedRequest(
            request.method, environ["REQUEST_URI"].partition("?")[0], environ["QUERY_STRING"], {}, body or None
        )
        self.last_headers = signature_headers(signed, self.signing_key, self.signed_at or self.clock.now())
        headers = {**dict(request.headers), **self.last_headers}
        return super().open(
            environ["REQUEST_URI"], method=request.method, data=body, headers=headers, content_type=request.content_type
        )
