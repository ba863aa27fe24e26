"""A real daemon that registers reach by HTTP, TCP, TLS and serial line at once: one message layer behind them all."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.line.null_modem import NullModem
from firmware_sim.register.answers import AnswerError
from firmware_sim.register.basket import RungBasket, RungLine
from firmware_sim.register.serial_frames import MESSAGE, Frame, dle_frame
from firmware_sim.register.simulated_register import SimulatedRegister
from firmware_sim.register.transports import NoAnswerError, transport_to
from tests.evidence import used
from tests.support.daemon import DaemonProcess, fill, run_program
from tests.support.nexo import BREAD, loyalty, response_of, status, told
from tests.support.programs import free_port
from tests.support.waiting import wait_for

BASKET = RungBasket((RungLine("2001", 320), RungLine("4001", 900)))
WAIT_S = 20.0


class Lines:
    """The daemon and the ways to it."""

    def __init__(self, folder: Path) -> None:
        self.cable = NullModem()
        self.tcp_port, self.tls_port = free_port(), free_port()
        made = run_program("lan", "certificate", "127.0.0.1", "till.local", "--folder", str(folder))
        assert made.returncode == 0, made.stderr
        for sale_id in ("register-1", "register-2"):
            assert run_program("lan", "register", sale_id, "--folder", str(folder)).returncode == 0
        self.folder = folder
        self.daemon = DaemonProcess(
            folder,
            f'[[register_line]]\nname = "cable"\naddress = "nexo-serial://{self.cable.left.address}"\n'
            f'[[register_line]]\nname = "tcp"\naddress = "nexo-tcp://127.0.0.1:{self.tcp_port}"\n',
        )
        fill(self.daemon.data)
        self.daemon.start()

    def addresses(self) -> dict[str, str]:
        return {
            "http": f"http://127.0.0.1:{self.daemon.port}",
            "tcp": f"tcp://127.0.0.1:{self.tcp_port}",
            "serial": f"serial://{self.cable.right.address}",
        }

    def close(self) -> None:
        assert self.daemon.stop() == 0
        self.cable.close()


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lines]:
    made = Lines(tmp_path_factory.mktemp("till"))
    used("pseudo-terminal", "register line of the daemon")
    yield made
    made.close()


@pytest.mark.parametrize("way", ["http", "tcp", "serial"])
def test_a_whole_sale_by_every_way(lines: Lines, way: str) -> None:
    register = SimulatedRegister(
        lines.addresses()[way], f"by-{way}", now=lambda: datetime(2026, 11, 20, 10, 15, tzinfo=UTC), patience=5
    )
    sale = register.new_sale(BASKET)
    assert register.quote(sale).done
    assert register.commit(sale, tenders={"cash": sale.to_pay_minor}).done
    assert sale.receipt_id.startswith("till-1:1:")
    assert register.status(sale.commit_service_id).repeated is not None
    assert register.void(sale).done
    parked = register.new_sale(BASKET)
    register.quote(parked)
    assert register.abort(parked).raw == b""
    assert register.diagnosis().done
    register.close()


def test_a_message_that_changes_its_way_is_done_once(lines: Lines) -> None:
    before = len(lines.daemon.receipts())
    message = json.dumps(loyalty("Award", "same", "same", [BREAD], 8.10)).encode()
    answers = set()
    for address in lines.addresses().values():
        transport = transport_to(address)
        answers.add(transport.exchange(message, WAIT_S))
        transport.close()
    assert len(answers) == 1
    assert len(lines.daemon.receipts()) == before + 1


def test_what_is_no_message_is_rejected_and_the_line_stays(lines: Lines) -> None:
    for way in ("tcp", "serial"):
        transport = transport_to(lines.addresses()[way])
        rejected = json.loads(transport.exchange(b"not JSON", WAIT_S))
        assert rejected["SaleToPOIRequest"]["EventNotification"]["EventToNotify"] == "Reject"
        assert told(json.loads(transport.exchange(json.dumps(status(f"s-{way}", None)).encode(), WAIT_S)))
        transport.close()


def test_sixteen_silent_connections_do_not_keep_a_register_out(lines: Lines) -> None:
    silent = [socket.create_connection(("127.0.0.1", lines.tcp_port)) for _ in range(20)]
    transport = transport_to(lines.addresses()["tcp"])
    answer = transport.exchange(json.dumps(loyalty("Rebate", "room", "room", [BREAD])).encode(), WAIT_S)
    assert told(json.loads(answer))[0] == "Success"
    transport.close()
    for connection in silent:
        connection.close()


def test_health_names_the_lines(lines: Lines) -> None:
    kinds = {device["name"]: device["kind"] for device in lines.daemon.status()["devices"]}
    assert kinds == {"cable": "register", "tcp": "register"}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    made = Network(tmp_path_factory.mktemp("till"))
    yield made
    assert made.stop() == 0


class Network:
    """A daemon as it stands on the network: TLS, its own token, and one token per register."""

    def __init__(self, folder: Path) -> None:
        said = run_program("lan", "certificate", "127.0.0.1", "till.local", "--folder", str(folder))
        assert "till.crt" in said.stdout, said.stderr
        again = run_program("lan", "certificate", "127.0.0.1", "--folder", str(folder))
        assert "is there already, and registers trust it" in again.stderr
        for sale_id in ("register-1", "register-2"):
            assert run_program("lan", "register", sale_id, "--folder", str(folder)).returncode == 0
        self.folder = folder
        self.tls_port = free_port()
        self.http_port = free_port()
        self._process = DaemonProcess(
            folder,
            f'[[register_line]]\nname = "tls"\naddress = "nexo-tls://127.0.0.1:{self.tls_port}"\n',
            register_settings='token_file = "till.token"\ntls_certificate = "till.crt"\ntls_key = "till.key"\n'
            'tokens = { "register-1" = "register-1.token", "register-2" = "register-2.token" }\n',
            wanted_port=self.http_port,
        )
        fill(self._process.data)
        self._process.start()
        used("http", "TLS with a token per register")

    def token(self, name: str) -> str:
        return (self.folder / f"{name}.token").read_text().strip()

    def ask(self, scheme: str, message: dict[str, Any], token: str) -> dict[str, Any]:
        port = self.http_port if scheme == "https" else self.tls_port
        transport = transport_to(f"{scheme}://127.0.0.1:{port}?trust={self.folder / 'till.crt'}", token)
        try:
            answer: dict[str, Any] = json.loads(transport.exchange(json.dumps(message).encode(), WAIT_S))
            return answer
        finally:
            transport.close()

    def get(self, path: str, token: str) -> int:
        trust = ssl.create_default_context(cafile=str(self.folder / "till.crt"))
        connection = http.client.HTTPSConnection("127.0.0.1", self.http_port, timeout=WAIT_S, context=trust)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            return connection.getresponse().status
        finally:
            connection.close()

    def stop(self) -> int:
        return self._process.stop()


every_scheme = pytest.mark.parametrize("scheme", ["https", "tls"])


@every_scheme
def test_a_register_on_the_network_speaks_with_its_token(network: Network, scheme: str) -> None:
    message = loyalty("Award", f"{scheme}-1", f"{scheme}-1", [BREAD], 8.10)
    assert told(network.ask(scheme, message, network.token("register-1")))[0] == "Success"


@every_scheme
def test_a_token_of_another_register_is_refused_for_this_one(network: Network, scheme: str) -> None:
    message = loyalty("Rebate", f"{scheme}-2", f"{scheme}-2", [BREAD])
    answer = network.ask(scheme, message, network.token("register-2"))
    assert told(answer) == ("Failure", "NotAllowed", "sale_id_foreign")
    question = network.ask(scheme, status(f"{scheme}-3", f"{scheme}-2"), network.token("register-1"))
    assert response_of(question)["Response"]["ErrorCondition"] == "NotFound"


@pytest.mark.parametrize("token", ["", "x" * 64])
def test_a_wrong_token_is_told_by_http_and_hung_up_on_by_tls(network: Network, token: str) -> None:
    message = loyalty("Rebate", "w", "w", [BREAD])
    with pytest.raises(AnswerError, match="401"):
        network.ask("https", message, token)
    with pytest.raises(NoAnswerError):
        network.ask("tls", message, token)


def test_a_registers_token_opens_neither_screen_nor_status(network: Network) -> None:
    assert network.get("/api/status", network.token("till")) == 200
    assert network.get("/api/status", network.token("register-1")) == 403
    assert network.get("/", network.token("register-1")) == 403


def test_who_does_not_trust_the_certificate_tells_no_token(network: Network) -> None:
    with (
        socket.create_connection(("127.0.0.1", network.tls_port)) as raw,
        pytest.raises(ssl.SSLCertVerificationError),
        ssl.create_default_context().wrap_socket(raw, server_hostname="127.0.0.1"),
    ):
        pass


def test_silent_strangers_do_not_keep_registers_out(network: Network) -> None:
    strangers = [
        socket.create_connection(("127.0.0.1", port))
        for port in (network.http_port, network.tls_port)
        for _ in range(40)
    ]
    for scheme in ("https", "tls"):
        message = loyalty("Rebate", f"{scheme}-s", f"{scheme}-s", [BREAD])
        assert told(network.ask(scheme, message, network.token("register-1")))[0] == "Success"
    for stranger in strangers:
        stranger.close()


def test_strangers_without_a_token_do_not_take_the_place_of_a_register_that_is_there(network: Network) -> None:
    transport = transport_to(
        f"tls://127.0.0.1:{network.tls_port}?trust={network.folder / 'till.crt'}", network.token("register-1")
    )
    strangers: list[socket.socket] = []
    try:
        for number in range(2):
            message = loyalty("Rebate", f"keeps-{number}", f"keeps-{number}", [BREAD])
            assert told(json.loads(transport.exchange(json.dumps(message).encode(), WAIT_S)))[0] == "Success"
            strangers += [socket.create_connection(("127.0.0.1", network.tls_port)) for _ in range(40)]
            assert told(network.ask("tls", status(f"let-in-{number}", None), network.token("register-2")))
    finally:
        transport.close()
        for stranger in strangers:
            stranger.close()


@pytest.mark.slow
def test_the_till_loses_its_power_at_every_step_of_a_serial_message(tmp_path: Path) -> None:
    lines = Lines(tmp_path)
    message = json.dumps(loyalty("Award", "cut", "cut", [BREAD], 8.10)).encode()
    frame = dle_frame(Frame(MESSAGE, 0, 9, message))
    try:
        for at in (0, 1, len(frame) // 2, len(frame) - 1, len(frame)):
            with open(lines.cable.right.address, "r+b", buffering=0) as register:  # noqa: PTH123 - a device, unbuffered
                register.write(frame[:at])
                if at == len(frame):
                    wait_for("the receipt", lambda: len(lines.daemon.receipts()) == 1)
            lines.daemon.kill()
            lines.daemon.start()
            transport = transport_to(lines.addresses()["serial"])
            question = json.loads(transport.exchange(json.dumps(status(f"q{at}", "cut")).encode(), WAIT_S))
            known = response_of(question)["Response"]["Result"] == "Success"
            assert known == (at == len(frame))
            transport.close()
        transport = transport_to(lines.addresses()["serial"])
        answer = json.loads(transport.exchange(message, WAIT_S))
        assert told(answer)[0] == "Success"
        assert [row["kind"] for row in lines.daemon.receipts()] == ["sale"]
        transport.close()
    finally:
        lines.close()
