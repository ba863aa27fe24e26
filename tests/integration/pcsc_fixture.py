"""A private, real pcscd with the virtual reader (Debian: pcscd, vsmartcard-vpcd) for tests of any part.

Import both into a conftest: `from tests.integration.pcsc_fixture import _pcscd_process, pcscd`. A `PrivatePcscd` has
two readers, `Virtual PCD 00 00` on port `ports[0]` and `Virtual PCD 00 01` on `ports[1]`; whoever connects to a port
and speaks the vpcd protocol is the card. Programs started by a test find this pcscd through the environment variable
PCSCLITE_CSOCK_NAME, which is set for all tests (`name_socket`); `environment` holds it too.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.evidence import used
from tests.support.programs import free_ports

VPCD_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
SYSTEM_RUN = Path("/run/pcscd")
SOCKET = "pcscd.comm"
START_TRIES = 200
START_PAUSE_S = 0.05
STOP_TIMEOUT_S = 10.0
READER_CONFIG = """FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x{port:04X}
LIBPATH      {driver}
CHANNELID    0x{port:04X}
"""
# In a mount namespace of its own the folder takes the place of /run/pcscd, so that no system pcscd is disturbed, while
# the socket can be reached from outside through the folder.
IN_OWN_NAMESPACE = 'mount --bind "$1" /run/pcscd && shift && exec "$@"'
NO_POLKIT = "--disable-polkit"  # pcsc-lite from 2.0.1 asks polkit, which a test machine need not run


class PrivatePcscd:
    """One pcscd process that can be stopped, killed and started again with the same readers and socket."""

    reader_names = ("Virtual PCD 00 00", "Virtual PCD 00 01")

    def __init__(self, folder: Path) -> None:
        self._run = folder / "run"
        self._config = folder / "readers"
        self._log_path = folder / "pcscd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._run.mkdir()
        self._config.mkdir()
        self.ports = free_ports(2)  # the virtual reader's second slot takes the next port
        (self._config / "vpcd").write_text(READER_CONFIG.format(port=self.ports[0], driver=VPCD_DRIVER))
        self._namespace = _namespace_command()
        self.socket_path = self._run / SOCKET
        if not self._namespace:
            self.socket_path.symlink_to(SYSTEM_RUN / SOCKET)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to talk to this pcscd."""
        return {"PCSCLITE_CSOCK_NAME": str(self.socket_path)}

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._process is not None

    def start(self) -> None:
        """Run pcscd and wait until it answers and listens for cards."""
        if self._process is not None:
            raise RuntimeError("pcscd is already started")
        command = ["pcscd", "--foreground", "--config", str(self._config), *_polkit_option()]
        if self._namespace:
            command = [*self._namespace, "sh", "-c", IN_OWN_NAMESPACE, "sh", str(self._run), *command]
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        pause = threading.Event()
        for _ in range(START_TRIES):
            if self._process.poll() is not None:
                break
            if self._answers() and all(_listens(port) for port in self.ports):
                used("pcscd", _version())
                return
            pause.wait(START_PAUSE_S)
        self.stop()
        raise RuntimeError(f"pcscd did not start: {self._log_path.read_text(errors='replace')[-2000:]}")

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """End pcscd with that signal, and for good after a while."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(with_signal)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT_S)

    def kill(self) -> None:
        """SIGKILL: no goodbye to clients, socket and process file left behind."""
        self.stop(signal.SIGKILL)

    def restart(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """Stop with that signal and start again."""
        self.stop(with_signal)
        self.start()

    def wait_until_empty(self) -> None:
        """Wait until the service has noticed that no card is left; it looks every 0.4 s only."""
        from smartcard import scard  # noqa: PLC0415 (loads libpcsclite, which only these tests need)

        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        if code != scard.SCARD_S_SUCCESS:
            raise RuntimeError(f"pcscd does not answer: {scard.SCardGetErrorMessage(code)}")
        try:
            for name in self.reader_names:
                states = [(name, scard.SCARD_STATE_UNAWARE)]
                for _ in range(START_TRIES):
                    code, found = scard.SCardGetStatusChange(context, 500, states)
                    if code == scard.SCARD_S_SUCCESS:
                        states = [(name, found[0][1])]
                    if states[0][1] & scard.SCARD_STATE_EMPTY:
                        break
                else:
                    raise RuntimeError(f"a card was left in {name}")
        finally:
            scard.SCardReleaseContext(context)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.socket_path)) == 0


def _listens(port: int) -> bool:
    """Whether somebody listens there, told by the kernel's table: a connection would be taken for a card."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            _slot, local, _remote, state = line.split()[:4]
            if local.endswith(wanted) and state == "0A":
                return True
    return False


def _version() -> str:
    usage = subprocess.run(["pcscd", "--version"], capture_output=True, check=False, text=True).stdout
    return " ".join(usage.split()[:3]).rstrip(".")


def _polkit_option() -> list[str]:
    usage = subprocess.run(["pcscd", "--help"], capture_output=True, check=False).stdout
    return [NO_POLKIT] if NO_POLKIT.encode() in usage else []


def _namespace_command() -> list[str]:
    """How to get a mount namespace here; empty where it is not allowed."""
    as_root = ["unshare", "--mount", "--propagation", "private"]
    as_user = ["unshare", "--user", "--map-root-user", "--mount"]
    if not SYSTEM_RUN.exists() and os.geteuid() == 0:
        SYSTEM_RUN.mkdir(mode=0o755, parents=True)
    for command in (as_root, as_user):
        probe = [*command, "sh", "-c", 'mount --bind "$1" "$1"', "sh", str(SYSTEM_RUN)]
        if shutil.which("unshare") and subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return command
    return []


@cache
def _folder() -> Path:
    """This process's. A short path: a socket's name has 107 characters at most."""
    folder = Path(tempfile.mkdtemp(prefix="pcscd-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def name_socket() -> None:
    """Say where this process's pcscd will be, running or not, before any test.

    The library reads the variable once per process: had a test asked for readers before, none would find the service.
    """
    os.environ["PCSCLITE_CSOCK_NAME"] = str(_folder() / "run" / SOCKET)


@pytest.fixture(scope="session")
def _pcscd_process() -> Iterator[PrivatePcscd]:
    if shutil.which("pcscd") is None or not VPCD_DRIVER.exists():
        pytest.fail("pcscd with the virtual reader is missing: apt-get install pcscd vsmartcard-vpcd")
    service = PrivatePcscd(_folder())
    assert service.environment.items() <= os.environ.items()
    try:
        yield service
    finally:
        service.stop()


@pytest.fixture
def pcscd(_pcscd_process: PrivatePcscd) -> PrivatePcscd:
    """A running private pcscd with empty readers, started again if the test before left it stopped."""
    if not _pcscd_process.running:
        _pcscd_process.start()
    _pcscd_process.wait_until_empty()
    return _pcscd_process
