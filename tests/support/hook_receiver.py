"""A receiver of webhooks on this machine that checks signatures by itself, as its library would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from typing_extensions import override


class Receiver:
    """What came. `status`: what is answered from now on; `secret`: as the page has shown it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.secret = ""
        self.unsigned = 0
        self.url = ""

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    def take(self, headers: Any, body: bytes) -> int:
        told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        wanted = "v1," + base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(wanted, headers["webhook-signature"]):
            self.unsigned += 1
            return 401
        if self.status < 300:
            self.ids.append(headers["webhook-id"])
            self.events.append(json.loads(body))
        return self.status


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(self.headers, body))
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/hooks?shop=1"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """A server that sends these bytes to whoever comes, one after the other, whatever was asked."""
    left = list(answers)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        while left:
            line, _ = listener.accept()
            with line:
                line.settimeout(10)
                line.recv(65_536)
                line.sendall(left.pop(0))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        left.clear()
        listener.close()
        thread.join(15)
