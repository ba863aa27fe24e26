"""Programs of the demo as child processes: started with a log each, ended in reverse order, never left behind."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

STOP_WAIT_S = 15.0
POLL_S = 0.2
LOG_TAIL_CHARACTERS = 1500

_FOLLOW = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
"""A child ends with this process, also when this one is killed."""


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


class Programs:
    """The children of this process."""

    def __init__(self, log_folder: Path, environment: Mapping[str, str], stopped: threading.Event) -> None:
        """`stopped`: set by Ctrl-C; every wait ends in KeyboardInterrupt then."""
        self._stopped = stopped
        self._log_folder = log_folder
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        log_folder.mkdir(parents=True, exist_ok=True)

    def run(self, name: str, arguments: Sequence[str], wait_s: float) -> str:
        """Run one of our programs to its end and give back what it printed. DemoError with its words when it fails."""
        with self.log_path(name).open("w+b") as log:
            process = subprocess.Popen(
                [*_FOLLOW, sys.executable, "-m", *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            self._running.append((name, process))  # so that it is ended too when we are stopped meanwhile
            for _ in range(int(wait_s / POLL_S)):
                if process.poll() is not None:
                    break
                self._pause()
            else:
                raise DemoError(f"{name} did not finish within {wait_s:.0f} s: {' '.join(arguments)}")
            self._running.pop()
            log.seek(0)
            printed = log.read().decode("utf-8", "replace")
        if process.returncode:
            raise DemoError(f"{name} failed ({' '.join(arguments)}): {printed.strip()[-LOG_TAIL_CHARACTERS:]}")
        return printed

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start one of our programs. It gets no Ctrl-C of the terminal: it is ended in order, by `stop`."""
        with self.log_path(name).open("ab") as log:
            process = subprocess.Popen(
                [*_FOLLOW, sys.executable, "-m", *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append((name, process))

    def require_running(self) -> None:
        """DemoError with the end of its log when a program has ended by itself."""
        for name, process in self._running:
            if process.poll() is not None:
                tail = self.log_path(name).read_text(encoding="utf-8", errors="replace")[-LOG_TAIL_CHARACTERS:]
                raise DemoError(
                    f"{name} ended with code {process.returncode}; the end of {self.log_path(name)}:\n{tail}"
                )

    def has_said(self, name: str, words: str) -> bool:
        """Whether a program's log has these words by now: what it says once it has its port, and no other can say."""
        return words in self.log_path(name).read_text(encoding="utf-8", errors="replace")

    def wait_until(self, condition: Callable[[], bool], what: str, wait_s: float) -> None:
        """Wait for a condition. DemoError when it takes too long or a program died."""
        for _ in range(int(wait_s / POLL_S)):
            if condition():
                # Another program may have taken the port between the check and the start, and answer in its place.
                self.require_running()
                return
            self.require_running()
            self._pause()
        raise DemoError(f"{what} did not happen within {wait_s:.0f} s; the logs are in {self._log_folder}")

    def _pause(self) -> None:
        if self._stopped.wait(POLL_S):
            raise KeyboardInterrupt

    def log_path(self, name: str) -> Path:
        """Where a program's words go."""
        return self._log_folder / f"{name}.log"

    def stop(self) -> None:
        """End all of them, the last started first."""
        while self._running:
            _name, process = self._running.pop()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_WAIT_S)


def require_free_ports(ports: Mapping[int, str]) -> None:
    """DemoError naming the port and what it is needed for."""
    for port, use in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as problem:
                raise DemoError(
                    f"Port {port}, needed for {use}, is in use ({problem.strerror}). End the program that has it "
                    f"(`ss -ltnp 'sport = :{port}'` names it), or is another demo running?"
                ) from problem


def fetch(url: str, wait_s: float = 2.0) -> bytes | None:
    """What a page answers; None when it does not answer or refuses."""
    try:
        with urllib.request.urlopen(url, timeout=wait_s) as answer:  # noqa: S310 (addresses of our own children)
            return bytes(answer.read())
    except (OSError, http.client.HTTPException):
        return None
