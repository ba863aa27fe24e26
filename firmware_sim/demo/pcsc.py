"""PC/SC for the demo: a private daemon where possible, else the system's, else none, and the sentence that says so."""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from firmware_sim.cards.private_pcscd import PcscUnavailableError, PrivatePcscd, port_is_served
from firmware_sim.cards.slot import VPCD_PORT

SYSTEM_SOCKET = Path("/run/pcscd/pcscd.comm")
SYSTEM_WAIT_S = 5.0
FIRST_PRIVATE_PORT = 36100
PRIVATE_PORTS_MAX = 50
STARTS_MAX = 3


@dataclass(frozen=True)
class Pcsc:
    """`ports`: the two slots, empty without PC/SC. `environment`: what the tills need to find the daemon."""

    words: str
    ports: tuple[int, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def open_pcsc() -> Iterator[Pcsc]:
    """The best PC/SC there is, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="pcscd-"))
    try:
        service = _started(folder)
    except PcscUnavailableError as problem:
        shutil.rmtree(folder, ignore_errors=True)
        yield _system_pcsc(str(problem))
        return
    try:
        words = f"PC/SC is a private pcscd, cards on ports {service.port} and {service.port + 1}"
        yield Pcsc(words, (service.port, service.port + 1), service.environment)
    finally:
        service.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> PrivatePcscd:
    """A private daemon; again on other ports, because a connection may take one between the look and the start."""
    for attempt in range(1, STARTS_MAX + 1):
        service = PrivatePcscd(folder, _free_pair())
        try:
            service.start()
        except PcscUnavailableError:
            if attempt == STARTS_MAX:
                raise
        else:
            return service
    raise AssertionError


def _system_pcsc(why_not_private: str) -> Pcsc:
    """The system's daemon; connecting to its socket starts it where systemd does so."""
    pause = threading.Event()
    if SYSTEM_SOCKET.exists():
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.settimeout(SYSTEM_WAIT_S)
            client.connect(str(SYSTEM_SOCKET))
            for _ in range(int(SYSTEM_WAIT_S / 0.1)):
                if port_is_served(VPCD_PORT):
                    words = f"PC/SC is the system's pcscd, cards on ports {VPCD_PORT} and {VPCD_PORT + 1}"
                    return Pcsc(words, (VPCD_PORT, VPCD_PORT + 1))
                pause.wait(0.1)
    return Pcsc(
        f"PC/SC is not available ({why_not_private}), and the system has no virtual reader either: "
        "the demo goes on with serial readers, and the register names the customers' cards"
    )


def _free_pair() -> int:
    for port in range(FIRST_PRIVATE_PORT, FIRST_PRIVATE_PORT + 2 * PRIVATE_PORTS_MAX, 2):
        if not port_is_served(port) and not port_is_served(port + 1):
            return port
    return FIRST_PRIVATE_PORT
