"""What `pos-engine doctor` finds: each device, the databases and the running till, in plain words with what to do.

A till that runs holds its devices, so it is asked; only when it does not run the devices are tried here.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Literal

import httpx
import msgspec
import sqlcipher3.dbapi2 as sqlite

from pos_engine import CORE
from pos_engine.daemon import uid_order
from pos_engine.daemon.config import Config
from pos_engine.daemon.config_sections import PassThroughSection, RegisterSection, TillSection
from pos_engine.daemon.data_key import DataKeyError, data_key
from pos_engine.daemon.http_guard import REGISTER_PATH
from pos_engine.daemon.lan import certificate_trouble
from pos_engine.journal.engine import unlock
from pos_engine.ports.devices import DeviceError, Printer, Reader
from pos_engine.ports.pass_through import PassThrough
from pos_engine.ports.register_line import RegisterLine
from pos_engine.registers.printed.template import TemplateError, load_template

Verdict = Literal["ok", "warning", "bad"]

LISTEN_S = 0.5  # a reader is listened to for so long after it was opened
ASK_TIMEOUT_S = 3.0
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (how a configuration says "on every address")
STATUS_LINE_BYTES_MAX = 200
DATABASES = ("journal.db", "replica.db")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `text` says what is wrong and what to do, or that all is well."""

    subject: str
    verdict: Verdict
    text: str


class ReportedDevice(msgspec.Struct, frozen=True):
    """A device as `/api/status` tells it."""

    name: str
    kind: str
    state: str
    text: str = ""


class ReportedTill(msgspec.Struct, frozen=True):
    """The part of `/api/status` that is judged here; what else it tells is passed over."""

    enrolled: bool
    workstation_id: str = ""
    devices: tuple[ReportedDevice, ...] = ()


@dataclass(frozen=True)
class Drivers:
    """How to reach a device by its address (ValueError when it is no address), and what time it is."""

    open_reader: Callable[[str], Reader]
    make_printer: Callable[[str], Printer]
    make_register_line: Callable[[str], RegisterLine]
    make_pass_through: Callable[[str, str, str], PassThrough]
    now: Callable[[], datetime]


def examine(config: Config, drivers: Drivers) -> Iterator[Finding]:
    """Everything there is to say about this till, one finding after the other."""
    yield Finding("rule core", "warning" if CORE.surprising else "ok", str(CORE))
    yield from _databases(config.till)
    answer = _ask_running_till(config.register)
    if isinstance(answer, ReportedTill):
        yield Finding("till", "ok", "runs and answers")
        if config.register.unix_socket:
            yield _register_socket(config.register.unix_socket)
        yield _enrolment(answer)
        for device in answer.devices:
            yield _reported(device)
        return
    yield answer
    if not config.reader:
        yield Finding("readers", "warning", "none is configured: cards must be typed in. Add a [[reader]].")
    for reader in config.reader:
        yield _try_reader(reader.name, reader.address, drivers)
    for line in config.register_line:
        make = partial(drivers.make_register_line, line.address)
        yield _try_line(f"register {line.name}", f"{line.address} can be used", make)
    if config.pass_through.register:
        yield _try_pass_through(config.pass_through, drivers)
        return
    if not config.printer.address:
        yield Finding("printer", "warning", "none is configured: no receipt and no coupon is printed. See [printer].")
    else:
        yield _try_printer(config.printer.address, drivers)


def _databases(till: TillSection) -> Iterator[Finding]:
    folder = Path(till.data)
    if not folder.is_dir():
        yield Finding("data", "bad", f"{folder} is not there. Enrol this till first: pos-engine enrol")
        return
    try:
        key = data_key(till)
    except DataKeyError as error:
        yield Finding("key", "bad", str(error))
        return
    if key is None:
        yield Finding("key", "warning", "the till's data are not encrypted. See key_file in [till].")
    for name in DATABASES:
        yield _database(folder / name, key)


def _certificate(register: RegisterSection, now: datetime) -> Iterator[Finding]:
    if register.tls_certificate:
        trouble = certificate_trouble(Path(register.tls_certificate), now)
        yield Finding("certificate", "warning" if trouble else "ok", trouble or "good for a while")


def _database(path: Path, key: bytes | None) -> Finding:
    if not path.exists():
        return Finding(path.name, "warning", f"{path} is not there yet; enrolment and the first start make it.")
    try:
        with closing(sqlite.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            unlock(connection, key)
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite.Error as error:
        answer = str(error)
    if answer == "ok":
        return Finding(path.name, "ok", "sound")
    advice = "Stop the till, keep the file, and restore the last backup."
    if path.name == "replica.db":
        advice = "Stop the till and delete the file: it is fetched again."
    return Finding(path.name, "bad", f"{path} is damaged ({answer}). {advice}")


def _ask_running_till(register: RegisterSection) -> ReportedTill | Finding:
    host = EVERY_ADDRESS.get(register.host, register.host)
    scheme = "https" if register.tls_certificate else "http"
    url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{register.port}/api/status"
    try:
        response = httpx.get(
            url, headers=_headers(register), timeout=ASK_TIMEOUT_S, verify=_trust(register), trust_env=False
        )
        response.raise_for_status()
        return msgspec.json.decode(response.content, type=ReportedTill)
    except httpx.ConnectError:
        return Finding("till", "warning", f"does not run (nobody at {url}); the devices are tried without it.")
    except (OSError, UnicodeDecodeError) as error:
        return Finding("till", "bad", f"cannot be asked: {error}. See token_file and tls_certificate in [register].")
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        return Finding("till", "bad", f"{url} does not answer as a till ({error}). Is another program on this port?")


def _register_socket(path: str) -> Finding:
    """Whether registers on this machine are served. A question that is no message is answered with its status."""
    subject = "register socket"
    try:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(ASK_TIMEOUT_S)
            asked.connect(path)
            asked.sendall(f"GET {REGISTER_PATH} HTTP/1.0\r\n\r\n".encode())
            status_line = asked.makefile("rb").readline(STATUS_LINE_BYTES_MAX).split()
    except PermissionError:
        text = f"{path} may not be opened by this user. Put the register's user into the socket's group."
        return Finding(subject, "warning", text)
    except OSError as error:
        return Finding(subject, "bad", f"{path} does not answer ({error}). Restart the till; see unix_socket.")
    if status_line[1:2] == [str(HTTPStatus.METHOD_NOT_ALLOWED.value).encode()]:
        return Finding(subject, "ok", f"{path} answers")
    return Finding(subject, "bad", f"{path} is served by another program. Choose another path in [register].")


def _headers(register: RegisterSection) -> dict[str, str]:
    if not register.token_file:
        return {}
    token = Path(register.token_file).read_text(encoding="ascii").strip()
    return {"Authorization": f"Bearer {token}"}


def _trust(register: RegisterSection) -> ssl.SSLContext | bool:
    """Trust the till's own certificate and nothing else; its name is not this address."""
    if not register.tls_certificate:
        return True
    context = ssl.create_default_context(cafile=register.tls_certificate)
    context.check_hostname = False
    return context


def _enrolment(till: ReportedTill) -> Finding:
    if till.enrolled:
        return Finding("enrolment", "ok", f"this till is {till.workstation_id}")
    return Finding("enrolment", "bad", "this till belongs to no shop yet. Enrol it: pos-engine enrol")


def _reported(device: ReportedDevice) -> Finding:
    verdict: Verdict = "ok" if device.state == "ok" else "warning" if device.state == "starting" else "bad"
    words = {"ok": "answers", "starting": "has not answered yet; ask again in a moment"}
    return Finding(f"{device.kind} {device.name}", verdict, device.text or words.get(device.state, device.state))


def _try_reader(name: str, address: str, drivers: Drivers) -> Finding:
    subject = f"reader {name}"
    try:
        reader = drivers.open_reader(address)
        try:
            reader.open()
            event = reader.next_event(LISTEN_S)
        finally:
            reader.close()
    except (DeviceError, ValueError) as error:
        return Finding(subject, "bad", str(error))
    if wrong := uid_order.trouble(address, event):
        return Finding(subject, "warning", wrong)
    sees = "" if event is None else f" and sees {type(event).__name__}"
    return Finding(subject, "ok", f"{address} is there{sees}{uid_order.advice(address, event)}")


def _try_line(subject: str, good: str, make: Callable[[], RegisterLine | PassThrough]) -> Finding:
    try:
        line = make()
        try:
            line.open()
        finally:
            line.close()
    except (DeviceError, ValueError) as error:
        return Finding(subject, "bad", str(error))
    return Finding(subject, "ok", good)


def _try_pass_through(section: PassThroughSection, drivers: Drivers) -> Finding:
    try:
        encoding = load_template(section.template).encoding
    except TemplateError as error:
        return Finding("pass-through", "bad", str(error))
    make = partial(drivers.make_pass_through, section.register, section.printer, encoding)
    return _try_line("pass-through", "both ends of the cable can be used", make)


def _try_printer(address: str, drivers: Drivers) -> Finding:
    try:
        printer = drivers.make_printer(address)
        try:
            printer.open()
            status = printer.status()
        finally:
            printer.close()
    except (DeviceError, ValueError) as error:
        return Finding("printer", "bad", str(error))
    if status.paper_out:
        return Finding("printer", "bad", f"{address} has no paper. Put in a new roll.")
    if status.cover_open:
        return Finding("printer", "bad", f"the cover of {address} is open. Close it.")
    if not status.can_print:
        return Finding("printer", "bad", f"{address} reports an error. Switch it off and on; look at the cutter.")
    if status.paper_near_end:
        return Finding("printer", "warning", f"{address}: the paper ends soon. Have a roll at hand.")
    return Finding("printer", "ok", f"{address} answers and has paper")
