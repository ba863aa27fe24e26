"""A register that costs nothing itself: one kept connection, HTTP by hand, so that what is measured is the till."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Self

from tests.support import nexo

ANSWER_WAIT_S = 30
READ_BYTES = 65_536


class RegisterClient:
    """Speaks nexo to a daemon over its port or its Unix socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.settimeout(ANSWER_WAIT_S)

    @classmethod
    def on_port(cls, port: int) -> Self:
        """Over loopback HTTP."""
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(connection)

    @classmethod
    def on_socket(cls, path: Path) -> Self:
        """Over the Unix socket."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        return cls(connection)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def ask(self, request: bytes) -> bytes:
        """Send a request as it stands; the answer's body."""
        self._connection.sendall(request)
        head, _, body = self._read_until(b"\r\n\r\n").partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
        while len(body) < length:
            body += self._received()
        return body

    def _read_until(self, end: bytes) -> bytes:
        read = b""
        while end not in read:
            read += self._received()
        return read

    def _received(self) -> bytes:
        part = self._connection.recv(READ_BYTES)
        if not part:
            raise SystemExit("bench: the daemon hung up")
        return part


def request_of(message: dict[str, Any]) -> bytes:
    """A message as a whole HTTP request."""
    body = json.dumps(message).encode()
    head = f"POST /nexo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def checked(body: bytes) -> dict[str, Any]:
    """The answer, which must be a success."""
    answer: dict[str, Any] = json.loads(body)
    if nexo.response_of(answer)["Response"]["Result"] != "Success":
        raise SystemExit(f"bench: the daemon answered {answer}")
    return answer
