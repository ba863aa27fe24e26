"""Headers that keep a browser from doing more than our pages need, and answers from being kept by others."""

from __future__ import annotations

import hashlib
from typing import Final

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Everything from here, nothing inline; pictures as data too: Tabler's style sheet carries its small ones so."""


def install(app: Flask) -> None:
    """Add the headers to every answer of the application."""
    app.after_request(_harden)


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    kept = response.headers.get("Cache-Control", "")  # a polled page checks back, a public picture never changes
    if request.endpoint != "static" and "no-cache" not in kept and "immutable" not in kept:
        response.headers["Cache-Control"] = "no-store"
    return response


def with_etag(body: str) -> Response:
    """An answer for polling: 304 without a body when the page that asks already has exactly this."""
    response = Response(body, mimetype="text/html")
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response
