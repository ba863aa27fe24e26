"""Power loss of the register at every byte of a commit and of its answer: it is always known what became of it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.line.null_modem import NullModem
from firmware_sim.register.serial_frames import FRAMINGS, MESSAGE, Frame
from firmware_sim.register.transports import SerialTransport, TcpTransport, Transport
from tests.evidence import used
from tests.support.nexo import BREAD, loyalty, response_of, status, told
from tests.support.programs import free_port
from tests.support.register_layer import RegisterLayer, register_layer
from tests.support.waiting import wait_for

WAIT_S = 20.0
STEP = 7
"""Every seventh byte of the JSON, and every byte of the first and last twenty, where the framing is."""


@pytest.fixture
def layer(tmp_path: Path) -> Iterator[RegisterLayer]:
    with register_layer(tmp_path / "data") as made:
        yield made


def cuts(length: int) -> list[int]:
    return sorted({*range(1, min(20, length)), *range(1, length, STEP), *range(max(1, length - 20), length + 1)})


def commit_of(number: int) -> bytes:
    return json.dumps(loyalty("Award", f"c{number}", f"sale-{number}", [BREAD], 8.10)).encode()


def asked(transport: Transport, message: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(transport.exchange(json.dumps(message).encode(), WAIT_S))
    return answer


def resolved(transport: Transport, layer: RegisterLayer, number: int, *, whole: bool) -> None:
    """What a register does when it is back: it asks, sends the commit again, and there is one receipt."""
    before = asked(transport, status(f"s{number}", f"c{number}"))
    known = response_of(before)["Response"]["Result"] == "Success"
    if not known:
        assert told(before)[1:] == ("NotFound", "message_unknown")
    assert known == whole
    answer = json.loads(transport.exchange(commit_of(number), WAIT_S))
    assert told(answer)[0] == "Success"
    if known:
        repeated = response_of(before)["RepeatedMessageResponse"]["RepeatedResponseMessageBody"]
        assert repeated == {"LoyaltyResponse": response_of(answer)}
    assert layer.receipts() == ["sale"] * (number + 1)


def test_a_tcp_register_that_dies_while_it_sends(layer: RegisterLayer) -> None:
    port = free_port()
    frame = len(commit_of(0)).to_bytes(4, "big")
    with layer.line(f"nexo-tcp://127.0.0.1:{port}"):
        transport = TcpTransport("127.0.0.1", port, "", None)
        for number, at in enumerate(cuts(len(frame + commit_of(0)))):
            message = commit_of(number)
            sent = (len(message).to_bytes(4, "big") + message)[:at]
            whole = len(sent) == len(message) + 4
            with socket.create_connection(("127.0.0.1", port)) as dying:
                dying.sendall(sent)
                if whole:
                    dying.shutdown(socket.SHUT_WR)
                    assert dying.recv(4)
            resolved(transport, layer, number, whole=whole)
        transport.close()


def test_a_tcp_register_that_dies_while_it_reads_the_answer(layer: RegisterLayer) -> None:
    port = free_port()
    with layer.line(f"nexo-tcp://127.0.0.1:{port}"):
        transport = TcpTransport("127.0.0.1", port, "", None)
        for number, at in enumerate((1, 3, 4, 5, 40, 200, 400)):
            message = commit_of(number)
            with socket.create_connection(("127.0.0.1", port)) as dying:
                dying.sendall(len(message).to_bytes(4, "big") + message)
                assert len(dying.recv(at, socket.MSG_WAITALL)) == at
            resolved(transport, layer, number, whole=True)
        transport.close()


@pytest.mark.parametrize(("framing", "step"), [("dle", STEP), ("marked", 80)])
def test_a_serial_register_that_dies_while_it_sends(layer: RegisterLayer, framing: str, step: int) -> None:
    encode, _ = FRAMINGS[framing]
    cable = NullModem()
    with layer.line(f"nexo-serial://{cable.left.address}?framing={framing}"):
        used("pseudo-terminal", f"register line, {framing}")
        length = len(encode(Frame(MESSAGE, 0, 200, commit_of(0))))
        for number, at in enumerate(sorted({*cuts(length)[:: 1 if framing == "dle" else step // STEP], length})):
            frame = encode(Frame(MESSAGE, 0, 200, commit_of(number)))
            sent = frame if at == length else frame[:at]
            dying = os.open(cable.right.address, os.O_RDWR | os.O_NOCTTY)
            os.write(dying, sent)
            whole = sent == frame
            if whole:
                wait_for("the receipt", partial(layer.has_receipts, number + 1))
            transport = SerialTransport(cable.right.address, 115_200, framing)
            resolved(transport, layer, number, whole=whole)
            os.close(dying)
            transport.close()
    cable.close()


def test_a_serial_till_that_was_never_heard_is_told_as_silent(layer: RegisterLayer, tmp_path: Path) -> None:
    cable = NullModem(tmp_path / "till")
    with layer.line(f"nexo-serial://{cable.left.address}") as line:
        wait_for("the silence", lambda: line.health().code == "register_silent")
        transport = SerialTransport(cable.right.address, 115_200, "dle")
        assert told(asked(transport, loyalty("Rebate", "q1", "1", [BREAD])))[0] == "Success"
        wait_for("the register", lambda: line.health().state == "ok")
        cable.left.unplug()
        wait_for("the loss", lambda: line.health().code == "register_gone")
        cable.left.plug()
        transport.close()
    cable.close()
