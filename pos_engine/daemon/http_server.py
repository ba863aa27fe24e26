"""Serves the application: waitress, on the network behind a gate with TLS."""

from __future__ import annotations

import ssl
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path

from flask import Flask
from typing_extensions import override
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import BaseWSGIServer, TcpWSGIServer, UnixWSGIServer

from pos_engine.daemon.config_sections import RegisterSection
from pos_engine.daemon.tls_gate import TlsGate
from pos_engine.registers.nexo.codec import BODY_BYTES_MAX

REQUEST_THREADS = 6
"""Registers ask one thing at a time; a browser page asks two or three."""

BACKLOG = 64
CONNECTIONS_MAX = 100
REQUEST_END_WAIT_S = 5.0
"""How long requests that are being answered may take when the daemon ends (T1 of the nexo profile)."""

IDLE_S = 60
"""How long a connection may be silent before it is closed; a register opens another."""


WsgiApp = Callable[..., Iterable[bytes]]


class HttpServer(ABC):
    """A bound server that is not yet answering."""

    @property
    @abstractmethod
    def port(self) -> int:
        """The port it is bound to, also when a free one was asked for."""

    @abstractmethod
    def serve(self) -> None:
        """Answer until `close`. Blocks."""

    @abstractmethod
    def close(self) -> None:
        """Finish requests that are being answered, then stop. From any thread."""


class BindError(Exception):
    """The address cannot be used; the text says why and what to do."""


def bind(app: Flask, register: RegisterSection, streams_max: int) -> HttpServer:
    """Bind the configured address. BindError when it is taken. `streams_max`: threads held by open screens."""
    threads = REQUEST_THREADS + streams_max
    try:
        if register.tls_certificate:
            return _TlsServer(app, register, threads)
        return PlainServer(app, threads, host=register.host, port=register.port)
    except OSError as error:
        where = f"{register.host} port {register.port}"
        text = f"cannot listen on {where}: {error}. Is another daemon running? See [register] in the configuration."
        raise BindError(text) from error


class _MakesRoom(BaseWSGIServer):  # type: ignore[misc] # waitress has no types
    """Waitress, but connections that say nothing keep nobody out: the one that was idle longest makes room."""

    def readable(self) -> bool:
        if len(self._map) >= CONNECTIONS_MAX:
            idle = (channel for channel in self.active_channels.values() if not channel.requests)
            oldest = min(idle, key=lambda channel: channel.last_activity, default=None)
            if oldest is not None:
                oldest.will_close = True
        return bool(super().readable())


class _TcpServer(_MakesRoom, TcpWSGIServer):  # type: ignore[misc]
    """On an address."""


class _UnixServer(_MakesRoom, UnixWSGIServer):  # type: ignore[misc]
    """On a Unix socket, for the gate with TLS in front of it."""


class PlainServer(HttpServer):
    """Waitress on one address."""

    def __init__(self, app: WsgiApp, threads: int, **where: object) -> None:
        """`where`: waitress' words for the address."""
        settings = Adjustments(
            threads=threads,
            backlog=BACKLOG,
            connection_limit=CONNECTIONS_MAX,
            channel_timeout=IDLE_S,
            max_request_body_size=BODY_BYTES_MAX + 1,  # one more than allowed, so that the application says so
            ident="pos-engine",
            clear_untrusted_proxy_headers=True,
            **where,
        )
        kind = _UnixServer if "unix_socket" in where else _TcpServer
        self._server = kind(app, adj=settings)

    @property
    @override
    def port(self) -> int:
        return int(self._server.effective_port)

    @override
    def serve(self) -> None:
        self._server.run()

    @override
    def close(self) -> None:
        # Workers first: the loop must still be there to send what they answer. It ends when nothing is left in its
        # map, where connections that registers and browsers keep open would stay for ever.
        self._server.task_dispatcher.shutdown(timeout=REQUEST_END_WAIT_S)
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._server._map))  # noqa: SLF001 - no other way


class Together(HttpServer):
    """One server on the network or on loopback, and one on a socket of this machine, begun and ended together."""

    def __init__(self, main: HttpServer, local: HttpServer) -> None:
        self._main = main
        self._local = local

    @property
    @override
    def port(self) -> int:
        return self._main.port

    @override
    def serve(self) -> None:
        threading.Thread(target=self._local.serve, name="register socket", daemon=True).start()
        self._main.serve()

    @override
    def close(self) -> None:
        self._local.close()
        self._main.close()


class _TlsServer(HttpServer):
    """The same server behind a gate that speaks TLS; the socket between them lies in a folder that nobody else sees."""

    def __init__(self, app: Flask, register: RegisterSection, threads: int) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(register.tls_certificate, register.tls_key)
        self._folder = tempfile.TemporaryDirectory(prefix="pos-engine-")
        inner = Path(self._folder.name) / "http"
        self._gate = TlsGate((register.host, register.port), context, inner)
        self._behind = PlainServer(app, threads, unix_socket=str(inner), unix_socket_perms="600", url_scheme="https")

    @property
    @override
    def port(self) -> int:
        return self._gate.port

    @override
    def serve(self) -> None:
        gate = threading.Thread(target=self._gate.serve, name="tls gate", daemon=True)
        gate.start()
        self._behind.serve()

    @override
    def close(self) -> None:
        self._behind.close()
        self._gate.close()
        self._folder.cleanup()
