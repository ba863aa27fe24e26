"""Registers on the till's own machine speak over a Unix socket."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pos_engine.daemon.http_server import BindError
from pos_engine.daemon.register_socket import RegisterSocket
from tests.support.daemon import DaemonProcess, fill, run_program
from tests.support.nexo import BREAD, loyalty, told, total_rebate
from tests.support.programs import free_port

SETTINGS = 'unix_socket = "register.sock"\n'


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[DaemonProcess]:
    process = DaemonProcess(tmp_path, register_settings=SETTINGS, wanted_port=free_port())
    fill(process.data)
    process.start()
    yield process
    process.stop()


def over_socket(daemon: DaemonProcess) -> httpx.Client:
    transport = httpx.HTTPTransport(uds=str(daemon.folder / "register.sock"))
    return httpx.Client(transport=transport, base_url="http://localhost", timeout=20, trust_env=False)


def posted(client: httpx.Client, message: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/nexo", json=message).json()
    return answer


def test_a_sale_over_the_socket_is_the_sale_over_the_port(daemon: DaemonProcess) -> None:
    path = daemon.folder / "register.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    with over_socket(daemon) as client:
        assert total_rebate(posted(client, loyalty("Rebate", "a", "1", [BREAD]))) == 0.90
        commit = loyalty("Award", "b", "1", [BREAD], 8.10)
        first = client.post("/nexo", json=commit)
        assert told(first.json())[0] == "Success"
        assert daemon.post(first.request.content).json() == first.json()  # whichever way it asks
        assert client.get("/nexo").status_code == 405
        assert client.get("/api/status").status_code == 404
        assert client.get("/").status_code == 404
        assert client.post("/nexo", content=b"x" * (1024 * 1024 + 1)).status_code == 413
        rejected = client.post("/nexo", content=b"{")
        assert (rejected.status_code, "Reject" in rejected.text) == (400, True)
    (receipt,) = daemon.receipts()
    assert receipt["total_due_minor"] == 810


def test_a_socket_that_was_left_behind_is_taken_over_and_goes_with_the_daemon(daemon: DaemonProcess) -> None:
    path = daemon.folder / "register.sock"
    daemon.kill()
    assert path.is_socket()
    daemon.start()
    with over_socket(daemon) as client:
        assert told(posted(client, loyalty("Rebate", "a", "1", [BREAD])))[0] == "Success"
    doctor = run_program("doctor", "--config", str(daemon.config))
    assert "register socket" in doctor.stdout
    assert f"{path} answers" in doctor.stdout
    assert daemon.stop() == 0
    assert not path.exists()


def test_a_socket_that_somebody_serves_and_a_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen(1)
        with pytest.raises(BindError, match="served by another program"):
            RegisterSocket(None, path)  # type: ignore[arg-type] # never asked
        assert path.is_socket()
    path.unlink()
    path.write_text("somebody's")
    with pytest.raises(BindError, match="is no socket"):
        RegisterSocket(None, path)  # type: ignore[arg-type]
    assert path.read_text() == "somebody's"
    with pytest.raises(BindError, match="folder is not there"):
        RegisterSocket(None, tmp_path / "nowhere" / "s")  # type: ignore[arg-type]
    with pytest.raises(BindError, match="107 letters"):
        RegisterSocket(None, tmp_path / ("s" * 108))  # type: ignore[arg-type]
