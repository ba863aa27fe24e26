"""Start and end of the real program: on the network with TLS, before enrolment, twice on one folder, by SIGTERM."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.daemon import DaemonProcess, fill, run_program
from tests.support.nexo import BREAD, loyalty, told

TOKEN = "0123456789abcdef0123456789abcdef"


def make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "till")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def test_with_tls_and_token_the_till_is_reached_and_not_without(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    (tmp_path / "token").write_text(TOKEN)
    register = 'token_file = "token"\ntls_certificate = "cert.pem"\ntls_key = "key.pem"\n'
    daemon = DaemonProcess(tmp_path, register_settings=register)
    fill(daemon.data)
    daemon.start()
    try:
        trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        with httpx.Client(base_url=f"https://127.0.0.1:{daemon.port}", verify=trust, trust_env=False) as client:
            message = loyalty("Award", "1", "1", [BREAD], 8.10)
            assert client.post("/nexo", json=message).status_code == 401
            assert client.get("/api/status").status_code == 401
            assert client.get("/").status_code == 401
            authorization = {"Authorization": f"Bearer {TOKEN}"}
            assert told(client.post("/nexo", json=message, headers=authorization).json())[0] == "Success"
            assert client.post("/nexo", content=b" " * (2 << 20), headers=authorization).status_code == 413
    finally:
        assert daemon.stop() == 0


def test_before_enrolment_the_register_is_told_and_the_screen_says_so(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    daemon.start()
    try:
        answer = daemon.post(loyalty("Rebate", "1", "1", [BREAD])).json()
        assert told(answer) == ("Failure", "UnavailableService", "not_enrolled")
        assert daemon.status()["enrolled"] is False
        assert daemon.receipts() == []
        assert daemon.client.get("/").status_code == 200
    finally:
        assert daemon.stop() == 0


def test_systemd_is_told_that_it_is_ready_lives_and_ends(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        told_there = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        daemon = DaemonProcess(tmp_path, extra_environment=told_there)
        daemon.start()
        heard = [manager.recv(1000) for _ in range(3)]
        assert daemon.stop() == 0
        assert heard == [f"READY=1\nSTATUS=port {daemon.port}".encode(), b"WATCHDOG=1", b"WATCHDOG=1"]
        while (last := manager.recv(1000)) == b"WATCHDOG=1":
            pass
        assert last == b"STOPPING=1"


def test_sigterm_ends_it_with_open_screens_and_connections(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    daemon.start()
    first_piece = threading.Event()

    def watch() -> None:
        with httpx.Client(trust_env=False, timeout=30) as browser:
            url = f"http://127.0.0.1:{daemon.port}/events"
            with browser.stream("GET", url) as stream:
                for _ in stream.iter_raw():
                    first_piece.set()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    idle = socket.create_connection(("127.0.0.1", daemon.port))
    assert first_piece.wait(20)
    assert daemon.stop() == 0
    assert not [event for event in daemon.log if event.get("event") == "threads_left_behind"]
    idle.close()
    watcher.join(20)
    assert not watcher.is_alive()


def test_a_second_daemon_on_the_same_folder_says_so_and_leaves_it_alone(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    daemon.start()
    try:
        second = run_program("run", "--config", str(tmp_path / "till.toml"))
        assert second.returncode == 1
        assert "journal.db" in second.stderr
        assert "Traceback" not in second.stderr
        assert daemon.status()["enrolled"]
        # The code is not used up: it is asked for the folder before the back-office.
        enrol = run_program(
            "enrol", "--config", str(tmp_path / "till.toml"), "--url", "http://127.0.0.1:9", "--code", "ABCD-EFGH"
        )
        assert enrol.returncode == 1
        assert "systemctl stop pos-engine" in enrol.stderr
        assert "Traceback" not in enrol.stderr
    finally:
        assert daemon.stop() == 0


def test_a_wrong_configuration_is_named_and_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "till.toml").write_text('[register]\nhost = "0.0.0.0"\n')
    refused = run_program("run", "--config", str(tmp_path / "till.toml"))
    assert refused.returncode == 1
    assert "the daemon listens with TLS and a token only" in refused.stderr
    assert not (tmp_path / "var").exists()
    (tmp_path / "till.toml").write_text('[[reader]]\nname = "a"\naddress = "serial:///dev/x?baud=fast"\n')
    refused = run_program("run", "--config", str(tmp_path / "till.toml"))
    assert refused.returncode == 1
    assert "baud" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_enrolment_without_an_answering_back_office_says_so(tmp_path: Path) -> None:
    (tmp_path / "till.toml").write_text("")
    config = str(tmp_path / "till.toml")
    refused = run_program("enrol", "--config", config, "--url", "http://127.0.0.1:9", "--code", "ABCD-EFGH")
    assert refused.returncode == 1
    assert "does not answer" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_hundred_and_twenty_idle_connections_do_not_keep_a_register_out(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path)
    fill(daemon.data)
    daemon.start()
    idle = []
    try:
        for _ in range(120):
            idle.append(socket.create_connection(("127.0.0.1", daemon.port)))
            idle[-1].sendall(b"POST /nexo HTTP/1.1\r\n")  # begun, and never ended
        assert told(daemon.post(loyalty("Award", "1", "1", [BREAD], 8.10)).json())[0] == "Success"
        assert daemon.client.get("/").status_code == 200
    finally:
        for connection in idle:
            connection.close()
        assert daemon.stop() == 0
