"""An operation of the JSON interface, and one call of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
from sqlalchemy.orm import Session

from backoffice.api.documents import NoQuery
from backoffice.api.problems import ProblemError
from backoffice.api.scopes import Scope
from backoffice.audit.services import Doing
from backoffice.organisations.models import Organisation

Method = Literal["GET", "POST", "PATCH"]
CURSOR_TEXT_MAX: Final = 150


@dataclass(frozen=True)
class Call:
    """One request, decoded. `path`: variables of the address; `body` and `query`: of the operation's types."""

    doing: Doing
    organisation: Organisation
    scopes: frozenset[Scope]
    path: Mapping[str, str]
    query: Any
    body: Any

    @property
    def organisation_id(self) -> str:
        """The organisation that the token belongs to: every query is bound to it."""
        return self.doing.organisation_id


Work = Callable[[Session, Call], msgspec.Struct]


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked. `path`: with its variables in braces. `keyed`: only with an idempotency key."""

    name: str
    method: Method
    path: str
    summary: str
    scope: Scope
    work: Work
    answer: Any
    query: type[msgspec.Struct] = NoQuery
    body: type[msgspec.Struct] | None = None
    status: int = 200
    keyed: bool = False

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"


def cursor_of(*key: str) -> str:
    """Where a page ended, as programs hand it back: they need not know what it means."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def key_of(cursor: str, parts: int) -> tuple[str, ...] | None:
    """What a cursor of ours says; None for an empty one. ProblemError 400: it is none of ours."""
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = msgspec.json.decode(raw, type=tuple[str, ...])
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError, UnicodeDecodeError):
        key = ()
    if len(key) != parts or any(len(part) > CURSOR_TEXT_MAX or "\0" in part for part in key):
        raise ProblemError(400, "invalid", "The cursor is none of ours.", field="cursor")
    return key
