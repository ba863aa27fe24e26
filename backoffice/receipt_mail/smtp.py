"""A mail server by its address, and one message through it: bounded waits, encryption unless said otherwise.

smtps://user:password@mail.example.org:465      encrypted from the first byte
smtp://user:password@mail.example.org:587       encrypted by STARTTLS, or not at all used
smtp+plain://127.0.0.1:25                       a server on this machine, without encryption
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from backoffice.errors import InputError

TIMEOUT_S: Final = 20.0
PORTS: Final = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
TRY_LATER_FROM, TRY_LATER_BEFORE = 400, 500  # RFC 5321, 4.2.1: 4yz is a trouble that passes


class MailDelayedError(InputError):
    """The server cannot take the message now; later it may."""


class MailInDoubtError(MailDelayedError):
    """The line broke after the message was begun and before the server answered: it may have it, or not."""


def send(server_url: str, message: EmailMessage) -> None:
    """Hand the message to the server. InputError says why it was not taken."""
    parts = _parsed(server_url)
    where = f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}"
    begun = taken = False
    try:
        with _connected(parts) as connection:
            begun = True
            connection.send_message(message)
            taken = True
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        text = f"{where} does not take mail for {message['To']}: {_words(error)}"
        raise (MailDelayedError if _passes(code) else InputError)(text) from error
    except (OSError, smtplib.SMTPException) as error:
        if taken:  # whatever went wrong in taking leave
            return
        # what is no answer of the server (it is off, the line was cut) passes as well; SMTPException is an OSError
        refused = isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPNotSupportedError)
        for_good = refused and not _passes(getattr(error, "smtp_code", 0))
        text = f"The mail server {where} did not take the message: {_words(error)}"
        if begun and not refused:
            raise MailInDoubtError(text) from error
        raise (InputError if for_good else MailDelayedError)(text) from error


def open_connection(server_url: str) -> smtplib.SMTP:
    """A connection that is encrypted and signed in as the address says. InputError: no such address; OSError."""
    return _connected(_parsed(server_url))


def _parsed(server_url: str) -> SplitResult:
    parts = urlsplit(server_url)
    try:
        known = parts.scheme in PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise InputError("The mail server's address must be like smtp://user:password@mail.example.org:587")
    return parts


def _connected(parts: SplitResult) -> smtplib.SMTP:
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    if parts.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    else:
        connection = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    try:
        if parts.scheme == "smtp":
            connection.starttls(context=ssl.create_default_context())
        if parts.username:
            connection.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        connection.close()
        raise
    return connection


def _passes(code: int) -> bool:
    return TRY_LATER_FROM <= code < TRY_LATER_BEFORE


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return f"{code} {text.decode('utf-8', 'replace')}"
    if isinstance(error, smtplib.SMTPResponseException):
        said: bytes | str = error.smtp_error
        return f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
    return str(error) or type(error).__name__
