"""TLS in front of the local server: a port on the network whose connections are passed on through a private socket.

Laws: each connection has a thread of its own, so that one that says nothing, or says it slowly, keeps nobody waiting;
when all places are taken, the connection that was idle longest makes room; nothing is passed on before the handshake.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS_MAX = 64
"""Registers and cashier screens of one till are a handful; a browser page opens six. Below the server's own limit."""

BACKLOG = 64
HANDSHAKE_WAIT_S = 5.0
PIECE_WAIT_S = 10.0
"""How long one piece may take to be given or taken; a wireless network that is away for longer lost its connection."""

LOOK_S = 1.0
LAST_WORDS_S = 30.0
LAST_PAUSE_S = 2.0
"""How long a client that was answered early may go on sending, and pause in it, before it reads and closes."""

IDLE_MIN_S = 1.0
"""A connection that has just come is not idle yet."""

PIECE_BYTES_MAX = 65_536


@dataclass(eq=False)
class _Passage:
    outside: socket.socket
    last_s: float


class TlsGate:
    """A bound port that is not yet answering."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, inner: Path) -> None:
        """`inner`: the Unix socket of the server behind. OSError when the address is taken."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._listener = socket.create_server(address, family=family, backlog=BACKLOG)
        self._context = context
        self._inner = inner
        self._lock = threading.Lock()
        self._passages: list[_Passage] = []
        self._closed = False
        self.port = int(self._listener.getsockname()[1])

    def serve(self) -> None:
        """Pass connections on until `close`. Blocks."""
        while not self._closed:
            try:
                outside, _ = self._listener.accept()
            except OSError:  # a connection that was gone before it was taken, or the end
                continue
            passage = _Passage(outside, time.monotonic())
            if self._find_room(passage):
                threading.Thread(target=self._pass_on, args=(passage,), name="tls", daemon=True).start()
            else:
                outside.close()

    def close(self) -> None:
        """Stop listening and hang up on everybody. From any thread."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for connections
        self._listener.close()
        with self._lock:
            passages = list(self._passages)
        for passage in passages:
            _hang_up(passage.outside)

    def _find_room(self, passage: _Passage) -> bool:
        now_s = time.monotonic()
        with self._lock:
            if len(self._passages) >= CONNECTIONS_MAX:
                oldest = min(self._passages, key=lambda known: known.last_s)
                if now_s - oldest.last_s < IDLE_MIN_S:
                    return False
                self._passages.remove(oldest)
                _hang_up(oldest.outside)
            self._passages.append(passage)
        return True

    def _pass_on(self, passage: _Passage) -> None:
        inside = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        outside: socket.socket = passage.outside
        try:
            outside.settimeout(HANDSHAKE_WAIT_S)
            outside.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secured = self._context.wrap_socket(outside, server_side=True)
            outside = passage.outside = secured
            inside.settimeout(PIECE_WAIT_S)
            inside.connect(str(self._inner))
            secured.settimeout(PIECE_WAIT_S)
            self._carry(passage, secured, inside)
        except OSError:  # ssl.SSLError is one; the other side sees a closed connection and opens another
            return
        finally:
            _hang_up(outside)
            inside.close()
            with self._lock, contextlib.suppress(ValueError):
                self._passages.remove(passage)

    def _carry(self, passage: _Passage, secured: ssl.SSLSocket, inside: socket.socket) -> None:
        while not self._closed:
            readable: list[socket.socket] = [secured]
            if not secured.pending():  # what TLS has taken from the line already, no select tells of
                readable, _, _ = select.select([secured, inside], [], [], LOOK_S)
            if secured in readable:
                piece = secured.recv(PIECE_BYTES_MAX)
                if not piece:
                    return
                try:
                    inside.sendall(piece)
                except OSError:  # answered and closed before it had read everything: 413
                    _let_it_end(secured, inside)
                    return
            if inside in readable:
                piece = _read_answer(inside)
                if not piece:
                    _let_it_end(secured, inside)
                    return
                secured.sendall(piece)
            if readable:
                passage.last_s = time.monotonic()


def _let_it_end(secured: ssl.SSLSocket, inside: socket.socket) -> None:
    """The server has closed: its last words go out, and what the client still sends is thrown away for a moment.

    Hanging up on bytes that nobody has read would reset the line, and take the answer away with it.
    """
    with contextlib.suppress(OSError):
        while piece := _read_answer(inside):
            secured.sendall(piece)
    with contextlib.suppress(OSError):
        secured.settimeout(LAST_PAUSE_S)
        until_s = time.monotonic() + LAST_WORDS_S
        while time.monotonic() < until_s and secured.recv(PIECE_BYTES_MAX):
            pass


def _read_answer(inside: socket.socket) -> bytes:
    """What the server says next; nothing when it has closed, also when it closed on a request it had not read whole.

    Linux tells of the latter as a reset (unix(7): ECONNRESET), once, after everything the server said was read.
    """
    try:
        return inside.recv(PIECE_BYTES_MAX)
    except ConnectionResetError:
        return b""


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
