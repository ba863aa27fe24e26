"""What `pos-engine doctor` finds: each device, the databases and the running till, in plain words with what to do.

A till that runs holds its devices, so it is asked; only when it does not run the devices are tried here.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import get_args

import httpx
import msgspec
import sqlcipher3.dbapi2 as sqlite

from pos_engine import CORE, words
from pos_engine.daemon.config import Config
from pos_engine.daemon.config_sections import RegisterSection, TillSection
from pos_engine.daemon.data_key import DataKeyError, data_key
from pos_engine.daemon.doctor_devices import DeviceLook, Drivers
from pos_engine.daemon.finding import Finding, Saying, Verdict
from pos_engine.daemon.http_guard import REGISTER_PATH
from pos_engine.daemon.lan import certificate_state
from pos_engine.journal.engine import unlock
from pos_engine.ports.devices import DeviceCode

ASK_TIMEOUT_S = 3.0
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (how a configuration says "on every address")
STATUS_LINE_BYTES_MAX = 200
REPLICA = "replica.db"
DATABASES = ("journal.db", REPLICA)
NOT_LET_IN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class ReportedDevice(msgspec.Struct, frozen=True):
    """A device as `/api/status` tells it. `code`: what is the matter; of another version it may be unknown here."""

    name: str
    kind: str
    state: str
    code: str = ""
    text: str = ""


class ReportedTill(msgspec.Struct, frozen=True):
    """The part of `/api/status` that is judged here; what else it tells is passed over."""

    enrolled: bool
    workstation_id: str = ""
    devices: tuple[ReportedDevice, ...] = ()
    disk_failed: bool = False
    disk_reserve_held: bool = True
    failing: dict[str, str] = {}


def examine(config: Config, drivers: Drivers, now: datetime, language: str) -> Iterator[Finding]:
    """Everything there is to say about this till, one finding after the other, in one of the six languages."""
    return _Examination(config, Saying(language), now).findings(drivers)


@dataclass(frozen=True)
class _Examination:
    config: Config
    say: Saying
    now: datetime

    def findings(self, drivers: Drivers) -> Iterator[Finding]:
        yield self._core()
        yield from self._databases(self.config.till)
        if self.config.register.tls_certificate:
            yield self._certificate(Path(self.config.register.tls_certificate))
        answer = self._ask_running_till(self.config.register)
        if isinstance(answer, Finding):
            yield answer
            yield from DeviceLook(drivers, self.say).all_of(self.config)
        else:
            yield from self._running(answer)

    def _core(self) -> Finding:
        if CORE.surprising:
            return self.say.finding("core", "warning", "core_surprising", why=CORE.why)
        return self.say.finding("core", "ok", f"core_{CORE.core}")

    def _databases(self, till: TillSection) -> Iterator[Finding]:
        folder = Path(till.data)
        if not folder.is_dir():
            yield self.say.finding("data", "bad", "data_missing", path=str(folder))
            return
        try:
            key = data_key(till)
        except DataKeyError as error:
            yield Finding(self.say.subject("key"), "bad", str(error))
            return
        if key is None:
            yield self.say.finding("key", "warning", "not_encrypted")
        for name in DATABASES:
            yield self._database(folder / name, key)

    def _database(self, path: Path, key: bytes | None) -> Finding:
        if not path.exists():
            return Finding(path.name, "warning", self.say.text("database_missing", path=str(path)))
        try:
            with closing(sqlite.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
                unlock(connection, key)
                (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite.Error as error:
            answer = str(error)
        if answer == "ok":
            return Finding(path.name, "ok", self.say.text("database_sound"))
        code = "replica_damaged" if path.name == REPLICA else "journal_damaged"
        return Finding(path.name, "bad", self.say.text(code, path=str(path), cause=answer))

    def _certificate(self, path: Path) -> Finding:
        state = certificate_state(path, self.now)
        verdict: Verdict = "ok" if state.code == "good" else "warning" if state.code == "ends" else "bad"
        ends_on = "" if state.ends_on is None else words.date_text(state.ends_on, self.say.language)
        code = f"certificate_{state.code}"
        return self.say.finding("certificate", verdict, code, path=str(path), date=ends_on, cause=state.cause)

    def _ask_running_till(self, register: RegisterSection) -> ReportedTill | Finding:
        host = EVERY_ADDRESS.get(register.host, register.host)
        scheme = "https" if register.tls_certificate else "http"
        url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{register.port}/api/status"
        try:
            response = httpx.get(
                url, headers=_headers(register), timeout=ASK_TIMEOUT_S, verify=_trust(register), trust_env=False
            )
            if response.status_code in NOT_LET_IN:
                return self.say.finding("till", "bad", "till_not_asked", cause=str(response.status_code))
            response.raise_for_status()
            return msgspec.json.decode(response.content, type=ReportedTill)
        except httpx.ConnectError as error:
            if isinstance(error.__context__, ssl.SSLError) or "SSL" in str(error):
                return self.say.finding("till", "bad", "till_not_asked", cause=_first_line(error))
            return self.say.finding("till", "warning", "till_absent", url=url)
        except (OSError, UnicodeDecodeError) as error:
            return self.say.finding("till", "bad", "till_not_asked", cause=str(error))
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            return self.say.finding("till", "bad", "till_strange", url=url, cause=_first_line(error))

    def _running(self, till: ReportedTill) -> Iterator[Finding]:
        yield self.say.finding("till", "ok", "till_answers")
        if self.config.register.unix_socket:
            yield self._register_socket(self.config.register.unix_socket)
        if till.enrolled:
            yield self.say.finding("enrolment", "ok", "enrolled", name=till.workstation_id)
        else:
            yield self.say.finding("enrolment", "bad", "not_enrolled")
        if till.disk_failed:
            yield self.say.finding("disk", "bad", "disk_failed")
        elif not till.disk_reserve_held:
            yield self.say.finding("disk", "bad", "disk_full")
        for name, cause in till.failing.items():
            yield Finding(self.say.subject("part", name), "bad", self.say.text("part_failing", cause=cause))
        for device in till.devices:
            yield self._reported(device)

    def _register_socket(self, path: str) -> Finding:
        """Whether registers on this machine are served. A question that is no message is answered with its status."""
        try:
            with socket.socket(socket.AF_UNIX) as asked:
                asked.settimeout(ASK_TIMEOUT_S)
                asked.connect(path)
                asked.sendall(f"GET {REGISTER_PATH} HTTP/1.0\r\n\r\n".encode())
                status_line = asked.makefile("rb").readline(STATUS_LINE_BYTES_MAX).split()
        except PermissionError:
            return self.say.finding("socket", "warning", "socket_denied", path=path)
        except OSError as error:
            return self.say.finding("socket", "bad", "socket_dead", path=path, cause=str(error))
        if status_line[1:2] == [str(HTTPStatus.METHOD_NOT_ALLOWED.value).encode()]:
            return self.say.finding("socket", "ok", "socket_answers", path=path)
        return self.say.finding("socket", "bad", "socket_strange", path=path)

    def _reported(self, device: ReportedDevice) -> Finding:
        kind = device.kind if device.kind in {"reader", "register", "printer"} else "part"
        subject = self.say.subject(kind, device.name)
        verdict: Verdict = "bad"
        if device.state in {"ok", "starting"}:  # well, and nothing to say: the paper may end soon
            verdict = "ok" if device.state == "ok" and not device.code else "warning"
        if device.code in _DEVICE_CODES:
            text = self.say.text(device.code, where=self._address(device))
        else:
            plain = {"ok": "device_answers", "starting": "device_starting"}.get(device.state)
            text = device.text or (device.state if plain is None else self.say.text(plain))
        return Finding(subject, verdict, text, device.text)

    def _address(self, device: ReportedDevice) -> str:
        """Where a device is, as the configuration says it; its name when that does not."""
        if device.code == "pass_through_gone":
            return f"{self.config.pass_through.register}, {self.config.pass_through.printer}"
        if device.kind == "printer":
            return self.config.printer.address or self.config.pass_through.printer or device.name
        named = self.config.reader if device.kind == "reader" else self.config.register_line
        return next((each.address for each in named if each.name == device.name), device.name)


_DEVICE_CODES: frozenset[str] = frozenset(get_args(DeviceCode))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


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
