"""A provider of SMS that speaks HTTP like Twilio's interface, and refuses what Twilio's would.

What it demands is from the client library's own requests and Twilio's published reference of the Message resource:
path with the account, basic authentication, form fields `To`, `Body` and a sender; errors as JSON with `code`.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

ACCOUNT: Final = "AC" + "0" * 32
TOKEN: Final = "secret-of-the-account"
SENDER: Final = "+4915799912345"
BODY_LENGTH_MAX: Final = 1_600


def _fields(body: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()}


def _refusal(path: str, authorization: str, body: str) -> tuple[int, int, str] | None:
    """What Twilio's interface would not take: (HTTP status, code, words)."""
    if urlsplit(path).path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
        return 404, 20404, "not found"
    if authorization != "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode():
        return 401, 20003, "Authenticate"
    fields = _fields(body)
    if not fields.get("From", fields.get("MessagingServiceSid")):
        return 400, 21603, "A 'From' phone number is required"
    if not fields.get("To", "").startswith("+") or not fields["To"][1:].isdigit():
        return 400, 21211, "Invalid 'To' Phone Number"
    if not 0 < len(fields.get("Body", "")) <= BODY_LENGTH_MAX:
        return 400, 21617, "The message body exceeds the 1600 character limit"
    return None


class SmsProvider:
    """What was sent; `errors` maps a number to (HTTP status, code) that it is refused with."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self.errors: dict[str, tuple[int, int]] = {}
        self.silent: set[str] = set()
        """Numbers for which the message is taken, and the line is cut before the answer."""
        self.lock = threading.Lock()

    def take(self, path: str, authorization: str, body: str) -> tuple[int, dict[str, Any]] | None:
        refusal = _refusal(path, authorization, body)
        if refusal is not None:
            status, code, words = refusal
            return status, {"code": code, "message": words, "status": status}
        fields = _fields(body)
        if fields["To"] in self.errors:
            status, code = self.errors[fields["To"]]
            return status, {"code": code, "message": "refused", "status": status}
        with self.lock:
            fields["sid"] = f"SM{len(self.messages):032x}"
            self.messages.append(fields)
        if fields["To"] in self.silent:
            return None
        return 201, {"sid": fields["sid"], "status": "queued", "to": fields["To"], "body": fields["Body"]}


class _Handler(BaseHTTPRequestHandler):
    provider: SmsProvider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        answer = self.provider.take(self.path, self.headers.get("Authorization", ""), body)
        if answer is None:
            self.close_connection = True
            return
        told = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    @override
    def log_message(self, *_arguments: Any) -> None:
        """Not on the screen."""


@contextmanager
def sms_server(provider: SmsProvider) -> Iterator[str]:
    """The address of a running stand-in, as `BACKOFFICE_SMS_PROVIDER` names it."""
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"twilio+plain://{ACCOUNT}:{TOKEN}@127.0.0.1:{server.server_port}?from={SENDER}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
