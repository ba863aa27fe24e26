"""Refusals as programs read them: RFC 9457 (Problem Details for HTTP APIs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from flask import Response

from backoffice.errors import InputError

MEDIA_TYPE: Final = "application/problem+json"
TITLES: Final[Mapping[str, str]] = {
    "invalid": "The request does not have the form that it needs",
    "token_missing": "A token is needed",
    "token_wrong": "The token is not known, expired or revoked",
    "scope_missing": "The token may not do this",
    "not_found": "There is no such thing",
    "method_not_allowed": "The address does not know this method",
    "conflict": "What is there stands in the way",
    "too_large": "The request is too large",
    "not_json": "The body must be JSON",
    "refused": "What was sent cannot be accepted",
    "key_missing": "This request needs an Idempotency-Key",
    "key_used": "The Idempotency-Key was used for another request",
    "too_many": "Too many requests",
    "failed": "The server failed",
}
"""Code → title, the same for every occurrence (RFC 9457, 3.1.4). A code is never given another meaning."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands in the answer. `field`: the field that is wrong, where it is one."""

    type: str
    title: str
    status: int
    detail: str = ""
    field: str = ""


class ProblemError(Exception):
    """A request is refused; becomes a Problem."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        field: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or TITLES[code])
        self.problem = Problem(type=f"/api/docs#{code}", title=TITLES[code], status=status, detail=detail, field=field)
        self.headers = dict(headers or {})


def refused(error: InputError) -> ProblemError:
    """What a service did not accept, in its own words."""
    return ProblemError(422, "refused", str(error), field=error.field)


def not_found(what: str) -> ProblemError:
    """There is no such thing in this organisation."""
    return ProblemError(404, "not_found", f"There is no such {what}.")


def answer(error: ProblemError) -> Response:
    """The refusal on the wire."""
    response = Response(msgspec.json.encode(error.problem), status=error.problem.status, content_type=MEDIA_TYPE)
    response.headers.update(error.headers)
    return response


CODES_OF_STATUS: Final[Mapping[int, str]] = {
    400: "invalid",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_json",
}


def of_status(status: int) -> Response:
    """The refusal for what the web framework itself refused."""
    code = CODES_OF_STATUS.get(status, "failed")
    return answer(ProblemError(status, code))
