"""Who may use the local interfaces: programs on this machine, the till's own pages, and who has the token."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from flask import Request

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
REGISTER_PATH = "/nexo"
HUB_PATH = "/hub/v1/rights"
TOKEN_LENGTH_MIN = 32
"""Letters of a token; 32 random hexadecimal digits are 128 bits."""


class TokenFileError(Exception):
    """The token file cannot be used; the text says why."""


@dataclass(frozen=True)
class Tokens:
    """Who may speak. `till`: for everything; empty on loopback, where nothing is asked. `registers`: token → SaleID.

    `tills`: token → workstation of the tills that borrow rights from this one.
    """

    till: str = ""
    registers: Mapping[str, str] = field(default_factory=dict)
    tills: Mapping[str, str] = field(default_factory=dict)

    def admit(self, token: str) -> str | None:
        """The SaleID that may speak with this token, empty for any; None: nobody may."""
        found: str | None = None
        for known, sale_id in (*(((self.till, ""),) if self.till else ()), *self.registers.items()):
            if hmac.compare_digest(token.encode(), known.encode()):  # all are compared: time tells nothing
                found = sale_id
        return found

    def till_of(self, token: str) -> str | None:
        """The till of this store that has this token; None: none has."""
        found: str | None = None
        for known, workstation_id in self.tills.items():
            if hmac.compare_digest(token.encode(), known.encode()):
                found = workstation_id
        return found


@dataclass(frozen=True)
class Refusal:
    """An HTTP status and one plain sentence."""

    status: HTTPStatus
    text: str


def read_token(path: str) -> str:
    """The token in a file; empty when no file is named."""
    if not path:
        return ""
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TokenFileError(f"register.token_file: {path} cannot be read: {error}") from error
    if len(token) < TOKEN_LENGTH_MIN or not token.isprintable() or " " in token:
        raise TokenFileError(f"register.token_file: {path} needs one line of at least {TOKEN_LENGTH_MIN} characters")
    return token


def read_tokens(token_file: str, registers: Mapping[str, str], tills: Mapping[str, str]) -> Tokens:
    """All tokens of the configuration; `registers`: SaleID → file, `tills`: workstation → file.

    TokenFileError says which cannot be used.
    """
    single = {sale_id: read_token(path) for sale_id, path in registers.items()}
    borrowing = {workstation_id: read_token(path) for workstation_id, path in tills.items()}
    till = read_token(token_file)
    if len({till, *single.values(), *borrowing.values()}) != len(single) + len(borrowing) + 1:
        raise TokenFileError("register.tokens, hub.tills: two of them, or one and the till, have the same token")
    return Tokens(
        till,
        {token: sale_id for sale_id, token in single.items()},
        {token: workstation_id for workstation_id, token in borrowing.items()},
    )


def allowed_names(host: str, more: tuple[str, ...]) -> frozenset[str]:
    """Names that a Host header may hold: loopback, the address the daemon listens on, and what is configured."""
    own = f"[{host}]" if ":" in host else host
    unspecified = host != "localhost" and ipaddress.ip_address(host).is_unspecified
    return LOOPBACK_NAMES | frozenset(more) | (frozenset() if unspecified else frozenset({own}))


def refusal(request: Request, names: frozenset[str], tokens: Tokens) -> Refusal | None:
    """Why this request is not served; None when it is. A register's own token is good for its messages only.

    A foreign Host is another site's name that was pointed at this machine (DNS rebinding). A foreign Origin is another
    site's page. Registers and tools send no Origin.
    """
    if _host_name(request.host) not in names:
        return Refusal(HTTPStatus.FORBIDDEN, "The till is reached under its own address only.")
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        return Refusal(HTTPStatus.FORBIDDEN, "Pages of other sites may not use the till.")
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"} and request.method not in {"GET", "HEAD"}:
        return Refusal(HTTPStatus.FORBIDDEN, "Pages of other sites may not use the till.")
    if request.path.rstrip("/") == HUB_PATH:
        known = tokens.till_of(presented_token(request)) is not None
        return None if known else Refusal(HTTPStatus.UNAUTHORIZED, "This till is not among the hub's tills.")
    return _token_refusal(request, tokens) if tokens.till else None


def _token_refusal(request: Request, tokens: Tokens) -> Refusal | None:
    sale_id = tokens.admit(presented_token(request))
    if sale_id is None:
        return Refusal(HTTPStatus.UNAUTHORIZED, "The till's token is missing or wrong.")
    if sale_id and request.path.rstrip("/") != REGISTER_PATH:
        return Refusal(HTTPStatus.FORBIDDEN, f"This token is for the messages of register {sale_id} only.")
    return None


def presented_token(request: Request) -> str:
    """A request's token: `Bearer <token>` or X-API-Key (registers), the password of Basic (browsers ask the person)."""
    authorization = request.authorization
    if authorization is None:
        return request.headers.get("X-API-Key", "")
    if authorization.type == "bearer":
        return authorization.token or ""
    return (authorization.password or "") if authorization.type == "basic" else ""


def _host_name(host: str) -> str:
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
