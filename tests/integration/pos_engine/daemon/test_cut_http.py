"""Power loss of a register in the middle of a commit over HTTP, or of its answer: it is known what became of it."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.support.daemon import DaemonProcess, fill
from tests.support.nexo import BREAD, loyalty, response_of, status, told
from tests.support.waiting import wait_for

STEP = 47
"""Every 47th byte, and each of the last twelve: what ends a body stands there."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: the connection is reset when it is closed, as by a machine that is gone."""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    made = DaemonProcess(tmp_path_factory.mktemp("cut"))
    fill(made.data)
    made.start()
    yield made
    assert made.stop() == 0


def request_of(name: str, *, chunked: bool) -> bytes:
    body = json.dumps(loyalty("Award", f"c-{name}", f"sale-{name}", [BREAD], 8.10)).encode()
    head = b"POST /nexo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    if not chunked:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    half = len(body) // 2
    chunks = (body[:half], body[half:], b"")
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in chunks)


def resolved(daemon: DaemonProcess, name: str, *, done: bool) -> None:
    """What a register does when it is back: it asks, sends the commit again, and there is one receipt."""
    asked = daemon.post(status(f"s-{name}", f"c-{name}")).json()
    known = response_of(asked)["Response"]["Result"] == "Success"
    if not known:
        assert told(asked)[1:] == ("NotFound", "message_unknown")
    assert known == done
    again = daemon.post(loyalty("Award", f"c-{name}", f"sale-{name}", [BREAD], 8.10))
    assert told(again.json())[0] == "Success"
    assert booked(daemon, name) == 1


def booked(daemon: DaemonProcess, name: str) -> int:
    return sum(row["sale_ref"].startswith(f"register-1/sale-{name}@") for row in daemon.receipts())


@pytest.mark.parametrize("gone", ["hung up", "reset"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_register_that_dies_while_it_sends(daemon: DaemonProcess, gone: str, chunked: bool) -> None:
    length = len(request_of("000", chunked=chunked))
    places = sorted({*range(1, length, STEP), *range(length - 12, length)})
    for at in places:
        name = f"{gone[0]}{chunked:d}{at:03d}"
        with socket.create_connection(("127.0.0.1", daemon.port)) as dying:
            if gone == "reset":
                dying.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            dying.sendall(request_of(name, chunked=chunked)[:at])
        resolved(daemon, name, done=False)
    with socket.create_connection(("127.0.0.1", daemon.port)) as living:
        living.sendall(request_of(f"{gone[0]}{chunked:d}all", chunked=chunked))
        assert living.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200", "nothing but the cut was wrong"


@pytest.mark.parametrize("at", [0, 1, 12, 60, 200, 400])
def test_a_register_that_dies_while_it_reads_the_answer(daemon: DaemonProcess, at: int) -> None:
    name = f"a{at:03d}"
    with socket.create_connection(("127.0.0.1", daemon.port)) as dying:
        dying.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        dying.sendall(request_of(name, chunked=False))
        if at:
            assert len(dying.recv(at, socket.MSG_WAITALL)) == at
        else:
            wait_for("the receipt", lambda: booked(daemon, name) == 1)
    resolved(daemon, name, done=True)
