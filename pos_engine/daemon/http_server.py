"""Serves the application: waitress on loopback, cheroot with TLS on the network."""

from __future__ import annotations

from abc import ABC, abstractmethod

from flask import Flask
from typing_extensions import override
from waitress import wasyncore
from waitress.server import create_server

from pos_engine.daemon.config import RegisterSection
from pos_engine.registers.nexo.codec import BODY_BYTES_MAX

REQUEST_THREADS = 6
"""Registers ask one thing at a time; a browser page asks two or three."""

BACKLOG = 64
CONNECTIONS_MAX = 100
REQUEST_END_WAIT_S = 5.0
"""How long requests that are being answered may take when the daemon ends (T1 of the nexo profile)."""

IDLE_S = 60
"""How long a connection may be silent before it is closed; a register opens another."""


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
        return _PlainServer(app, register, threads)
    except OSError as error:
        where = f"{register.host} port {register.port}"
        text = f"cannot listen on {where}: {error}. Is another daemon running? See [register] in the configuration."
        raise BindError(text) from error


class _PlainServer(HttpServer):
    def __init__(self, app: Flask, register: RegisterSection, threads: int) -> None:
        self._server = create_server(
            app,
            host=register.host,
            port=register.port,
            threads=threads,
            backlog=BACKLOG,
            connection_limit=CONNECTIONS_MAX,
            channel_timeout=IDLE_S,
            max_request_body_size=BODY_BYTES_MAX + 1,  # one more than allowed, so that the application says so
            ident="pos-engine",
            clear_untrusted_proxy_headers=True,
        )

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


class _TlsServer(HttpServer):
    def __init__(self, app: Flask, register: RegisterSection, threads: int) -> None:
        # only here: a till on loopback needs neither
        from cheroot.ssl.builtin import BuiltinSSLAdapter  # noqa: PLC0415
        from cheroot.wsgi import Server  # noqa: PLC0415

        self._server = Server(
            (register.host, register.port),
            app,
            numthreads=threads,
            max=threads,
            request_queue_size=BACKLOG,
            timeout=IDLE_S,
            server_name="pos-engine",
        )
        self._server.max_request_body_size = BODY_BYTES_MAX
        self._server.ssl_adapter = BuiltinSSLAdapter(register.tls_certificate, register.tls_key)
        self._server.prepare()

    @property
    @override
    def port(self) -> int:
        return int(self._server.bind_addr[1])

    @override
    def serve(self) -> None:
        self._server.serve()

    @override
    def close(self) -> None:
        self._server.stop()
