"""A PC/SC daemon of our own beside (or without) the system's.

It runs in a mount namespace whose /run is a folder of ours: its socket then stands in that folder, and clients find
it by the environment variable PCSCLITE_CSOCK_NAME. Needs pcscd, the virtual reader (vsmartcard-vpcd) and either root
or user namespaces.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

PCSCD = "/usr/sbin/pcscd"
VPCD_CONFIG = Path("/etc/reader.conf.d/vpcd")
VPCD_LIBRARY = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
READY_WAIT_S = 10.0
STOP_WAIT_S = 5.0
UNIX_PATH_BYTES_MAX = 107


class PcscUnavailableError(Exception):
    """PC/SC cannot run here; the text says what is missing."""


class PrivatePcscd:
    """One pcscd with one virtual reader of two slots, on `port` and `port + 1`."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder.absolute()
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = threading.Event()

    @property
    def socket_path(self) -> Path:
        """Where clients find the daemon."""
        return self._folder / "run" / "pcscd" / "pcscd.comm"

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs in its environment to use this daemon and not the system's."""
        return {SOCKET_VARIABLE: str(self.socket_path)}

    def start(self) -> None:
        """Start and wait until it answers. PcscUnavailableError says what is missing."""
        library = _require_installed()
        if len(str(self.socket_path)) > UNIX_PATH_BYTES_MAX:
            raise PcscUnavailableError(f"the path {self.socket_path} is too long for a socket; use a shorter folder")
        shutil.rmtree(self._folder / "run", ignore_errors=True)
        (self._folder / "run").mkdir(parents=True)
        config = self._folder / "reader.conf"
        config.write_text(
            'FRIENDLYNAME "Virtual PCD"\n'
            f"DEVICENAME /dev/null:{self.port:#06X}\nLIBPATH {library}\nCHANNELID {self.port:#06X}\n".replace(
                "0X", "0x"
            ),
            encoding="ascii",
        )
        with (self._folder / "pcscd.log").open("wb") as log:
            self._process = subprocess.Popen(self._command(config), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if not self._wait_ready():
            self.stop()
            words = (self._folder / "pcscd.log").read_text(encoding="utf-8", errors="replace").split("\n")[0]
            raise PcscUnavailableError(
                f"a private pcscd does not start: “{words.strip() or 'no answer'}”; it needs root or user namespaces"
            )

    def stop(self, *, kill: bool = False) -> None:
        """End it, politely or at once."""
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_WAIT_S)

    def _command(self, config: Path) -> list[str]:
        namespace = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-U", "-r", "-m"]
        options = " --disable-polkit" if _knows_polkit() else ""
        script = f'mount --bind "$0" /run && exec {PCSCD} --foreground --config "$1"{options}'
        follow = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        return [*follow, *namespace, "sh", "-c", script, str(self._folder / "run"), str(config)]

    def _wait_ready(self) -> bool:
        for _ in range(int(READY_WAIT_S / 0.05)):
            if self._process is None or self._process.poll() is not None:
                return False
            if _accepts(self.socket_path) and port_is_served(self.port):
                return True
            self._pause.wait(0.05)
        return False


def _require_installed() -> Path:
    if not Path(PCSCD).exists():
        raise PcscUnavailableError("pcscd is not installed (Debian package pcscd)")
    if not shutil.which("unshare"):
        raise PcscUnavailableError("unshare is not installed (Debian package util-linux)")
    library = VPCD_LIBRARY
    if VPCD_CONFIG.exists():
        for line in VPCD_CONFIG.read_text(encoding="ascii", errors="replace").splitlines():
            words = line.split(maxsplit=1)
            if len(words) == 2 and words[0] == "LIBPATH":
                library = Path(words[1].strip())
    if not library.exists():
        raise PcscUnavailableError("the virtual card reader is not installed (Debian package vsmartcard-vpcd)")
    return library


def _knows_polkit() -> bool:
    """pcsc-lite from 2.0.1 asks polkit, which our namespace cannot reach; that build can be told not to."""
    usage = subprocess.run([PCSCD, "--help"], capture_output=True, check=False).stdout
    return b"--disable-polkit" in usage


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def port_is_served(port: int) -> bool:
    """Whether something listens on this TCP port, without connecting to it: a connection would be a card."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        if any(fields[1].endswith(wanted) and fields[3] == "0A" for fields in map(str.split, rows)):
            return True
    return False
