"""A port on which registers speak nexo over TCP as the till's RegisterLine port, with TLS and a token where it is open.

Laws: each connection has a thread of its own, and there are `CONNECTIONS_MAX` of them; when all are taken, one that has
shown no token makes room, else the one that was idle longest; who begins a message ends it in time; on TLS the first
frame is the register's token.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field

from typing_extensions import override

from drivers.address import RegisterTcpAddress
from drivers.errors import register_line_gone, register_line_not_opened
from drivers.register_line.length_framing import LengthFraming, TooLongError, encode
from pos_engine.ports.register_line import Admission, Handler, RegisterLine, TlsFiles

CONNECTIONS_MAX = 16
BACKLOG = 16
HANDSHAKE_WAIT_S = 5.0
"""For TLS and the token together: who connects and says nothing must not hold a place."""
MESSAGE_WAIT_S = 10.0
"""From the first byte of a message to its last; also for an answer to be taken."""
LOOK_S = 0.5
"""How soon a connection's thread notices that the line is closed."""
READ_BYTES_MAX = 65_536


@dataclass(eq=False)
class _Connection:
    raw: socket.socket
    idle_since_s: float
    admitted: bool = False
    busy: bool = False
    thread: threading.Thread | None = field(default=None)


class TcpRegisterLine(RegisterLine):
    """One listening port and its connections."""

    def __init__(self, address: RegisterTcpAddress, tls: TlsFiles | None, admission: Admission) -> None:
        self._address = address
        self._tls = tls
        self._admission = admission
        self._context: ssl.SSLContext | None = None
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._connections: list[_Connection] = []

    @property
    def port(self) -> int:
        """Where it listens, also when a free port was asked for."""
        return 0 if self._listener is None else int(self._listener.getsockname()[1])

    @override
    def open(self) -> None:
        self.close()
        where = f"{self._address.host} port {self._address.port}"
        family = socket.AF_INET6 if ":" in self._address.host else socket.AF_INET
        try:
            if self._tls is not None:
                self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self._context.load_cert_chain(self._tls.certificate, self._tls.key)
            self._listener = socket.create_server(
                (self._address.host, self._address.port), family=family, backlog=BACKLOG
            )
        except OSError as error:  # ssl.SSLError is one
            raise register_line_not_opened(where, error, error.errno) from error

    @override
    def serve(self, handle: Handler, timeout_s: float) -> bool:
        listener = self._listener
        if listener is None:
            raise register_line_gone(self._address.host, "it is not open")
        listener.settimeout(timeout_s)
        try:
            raw, _ = listener.accept()
        except TimeoutError:
            return True
        except OSError as error:
            raise register_line_gone(self._address.host, error) from error
        self._welcome(raw, handle)
        return True

    @override
    def close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            _hang_up(connection.raw)
        for connection in connections:
            if connection.thread is not None:
                connection.thread.join(HANDSHAKE_WAIT_S)

    def _welcome(self, raw: socket.socket, handle: Handler) -> None:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection = _Connection(raw, time.monotonic())
        with self._lock:
            if len(self._connections) >= CONNECTIONS_MAX:
                idle = [known for known in self._connections if not known.busy]
                if not idle:
                    raw.close()
                    return
                oldest = min(idle, key=lambda known: (known.admitted, known.idle_since_s))
                self._connections.remove(oldest)
                _hang_up(oldest.raw)
            self._connections.append(connection)
        connection.thread = threading.Thread(
            target=self._talk, args=(connection, handle), name="register connection", daemon=True
        )
        connection.thread.start()

    def _talk(self, connection: _Connection, handle: Handler) -> None:
        line: socket.socket = connection.raw
        try:
            connection.raw.settimeout(HANDSHAKE_WAIT_S)
            framing = LengthFraming()
            sale_id: str | None = ""
            waiting: tuple[bytes, ...] = ()
            if self._context is not None:
                line = connection.raw = self._context.wrap_socket(connection.raw, server_side=True)
                token, *rest = _first_frames(line, framing)
                waiting = tuple(rest)
                sale_id = self._admission(token.decode("utf-8", "replace"))
            if sale_id is None:
                return  # a wrong token gets no answer: nothing is told to who has none
            connection.admitted = True
            self._answer_all(connection, line, framing, handle, sale_id, waiting)
        except (OSError, TooLongError):
            return  # the register opens another connection, and asks what became of its message
        finally:
            _hang_up(line)
            with self._lock, contextlib.suppress(ValueError):
                self._connections.remove(connection)

    def _answer_all(
        self,
        connection: _Connection,
        line: socket.socket,
        framing: LengthFraming,
        handle: Handler,
        sale_id: str,
        waiting: tuple[bytes, ...],
    ) -> None:
        begun_s: float | None = None
        while self._listener is not None:
            for message in waiting:
                connection.busy = True
                line.settimeout(MESSAGE_WAIT_S)
                line.sendall(encode(handle(message, sale_id)))
                connection.busy = False
                connection.idle_since_s = time.monotonic()
            begun_s = (begun_s or time.monotonic()) if framing.begun else None
            if begun_s is not None and time.monotonic() - begun_s > MESSAGE_WAIT_S:
                return
            line.settimeout(LOOK_S)
            try:
                data = line.recv(READ_BYTES_MAX)
            except TimeoutError:
                waiting = ()
                continue
            if not data:
                return
            waiting = framing.feed(data)
            if waiting:
                begun_s = None


def _first_frames(line: socket.socket, framing: LengthFraming) -> tuple[bytes, ...]:
    """What comes until the first frame is whole. OSError when it does not come in time."""
    deadline_s = time.monotonic() + HANDSHAKE_WAIT_S
    while True:
        line.settimeout(max(0.001, deadline_s - time.monotonic()))
        data = line.recv(READ_BYTES_MAX)
        if not data:
            raise ConnectionError("closed before the token came")
        frames = framing.feed(data)
        if frames:
            return frames


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
