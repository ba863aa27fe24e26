"""Links to a member's own pages, good without signing in because nobody else can make one.

A link is the base64url of a MessagePack list and sixteen bytes of its HMAC-SHA256. It names the member by the random
id, and no address. What it opens is bound to its kind, organisation and member; the keys are the installation's
(`backoffice.vault`), so that every machine that shares the database reads it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from backoffice.vault import Vault

CODE_BYTES: Final = 16
TOKEN_LENGTH_MAX: Final = 600
PREFERENCES_LIFE: Final = timedelta(days=90)
FOR_EVER: Final = 0
"""Links to unsubscribe never end: an old message must be as good as a new one."""


class LinkKind(StrEnum):
    """What a link opens."""

    PREFERENCES = "p"
    UNSUBSCRIBE = "u"
    CONFIRM = "c"
    OWN_PAGE = "m"
    REPORT = "r"
    """Names a report that somebody of the staff gets, in place of a member."""


class Link(msgspec.Struct, frozen=True, array_like=True):
    """What a link says. `address_mark`: of the address it was sent to, 0 where it was handed out otherwise.

    `made_ms`: when it was made, in milliseconds since 1970; 0 where that does not matter.
    """

    kind: LinkKind
    organisation_id: str
    member_id: str
    expires_s: int
    address_mark: int = 0
    channel: str = ""
    purpose: str = ""
    request_id: str = ""
    made_ms: int = 0


class LinkError(Exception):
    """A link that opens nothing: `expired`, or cut off, changed, made up, or of another kind."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("expired" if expired else "not a link of ours")
        self.expired = expired


def signed(vault: Vault, link: Link) -> str:
    """The link as it stands in an address."""
    told = msgspec.msgpack.encode(link)
    return base64.urlsafe_b64encode(told + vault.link_code(told)[:CODE_BYTES]).rstrip(b"=").decode()


def read_link(vault: Vault, token: str, kind: LinkKind, now: datetime) -> Link:
    """What a link says. LinkError."""
    if len(token) > TOKEN_LENGTH_MAX:
        raise LinkError
    try:
        whole = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        told, code = whole[:-CODE_BYTES], whole[-CODE_BYTES:]
        if not hmac.compare_digest(code, vault.link_code(told)[:CODE_BYTES]):
            raise LinkError
        link = msgspec.msgpack.decode(told, type=Link)
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError):
        raise LinkError from None
    if link.kind is not kind:
        raise LinkError
    if link.expires_s != FOR_EVER and now.timestamp() >= link.expires_s:
        raise LinkError(expired=True)
    return link


def until(moment: datetime) -> int:
    """A moment as links carry it."""
    return int(moment.timestamp())
