"""What the screen's pages ask of a browser, beyond what the whole local interface asks (see `http_guard`)."""

from __future__ import annotations

from flask import Request, Response

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; "  # the pictures of form controls inside Pico's style sheet
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def is_own_page(request: Request) -> bool:
    """Whether a request that changes something was sent by a page that came from here.

    Browsers name the page's origin on every such request. Registers and tools have interfaces of their own.
    """
    return request.headers.get("Origin") == request.host_url.rstrip("/")


def harden(response: Response) -> Response:
    """Headers that keep a page to itself; live pages are never kept by the browser."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
