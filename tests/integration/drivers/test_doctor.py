"""`pos-engine doctor` on real pseudo-terminals, a real journal file, and beside a till that answers over HTTP."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlite
from click.testing import CliRunner
from typing_extensions import override

from firmware_sim.line.pty_port import PtyPort
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder
from firmware_sim.readers.chip_reader import ChipReader
from pos_engine import words
from pos_engine.daemon.commands.doctor import command, shell_language
from pos_engine.daemon.data_key import read_key, write_new_key
from pos_engine.daemon.lan import LIFE, make_certificate
from pos_engine.journal.engine import unlock
from tests.evidence import used

NOBODY = 1  # port 1 (tcpmux): nobody listens there


@pytest.fixture
def port() -> Iterator[PtyPort]:
    port = PtyPort()
    yield port
    port.close()


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[SimulatedPrinter]:
    printer = SimulatedPrinter(ReceiptFolder(tmp_path / "receipts", 42, pictures=False), 42)
    used("pseudo-terminal", "receipt printer")
    yield printer
    printer.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    write_new_key(tmp_path / "data.key")
    for name in ("journal.db", "replica.db"):
        with sqlite.connect(folder / name) as connection:
            unlock(connection, read_key(tmp_path / "data.key"))
            connection.execute("CREATE TABLE t (a)")
        connection.close()
    return folder


def ask_doctor(tmp_path: Path, text: str, *options: str) -> tuple[int, str]:
    config = tmp_path / "till.toml"
    config.write_text(text)
    result = CliRunner().invoke(command, ["--config", str(config), *(options or ("--language", "en"))])
    return result.exit_code, result.output


def till_toml(data: Path, reader: str, printer: str = "", port: int = NOBODY) -> str:
    return (
        f'[till]\ndata = "{data}"\nkey_file = "{data}.key"\n'
        f'[register]\nport = {port}\n[printer]\naddress = "{printer}"\n'
        f'[[reader]]\nname = "counter"\naddress = "{reader}"\n'
    )


@contextmanager
def answering(status: dict[str, Any] | str, code: int = 200, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (status if isinstance(status, str) else json.dumps(status)).encode()
            self.send_response(code if self.path == "/api/status" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        used("http", "status of a till")
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def test_all_devices_are_well(tmp_path: Path, data: Path, port: PtyPort, printer: SimulatedPrinter) -> None:
    reader = f"serial://{port.address}?protocol=id12"
    code, said = ask_doctor(tmp_path, till_toml(data, reader, f"escpos-serial://{printer.port.address}"))
    assert f"ok     reader counter: {reader} is there" in said
    assert "answers and has paper" in said
    assert "ok     journal.db: sound" in said
    assert code == 1  # the till itself does not run, which is worth a look
    assert "BROKEN" not in said


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (["paper", "0"], "has no paper. Put in a new roll."),
        (["cover", "open"], "is open. Close it."),
        (["cutter", "jam"], "reports an error"),
        (["power", "off"], "does not answer"),
    ],
)
def test_a_printer_in_trouble(
    tmp_path: Path, data: Path, port: PtyPort, printer: SimulatedPrinter, order: list[str], says: str
) -> None:
    printer.order(order)
    text = till_toml(data, f"serial://{port.address}?protocol=id12", f"escpos-serial://{printer.port.address}")
    code, said = ask_doctor(tmp_path, text)
    assert code == 2
    assert "BROKEN printer" in said
    assert says in said


def test_a_module_that_tells_uids_from_the_wrong_end(tmp_path: Path, data: Path) -> None:
    module = ChipReader("jmy", tmp_path / "jmy")
    try:
        address = f"serial://{module.port.address}?protocol=jmy"
        _, said = ask_doctor(tmp_path, till_toml(data, address))
        assert "Lay a member's card on it and ask again" in said
        module.insert("F6E5D4C3B2A104")
        code, said = ask_doctor(tmp_path, till_toml(data, address))
        assert "look   reader counter: tells UIDs from the wrong end" in said
        assert f"add uid=reversed to its address {address}" in said
        assert code == 1
        _, said = ask_doctor(tmp_path, till_toml(data, f"{address}&uid=reversed"))
        assert "ok     reader counter" in said
        assert "is there and sees the card iso14443a:04A1B2C3D4E5F6" in said
    finally:
        module.close()


def test_a_reader_that_is_missing_and_one_that_is_misspelt(tmp_path: Path, data: Path) -> None:
    code, said = ask_doctor(tmp_path, till_toml(data, f"serial://{tmp_path}/none?protocol=id12"))
    assert code == 2
    assert f"BROKEN reader counter: No reader at serial://{tmp_path}/none?protocol=id12. Check its cable" in said
    code, said = ask_doctor(tmp_path, till_toml(data, "serial:///dev/x?protocol=id13"))
    assert code == 2
    assert "must be one of id12" in said


def test_a_damaged_journal_is_told(tmp_path: Path, data: Path, port: PtyPort) -> None:
    (data / "journal.db").write_bytes(b"not a database at all" * 500)
    code, said = ask_doctor(tmp_path, till_toml(data, f"serial://{port.address}?protocol=id12"))
    assert code == 2
    assert "BROKEN journal.db" in said
    assert "restore the last backup" in said


def test_data_that_are_not_encrypted_are_worth_a_look(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    code, said = ask_doctor(tmp_path, '[till]\ndata = "data"\n')
    assert code == 1
    assert "look   key: the till's data are not encrypted. See key_file in [till]." in said


def test_a_key_that_others_may_read_is_told(tmp_path: Path, data: Path, port: PtyPort) -> None:
    (tmp_path / "data.key").chmod(0o644)
    code, said = ask_doctor(tmp_path, till_toml(data, f"serial://{port.address}?protocol=id12"))
    assert code == 2
    assert "BROKEN key: Others may read the key" in said


def test_a_till_that_was_never_enrolled(tmp_path: Path, port: PtyPort) -> None:
    code, said = ask_doctor(tmp_path, till_toml(tmp_path / "none", f"serial://{port.address}?protocol=id12"))
    assert code == 2
    assert "pos-engine enrol" in said


def test_a_running_till_is_asked_for_its_devices(tmp_path: Path, data: Path) -> None:
    device = {"name": "counter", "kind": "reader", "state": "missing", "code": "reader_missing", "text": "Not here."}
    new = {"name": "belt", "kind": "belt", "state": "trouble", "code": "of a newer version", "text": "It slips."}
    with answering({"version": "1", "enrolled": True, "workstation_id": "w1", "devices": [device, new]}) as port:
        toml = till_toml(data, "serial:///dev/nothing?protocol=id12", port=port)
        code, said = ask_doctor(tmp_path, toml)
        _, verbose = ask_doctor(tmp_path, toml, "--language", "de", "--verbose")
    assert code == 2
    assert "ok     till: runs and answers" in said
    assert "ok     enrolment: this till is w1" in said
    assert "BROKEN reader counter: No reader at serial:///dev/nothing?protocol=id12. Check its cable" in said
    assert "BROKEN part belt: It slips." in said
    assert "DEFEKT  Leser counter: Kein Leser unter serial:///dev/nothing?protocol=id12. Kabel" in verbose
    assert "\n          Not here.\n" in verbose


def test_what_a_running_till_says_of_itself_is_passed_on(tmp_path: Path, data: Path) -> None:
    ending = {"name": "printer", "kind": "printer", "state": "ok", "code": "printer_paper_near_end", "text": "soon"}
    status = {"enrolled": True, "workstation_id": "w1", "devices": [ending]}
    with answering(status) as port:
        code, said = ask_doctor(tmp_path, till_toml(data, "pcsc://", "escpos-tcp://printer.shop:9100", port=port))
    assert code == 1
    assert "look   printer: escpos-tcp://printer.shop:9100: the paper ends soon. Have a roll at hand." in said
    for trouble, says in (
        ({"disk_failed": True}, "BROKEN disk: cannot be written"),
        ({"disk_reserve_held": False}, "BROKEN disk: is almost full"),
        ({"failing": {"sync": "ValueError: x"}}, "BROKEN part sync: failed and is tried again (ValueError: x)"),
    ):
        with answering({**status, **trouble}) as port:
            code, said = ask_doctor(tmp_path, till_toml(data, "pcsc://", port=port))
        assert code == 2
        assert says in said


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_it_speaks_the_six_languages(tmp_path: Path, data: Path, language: str) -> None:
    def sentence(code: str, **params: str) -> str:
        return words.text(f"doctor.{code}", language, **params)

    reader, printer = f"serial://{tmp_path}/none?protocol=id12", "escpos-tcp://127.0.0.1:1"
    code, said = ask_doctor(tmp_path, till_toml(data, reader, printer), "--language", language)
    assert code == 2
    assert f"{sentence('subject.reader', name='counter')}: {sentence('reader_missing', where=reader)}\n" in said
    assert f"{sentence('subject.printer', name='')}: {sentence('printer_offline', where=printer)}\n" in said
    assert f"journal.db: {sentence('database_sound')}\n" in said
    assert said.count(sentence("mark_bad")) == 2


def test_the_console_says_which_language_unless_it_is_told() -> None:
    assert shell_language({"LANG": "de_CH.UTF-8"}) == "de"
    assert shell_language({"LANG": "de_CH.UTF-8", "LC_ALL": "cs_CZ.UTF-8", "LC_MESSAGES": ""}) == "cs"
    assert shell_language({"LANG": "C.UTF-8"}) == shell_language({}) == "en"


@pytest.mark.parametrize("status", [401, 403])
def test_a_till_that_lets_nobody_in_is_no_strange_program(tmp_path: Path, data: Path, status: int) -> None:
    with answering("", status) as port:
        code, said = ask_doctor(tmp_path, till_toml(data, "pcsc://", port=port))
    assert code == 2
    assert f"BROKEN till: cannot be asked: {status}. See token_file" in said


@pytest.mark.parametrize(
    ("made_ago", "says"),
    [
        (timedelta(days=1), "ok     certificate: good until"),
        (LIFE - timedelta(days=20), "look   certificate: {path} ends on"),
        (LIFE + timedelta(days=20), "BROKEN certificate: {path} ended on"),
    ],
)
def test_the_certificate_is_looked_at(tmp_path: Path, data: Path, made_ago: timedelta, says: str) -> None:
    path, key = tmp_path / "till.crt", tmp_path / "till.pem"
    make_certificate(path, key, ["10.0.0.1"], datetime.now(UTC) - made_ago)
    (tmp_path / "token").write_text("0" * 32)
    toml = till_toml(data, f"serial://{tmp_path}/none?protocol=id12")
    tls = f'tls_certificate = "{path}"\ntls_key = "{key}"\ntoken_file = "{tmp_path}/token"\n'
    found, said = ask_doctor(tmp_path, toml.replace("[printer]", f"{tls}[printer]"))
    assert says.format(path=path) in said
    assert found == 2  # the reader is not there
    assert "look   till: does not run" in said


def test_a_till_with_another_certificate_runs_and_cannot_be_asked(tmp_path: Path, data: Path) -> None:
    for name in ("shown", "configured"):
        make_certificate(tmp_path / f"{name}.crt", tmp_path / f"{name}.pem", ["10.0.0.1"], datetime.now(UTC))
    (tmp_path / "token").write_text("0" * 32)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "shown.crt", tmp_path / "shown.pem")
    tls = "".join(
        f'{setting} = "{tmp_path}/{file}"\n'
        for setting, file in (
            ("tls_certificate", "configured.crt"),
            ("tls_key", "configured.pem"),
            ("token_file", "token"),
        )
    )
    with answering({"enrolled": True}, tls=context) as port:
        toml = till_toml(data, "pcsc://", port=port).replace("[printer]", f"{tls}[printer]")
        code, said = ask_doctor(tmp_path, toml)
    assert code == 2
    assert "BROKEN till: cannot be asked: [SSL: CERTIFICATE_VERIFY_FAILED]" in said


def test_a_running_till_that_is_well(tmp_path: Path, data: Path) -> None:
    device = {"name": "counter", "kind": "reader", "state": "ok", "text": ""}
    with answering({"enrolled": True, "workstation_id": "w1", "devices": [device]}) as port:
        code, said = ask_doctor(tmp_path, till_toml(data, "pcsc://", port=port))
    assert code == 0, said


def test_a_strange_program_on_the_port_is_told(tmp_path: Path, data: Path, port: PtyPort) -> None:
    with answering("<html>hello</html>") as number:
        code, said = ask_doctor(tmp_path, till_toml(data, f"serial://{port.address}?protocol=id12", port=number))
    assert code == 2
    assert "does not answer as a till" in said


def test_a_configuration_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    code, said = ask_doctor(tmp_path, "[till]\ndatta = 1\n")
    assert code == 2
    assert "did you mean data?" in said


def test_lines_to_registers_and_the_cable_are_tried(tmp_path: Path, data: Path, port: PtyPort) -> None:
    other = PtyPort()
    text = till_toml(data, f"serial://{port.address}?protocol=id12") + (
        f'[[register_line]]\nname = "one"\naddress = "nexo-serial://{other.address}"\n'
        '[[register_line]]\nname = "two"\naddress = "nexo-serial:///dev/nowhere"\n'
        f'[pass_through]\nregister = "{other.address}"\nprinter = "escpos-serial:///dev/nowhere"\n'
        "not_a_fiscal_printer = true\n"
    )
    code, said = ask_doctor(tmp_path, text)
    assert f"ok     register one: nexo-serial://{other.address} can be used" in said
    assert "BROKEN register two: There is no line to the register at nexo-serial:///dev/nowhere. Check" in said
    ends = f"{other.address}, escpos-serial:///dev/nowhere"
    assert f"BROKEN pass-through: The cable between register and printer is interrupted at {ends}. Check" in said
    assert code == 2
    other.close()


def test_a_module_that_does_not_answer_is_named(tmp_path: Path, data: Path, port: PtyPort) -> None:
    _, said = ask_doctor(tmp_path, till_toml(data, f"serial://{port.address}?protocol=pn532"))
    assert "BROKEN reader counter: The reader at" in said
    assert "does not answer. Check its power, its cable, and protocol= and baud=" in said
