"""The one client that goes to addresses that people typed.

Laws: a name is resolved once, every address behind it must be public, and the connection goes to one of exactly these;
no redirect is followed; of the answer its first line is read and nothing else; the whole trip has a deadline.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.webhooks.kinds import TripProblem

URL_LENGTH_MAX: Final = 500
TRIP_S: Final = 10.0
"""From the first byte sent to the answer's first line."""
LINE_BYTES_MAX: Final = 1_024
PORTS: Final = {"https": 443, "http": 80}
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: |\r?\n)")
_PRINTABLE: Final = re.compile(r"[!-~]+")

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Trip:
    """How a delivery went. `status` 0: no answer; `problem` None: it arrived."""

    status: int = 0
    problem: TripProblem | None = None


class Gone(Exception):  # noqa: N818 - not an error of ours: how a trip ended
    """A trip that ended before an answer."""

    def __init__(self, problem: TripProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def checked_url(text: str, *, inside: bool) -> str:
    """An address that may be told. `inside`: also one on the own network, without encryption. InputError."""
    cleaned = text.strip()
    no_address = InputError(_("This is no address of a receiver; it is like https://shop.example.org/hooks."))
    try:
        parts = urlsplit(cleaned)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise no_address from None
    if not usable or len(cleaned) > URL_LENGTH_MAX or not _PRINTABLE.fullmatch(cleaned):
        raise no_address
    if parts.scheme != "https" and not (inside and parts.scheme == "http"):
        raise InputError(_("The address must begin with https://."))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InputError(_("The address must hold no password and no #."))
    return cleaned


def resolved(host: str, port: int) -> list[str]:
    """The addresses behind a name. OSError: there are none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(text: str) -> bool:
    """Whether an address is one that anybody in the world reaches, however it is dressed up."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_is_global(each) for each in (address, *_inner(address)))


def _is_global(address: IpAddress) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: IpAddress) -> list[IpAddress]:
    """IPv4 addresses inside an IPv6 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[IpAddress | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    return [each for each in found if each is not None]


def deliver(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    inside: bool = False,
    resolve: Resolve = resolved,
    trust: ssl.SSLContext | None = None,
    trip_s: float = TRIP_S,
) -> Trip:
    """Send one delivery. `inside`: addresses that are not public may be told too."""
    deadline = time.monotonic() + trip_s
    try:
        parts = urlsplit(checked_url(url, inside=inside))
        port = parts.port or PORTS[parts.scheme]
        address = _address(parts.hostname or "", port, resolve, inside=inside)
        with _connected(parts, address, port, deadline, trust) as line:
            line.settimeout(_left(deadline))
            line.sendall(_request(parts, headers, body))
            status = _status(line, deadline)
    except (Gone, InputError, OSError) as error:
        return Trip(problem=_problem_of(error))
    if status == 410:  # noqa: PLR2004 - RFC 9110, 15.5.11
        return Trip(status, TripProblem.GONE)
    return Trip(status, None if 200 <= status < 300 else TripProblem.REFUSED)  # noqa: PLR2004 - RFC 9110, 15.3


def _problem_of(error: Gone | InputError | OSError) -> TripProblem:
    match error:
        case Gone():
            return error.problem
        case InputError():  # it could be told when it was typed, and the setting has changed since
            return TripProblem.FORBIDDEN_ADDRESS
        case TimeoutError():
            return TripProblem.TOO_SLOW
        case ssl.SSLCertVerificationError():
            return TripProblem.NOT_TRUSTED
        case _:
            return TripProblem.NOT_REACHED


def _address(host: str, port: int, resolve: Resolve, *, inside: bool) -> str:
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError):
        raise Gone(TripProblem.NO_SUCH_HOST) from None
    if not found:
        raise Gone(TripProblem.NO_SUCH_HOST)
    if not inside and not all(is_public(each) for each in found):
        raise Gone(TripProblem.FORBIDDEN_ADDRESS)
    return found[0]


def _connected(
    parts: SplitResult, address: str, port: int, deadline: float, trust: ssl.SSLContext | None
) -> socket.socket:
    plain = socket.create_connection((address, port), timeout=_left(deadline))
    if parts.scheme == "http":
        return plain
    try:
        plain.settimeout(_left(deadline))
        return (trust or ssl.create_default_context()).wrap_socket(plain, server_hostname=parts.hostname)
    except BaseException:
        plain.close()
        raise


def _request(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
    fields = {
        "Host": host if parts.port is None else f"{host}:{parts.port}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "User-Agent": "loyalty-webhooks/1",
        "Connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _status(line: socket.socket, deadline: float) -> int:
    """The number in the answer's first line."""
    read = b""
    while b"\n" not in read and len(read) < LINE_BYTES_MAX:
        line.settimeout(_left(deadline))
        more = line.recv(LINE_BYTES_MAX)
        if not more:
            break
        read += more
    found = _STATUS_LINE.match(read)
    if found is None:
        raise Gone(TripProblem.NO_HTTP)
    return int(found[1])


def _left(deadline: float) -> float:
    """Seconds that are left. TimeoutError: none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
