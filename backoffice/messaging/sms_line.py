"""SMS through Twilio, by its own client library.

The provider's address is `twilio://ACCOUNT:TOKEN@api.twilio.com?from=+4915123456` (or `from=MG…`, a messaging service).
`twilio+plain://…@127.0.0.1:8025?…` is a stand-in on this machine, reached without encryption.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from typing_extensions import override

from backoffice.errors import InputError
from backoffice.messaging.handover import (
    BlockedError,
    BusyError,
    HandoverDoubtError,
    Line,
    LineDownError,
    MessageRefusedError,
    NoSuchAddressError,
    Parcel,
    SmsParcel,
)

TIMEOUT_S: Final = 20.0
SCHEMES: Final = {"twilio": "https", "twilio+plain": "http"}
SERVICE_PREFIX: Final = "MG"
# Twilio's error codes (their REST API error dictionary)
SAID_STOP: Final = frozenset({21610})
NO_SUCH_NUMBER: Final = frozenset({21211, 21214, 21217, 21612, 21614})
TOO_MANY: Final = 429
NOT_OURS: Final = frozenset({401, 403})
SERVER_FAULT_FROM: Final = 500


@dataclass(frozen=True)
class SmsAccount:
    """Where and as whom SMS are sent. `base`: scheme and host of the provider's interface."""

    base: str
    account: str
    token: str
    sender: str

    def signed_by_provider(self, url: str, fields: dict[str, str], signature: str) -> bool:
        """Whether a callback to `url` (as the provider knows it, not as a proxy shows it) comes from the provider."""
        return bool(RequestValidator(self.token).validate(url, fields, signature))


def account_of(provider_url: str) -> SmsAccount:
    """The account that a provider's address names. InputError: it is none."""
    parts = urlsplit(provider_url)
    sender = parse_qs(parts.query).get("from", [""])[0].replace(" ", "+")  # a + in a query is a blank
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme not in SCHEMES or not (host and parts.username and parts.password and sender):
        raise InputError("The SMS provider's address must be like twilio://ACCOUNT:TOKEN@api.twilio.com?from=+49…")
    return SmsAccount(f"{SCHEMES[parts.scheme]}://{host}", unquote(parts.username), unquote(parts.password), sender)


class _Redirected(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """Twilio's client, whose requests go to the host of the settings."""

    def __init__(self, base: str) -> None:
        # not kept alive and not repeated: a request that may have been carried out must not be sent again
        super().__init__(pool_connections=True, timeout=TIMEOUT_S, max_retries=0)
        self._base = urlsplit(base)

    @override
    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        wanted = urlsplit(url)
        there = urlunsplit((self._base.scheme, self._base.netloc, wanted.path, wanted.query, ""))
        return super().request(method, there, *args, **kwargs)


class TwilioLine(Line):
    """Hands SMS to Twilio, one request each."""

    def __init__(self, account: SmsAccount) -> None:
        self._account = account
        self._http = _Redirected(account.base)
        self._client = Client(account.account, account.token, http_client=self._http)

    @override
    def close(self) -> None:
        if self._http.session is not None:
            self._http.session.close()

    @override
    def hand_over(self, parcel: Parcel) -> str:
        assert isinstance(parcel, SmsParcel)  # noqa: S101 - each line gets its own channel's parcels
        sender = self._account.sender
        fields = {"messaging_service_sid": sender} if sender.startswith(SERVICE_PREFIX) else {"from_": sender}
        if parcel.callback:
            fields["status_callback"] = parcel.callback
        try:
            made = self._client.messages.create(to=parcel.number, body=parcel.text, **fields)
        except TwilioRestException as refused:
            raise _meaning(refused) from refused
        except requests.exceptions.ConnectTimeout as error:
            raise LineDownError(str(error)) from error
        except requests.exceptions.ConnectionError as error:
            if isinstance(error, requests.exceptions.SSLError) or "NewConnectionError" in repr(error):
                raise LineDownError("the SMS provider cannot be reached") from error
            raise HandoverDoubtError(type(error).__name__) from error
        except (requests.exceptions.RequestException, TwilioException) as error:
            raise HandoverDoubtError(f"{type(error).__name__}: {error}") from error
        return str(made.sid)


def _meaning(refused: TwilioRestException) -> Exception:
    words = f"{refused.code}: {refused.msg}"
    if refused.code in SAID_STOP:
        return BlockedError(words)
    if refused.code in NO_SUCH_NUMBER:
        return NoSuchAddressError(words)
    if refused.status in NOT_OURS:
        return LineDownError(words)
    if refused.status == TOO_MANY:
        return BusyError(words)
    if refused.status >= SERVER_FAULT_FROM:
        return HandoverDoubtError(words)
    return MessageRefusedError(words)
