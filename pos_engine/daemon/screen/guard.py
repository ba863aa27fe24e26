"""Who may use the screen's pages: browsers of this machine, on pages that came from here."""

from __future__ import annotations

from flask import Request, Response

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; "  # the pictures of form controls inside Pico's style sheet
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def host_name(request: Request) -> str:
    """The Host header without its port."""
    host = request.host
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]


def refusal(request: Request, names: frozenset[str]) -> str:
    """Why this request must not be served; empty when it may be.

    A foreign Host is another site's name that was pointed at this machine (DNS rebinding); a foreign or missing
    Origin on a request that changes something is another site's page.
    """
    if host_name(request) not in names:
        return "This page is served under the till's own address only."
    if request.method in {"GET", "HEAD"}:
        return ""
    if request.headers.get("Origin") != request.host_url.rstrip("/"):
        return "Only the till's own page may do that."
    return ""


def harden(response: Response) -> Response:
    """Headers that keep a page to itself; live pages are never kept by the browser."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
