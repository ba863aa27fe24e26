"""Messages that come back: which of ours they are about, and what they say.

A message is known by the address it came back to (VERP: `bounces+NAME@…`) or, where a mail service rewrites that, by
the Message-ID of the original inside. What it says: delivery status notifications (RFC 3464), the many forms of servers
that keep to no standard (flufl.bounce), and complaints (ARF, RFC 5965).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Final

from flufl.bounce import all_failures
from sqlalchemy.orm import Session

from backoffice.clock import Clock
from backoffice.ids import Ids
from backoffice.messaging.feedback import dispatch_of, heard
from backoffice.messaging.kinds import Event
from backoffice.messaging.tracking import read_name
from backoffice.vault import Vault, vault_of

BYTES_MAX: Final = 1_000_000
"""Of a bounce that is looked at: the original comes back whole, with its pictures where they are attached."""
PARTS_MAX: Final = 200
TO_HEADERS: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")  # RFC 3463
_PASSES_THOUGH_PERMANENT: Final = frozenset({("2", "2"), ("2", "3"), ("3", "1"), ("4", "7"), ("7", "3")})
"""Subject and detail of permanent codes about something that can end: mailbox full (x.2.2), message too long for it
(x.2.3), system full (x.3.1), delivery time expired (x.4.7), security conversion (x.7.3)."""


@dataclass(frozen=True)
class Bounce:
    """What a returned message is about. `words`: the server's."""

    dispatch_id: str
    event: Event
    words: str


def read_bounce(vault: Vault, raw: bytes, recipient: str = "") -> Bounce | None:
    """What a message to the bounce address says; None: it is not about one of ours, or says nothing (an auto-reply).

    `recipient`: the envelope's, where whoever hands it over knows it; it goes before every header.
    """
    try:
        return _read(vault, raw, recipient)
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return None  # the library's ways to say that what somebody sent is no message


def _read(vault: Vault, raw: bytes, recipient: str) -> Bounce | None:
    message = message_from_bytes(raw[:BYTES_MAX], policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - the policy says so
    dispatch_id = _named(vault, message, recipient)
    if dispatch_id is None:
        return None
    if _is_complaint(message):
        return Bounce(dispatch_id, Event.COMPLAINT, "complaint (feedback report)")
    found = _by_status(message)
    if found is not None:
        return None if found[0] is None else Bounce(dispatch_id, found[0], found[1])
    temporary, permanent = all_failures(message_from_bytes(raw[:BYTES_MAX]))
    if permanent:
        return Bounce(dispatch_id, Event.HARD_BOUNCE, _first_line(message))
    if temporary:
        return Bounce(dispatch_id, Event.SOFT_BOUNCE, _first_line(message))
    return None


def take_bounce(session: Session, clock: Clock, ids: Ids, raw: bytes, recipient: str = "") -> Event | None:
    """Read a returned message and note what it says; what that was, None: nothing of ours."""
    bounce = read_bounce(vault_of(session), raw, recipient)
    row = dispatch_of(session, bounce.dispatch_id) if bounce is not None else None
    if bounce is None or row is None:
        return None
    heard(session, clock, ids, row, bounce.event, words=bounce.words)
    return bounce.event


def _named(vault: Vault, message: EmailMessage, recipient: str) -> str | None:
    heads = [recipient, *(str(value) for name in TO_HEADERS for value in message.get_all(name, []))]
    for text in heads:
        dispatch_id = read_name(vault, "bounce", text)
        if dispatch_id is not None:
            return dispatch_id
    for part in _parts(message):
        if part.get_content_type() in {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers"}:
            dispatch_id = read_name(vault, "bounce", part.as_string(maxheaderlen=0)[:20_000])
            if dispatch_id is not None:
                return dispatch_id
    return None


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= PARTS_MAX:
            return
        yield part


def _is_complaint(message: EmailMessage) -> bool:
    reports = (part for part in _parts(message) if part.get_content_type() == "message/feedback-report")
    return any("abuse" in part.as_string().lower() for part in reports)


def _by_status(message: EmailMessage) -> tuple[Event | None, str] | None:
    """What the machine-readable part says, no event where the server goes on trying; None: there is no such part."""
    said: tuple[Event | None, str] | None = None
    for part in _parts(message):
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = [block for block in part.get_payload() if isinstance(block, Message)] if part.is_multipart() else []
        for block in blocks:
            action = str(block.get("Action", "")).strip().lower()
            code = STATUS.search(str(block.get("Status", "")))
            if not action or code is None:
                continue
            words = " ".join(str(block.get("Diagnostic-Code", "") or block.get("Status", "")).split())
            said = _event(action, code), words
            if said[0] is not None:
                return said
    return said


def _event(action: str, code: re.Match[str]) -> Event | None:
    if action == "delivered":
        return Event.DELIVERED
    if action != "failed":  # delayed, relayed, expanded: the server goes on by itself
        return None
    if code[1] == "4" or (code[2], code[3]) in _PASSES_THOUGH_PERMANENT:
        return Event.SOFT_BOUNCE
    return Event.HARD_BOUNCE


def _first_line(message: EmailMessage) -> str:
    return " ".join(str(message.get("Subject", "returned")).split())
