"""The gate in front of a server that answers before it has read everything: the answer still arrives."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from pos_engine.daemon.tls_gate import TlsGate
from tests.integration.pos_engine.daemon.test_lifecycle import make_certificate

ANSWER = b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BODY = bytes(4 << 20)


@pytest.mark.parametrize("pause", [False, True])
@pytest.mark.parametrize("attempt", range(5))
def test_an_early_answer_is_not_lost_with_the_rest_of_the_body(tmp_path: Path, attempt: int, pause: bool) -> None:
    make_certificate(tmp_path)
    closed = threading.Event()
    inner = tmp_path / f"inner-{attempt}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(inner))
        server.listen()

        def answer_at_once() -> None:
            line, _ = server.accept()
            with line:
                line.recv(10)  # the rest stays unread: closing resets the line
                line.sendall(ANSWER)
            closed.set()

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        gate = TlsGate(("127.0.0.1", 0), context, inner)
        threads = [threading.Thread(target=work, daemon=True) for work in (answer_at_once, gate.serve)]
        for thread in threads:
            thread.start()
        trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        with (
            socket.create_connection(("127.0.0.1", gate.port), timeout=20) as plain,
            trust.wrap_socket(plain, server_hostname="127.0.0.1") as line,
        ):
            line.sendall(b"POST / HTTP/1.1\r\n\r\n")
            if pause:
                closed.wait(20)  # so the gate hears of the end by reading, not by writing
            line.sendall(BODY)
            assert line.recv(len(ANSWER)) == ANSWER
        gate.close()
        for thread in threads:
            thread.join(20)
