"""E-mails to a mail server over one connection, with the exact moment in which a doubt begins.

Up to the end of the message's text nothing was taken (RFC 5321, 4.1.1.4); a line that breaks after that leaves open
whether it was. A server's answer to a recipient (RCPT) is about that recipient, everything else about us.
"""

from __future__ import annotations

import smtplib
from contextlib import suppress
from email import policy
from typing import Final

from typing_extensions import override

from backoffice.errors import InputError
from backoffice.messaging.handover import (
    BusyError,
    EmailParcel,
    HandoverDoubtError,
    Line,
    LineDownError,
    MessageRefusedError,
    NoSuchAddressError,
    Parcel,
)
from backoffice.receipt_mail.smtp import open_connection

LAST_TEMPORARY: Final = 499
SERVICE_CLOSES: Final = 421  # RFC 5321, 3.8: the server ends the connection
TAKEN: Final = (250, 251)
POLICY: Final = policy.SMTP


class SmtpLine(Line):
    """A mail server; connected at the first message, and again after the connection broke."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._connection: smtplib.SMTP | None = None

    @override
    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError):  # the goodbye of a server that is gone
                connection.quit()
            connection.close()

    @override
    def hand_over(self, parcel: Parcel) -> str:
        assert isinstance(parcel, EmailParcel)  # noqa: S101 - each line gets its own channel's parcels
        connection = self._connected()
        try:
            self._address(connection, parcel)
        except OSError as error:  # every fault of smtplib is one: nothing was handed over yet
            self._drop()
            raise LineDownError(_words(error)) from error
        return self._data(connection, parcel)

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = open_connection(self._server_url)
                self._connection.ehlo_or_helo_if_needed()
            except (OSError, InputError) as error:
                self._drop()
                raise LineDownError(_words(error)) from error
        return self._connection

    def _drop(self) -> None:
        """Close without a goodbye: the connection is of no use any more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _address(self, connection: smtplib.SMTP, parcel: EmailParcel) -> None:
        """Sender and recipient. HandoverError; OSError when the line broke."""
        beyond_ascii = not (parcel.address.isascii() and parcel.return_path.isascii())
        if beyond_ascii and not connection.has_extn("smtputf8"):
            raise NoSuchAddressError("the mail server takes no addresses beyond ASCII (SMTPUTF8)")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if beyond_ascii else []
        code, said = connection.mail(parcel.return_path, options)
        if code not in TAKEN:
            self._reset(connection, code)
            raise LineDownError(_answer(code, said))
        code, said = connection.rcpt(parcel.address)
        if code in TAKEN:
            return
        self._reset(connection, code)
        if code <= LAST_TEMPORARY:
            raise BusyError(_answer(code, said))
        raise NoSuchAddressError(_answer(code, said))

    def _data(self, connection: smtplib.SMTP, parcel: EmailParcel) -> str:
        with_utf8 = POLICY.clone(utf8=not parcel.address.isascii())
        try:
            code, said = connection.data(parcel.message.as_bytes(policy=with_utf8))
        except smtplib.SMTPDataError as refused:  # DATA itself: not a byte of the message was taken
            self._reset(connection, refused.smtp_code)
            raise LineDownError(_answer(refused.smtp_code, refused.smtp_error)) from refused
        except OSError as error:
            self._drop()
            raise HandoverDoubtError(_words(error)) from error
        if code in TAKEN:
            return _answer(code, said)
        self._reset(connection, code)
        if code <= LAST_TEMPORARY:
            raise BusyError(_answer(code, said))
        raise MessageRefusedError(_answer(code, said))

    def _reset(self, connection: smtplib.SMTP, code: int) -> None:
        """Make the connection ready for the next message, or give it up."""
        try:
            if code != SERVICE_CLOSES and connection.rset()[0] in TAKEN:
                return
        except OSError:
            pass
        self._drop()


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    return str(error) or type(error).__name__
