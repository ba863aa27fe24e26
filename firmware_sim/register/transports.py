"""How a register's messages reach its till: HTTP, TCP with a length in front, TLS with a token, a serial line."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from abc import ABC, abstractmethod
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from firmware_sim.register.answers import AnswerError
from firmware_sim.register.serial_end import SerialEnd

ANSWER_BYTES_MAX = 4 << 20


class NoAnswerError(Exception):
    """The till did not answer in time; whether it heard the message is unknown."""


class Transport(ABC):
    """One way to one till."""

    @abstractmethod
    def exchange(self, message: bytes, wait_s: float) -> bytes:
        """One message and its answer. NoAnswerError when none came in time."""

    def close(self) -> None:
        """Hang up."""
        return


def transport_to(address: str, token: str = "") -> Transport:
    """`http://host:port`, `https://host:port?trust=FILE`, `tcp://host:port`, `tls://host:port?trust=FILE`,
    `serial:///dev/…?baud=115200&framing=dle|marked`. ValueError when it is none of them.
    """  # noqa: D205 - the first sentence is a list
    parts = urlsplit(address)
    settings = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme == "serial" and parts.path:
        baud = int(settings.get("baud", "115200"))
        return SerialTransport(Path(parts.path), baud, settings.get("framing", "dle"))
    if parts.hostname and parts.scheme in ("http", "https", "tcp", "tls"):
        trust = ssl.create_default_context(cafile=settings["trust"]) if "trust" in settings else None
        if parts.scheme in ("http", "https"):
            default_port = 443 if trust else 80
            return HttpTransport(parts.hostname, parts.port or default_port, token, trust)
        if parts.port:
            return TcpTransport(parts.hostname, parts.port, token, trust)
    raise ValueError(f"{address!r} is no till address; write for example http://127.0.0.1:8081")


class HttpTransport(Transport):
    """A connection for each message, as simple registers do it."""

    def __init__(self, host: str, port: int, token: str, trust: ssl.SSLContext | None) -> None:
        self._host, self._port, self._token, self._trust = host, port, token, trust

    @override
    def exchange(self, message: bytes, wait_s: float) -> bytes:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = self._connection(wait_s)
        try:
            connection.request("POST", "/nexo", body=message, headers=headers)
            response = connection.getresponse()
            raw = response.read(ANSWER_BYTES_MAX)
            # A bounded read says nothing of a till that died while it answered; an empty answer would mean success.
            if response.length and len(raw) < ANSWER_BYTES_MAX:
                raise http.client.IncompleteRead(raw, response.length)
        except (OSError, http.client.HTTPException) as problem:
            raise NoAnswerError(f"no answer from {self._host}:{self._port}: {problem}") from problem
        finally:
            connection.close()
        if response.status not in {200, 400}:
            raise AnswerError(f"the till answered HTTP {response.status}: {raw[:300]!r}")
        return raw

    def _connection(self, wait_s: float) -> http.client.HTTPConnection:
        if self._trust is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=wait_s)
        return http.client.HTTPSConnection(self._host, self._port, timeout=wait_s, context=self._trust)


class TcpTransport(Transport):
    """One connection that stays open; a new one after any trouble."""

    def __init__(self, host: str, port: int, token: str, trust: ssl.SSLContext | None) -> None:
        self._host, self._port, self._token, self._trust = host, port, token, trust
        self._line: socket.socket | None = None

    @override
    def exchange(self, message: bytes, wait_s: float) -> bytes:
        try:
            line = self._line or self._connect(wait_s)
            self._line = line
            line.settimeout(wait_s)
            line.sendall(len(message).to_bytes(4, "big") + message)
            length = int.from_bytes(_exactly(line, 4), "big")
            if length > ANSWER_BYTES_MAX:
                raise AnswerError(f"the till announces {length} bytes")
            return _exactly(line, length)
        except OSError as problem:
            self.close()
            raise NoAnswerError(f"no answer from {self._host}:{self._port}: {problem}") from problem

    @override
    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(OSError):
                line.close()

    def _connect(self, wait_s: float) -> socket.socket:
        raw = socket.create_connection((self._host, self._port), wait_s)
        if self._trust is None:
            return raw
        line = self._trust.wrap_socket(raw, server_hostname=self._host)
        token = self._token.encode()
        line.sendall(len(token).to_bytes(4, "big") + token)
        return line


class SerialTransport(Transport):
    """A serial line that stays open; opened again after any trouble."""

    def __init__(self, path: Path, baud: int, framing: str) -> None:
        self._end = SerialEnd(path, baud, framing)

    @override
    def exchange(self, message: bytes, wait_s: float) -> bytes:
        try:
            answer = self._end.exchange(message, wait_s)
        except OSError as problem:
            self._end.close()
            raise NoAnswerError(f"the line is gone: {problem}") from problem
        if answer is None:
            raise NoAnswerError("no answer on the serial line")
        return answer

    @override
    def close(self) -> None:
        self._end.close()


def _exactly(line: socket.socket, count: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < count:
        piece = line.recv(count - len(pieces))
        if not piece:
            raise ConnectionError("the till hung up")
        pieces += piece
    return bytes(pieces)
