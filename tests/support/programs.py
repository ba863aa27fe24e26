"""Start the product's own programs as a person would, and stop them so that nothing is left behind."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STOP_TIMEOUT_S = 20
PORTS = range(20_000, 32_000)
"""Below those that the kernel gives to outgoing connections, from 32,768 on: a program listens seconds after its port
was chosen, and a connection of any other program could have the port by then."""
PORT_TRIES_MAX = 50
WORKERS_MAX, IN_A_ROW_MAX = 8, 2
UTIME = 10
"""Place of the CPU time among the numbers behind a program's name and state, see proc(5)."""


def free_port() -> int:
    """A TCP port of the loopback that was free a moment ago, and that nobody gets without asking for it by number."""
    return free_ports(1)[0]


def free_ports(in_a_row: int) -> tuple[int, ...]:
    """The same of ports that follow one another. No port is given twice before all of them were."""
    for _ in range(PORT_TRIES_MAX):
        first = next(_firsts)
        wanted = tuple(range(first, first + in_a_row))
        if all(_is_free(port) for port in wanted):
            return wanted
    raise RuntimeError(f"no {in_a_row} free ports in a row")


def _own_ports() -> Iterator[int]:
    """First ports, again and again: where tests are spread over several processes, each has a part of its own."""
    size = len(PORTS) // WORKERS_MAX
    own = PORTS[int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS_MAX * size :][: size - IN_A_ROW_MAX]
    places = itertools.cycle(range(0, len(own), IN_A_ROW_MAX))
    begin = random.SystemRandom().randrange(len(own))
    return (own[(begin + place) % len(own)] for place in places)


_firsts = _own_ports()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def fingerprint_in(printed: str) -> str:
    """The fingerprint that `pos-engine enrol` shows."""
    found = re.search(r"\b[A-Z2-7]{4}(-[A-Z2-7]{4}){4}\b", printed)
    assert found, printed
    return found[0]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with the checkout on the module path.

    Compiled modules are kept, whatever the machine is set to: half of what a program needs to start is compiling them.
    """
    ours = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, **ours, **(extra or {})}


def run_once(module: str, *arguments: str, env: Mapping[str, str] | None = None, timeout_s: float = 120) -> str:
    """Run a program to its end and return what it printed; its errors become part of the failure."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment(env),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, f"{module} {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}"
    return done.stdout


def child_of(pid: int) -> int:
    """The one program that a running program has started; 0 when there is none."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                return int(status.parent.name)
    return 0


def cpu_seconds_of(pid: int) -> float:
    """CPU time that a running process has used up to now, in all its threads."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    numbers = [int(word) for word in text.rpartition(")")[2].split()[1:]]
    return sum(numbers[UTIME : UTIME + 2]) / os.sysconf("SC_CLK_TCK")


def memory_peak_mb_of(pid: int) -> float:
    """The most memory a running process has held at once, in millions of bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found
    return int(found[1]) * 1024 / 1e6


class Program:
    """A long-running program with its log in a file."""

    def __init__(self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self._env = environment(env)
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def of_module(
        cls, name: str, module: str, *arguments: str, log: Path, env: Mapping[str, str] | None = None
    ) -> Program:
        """One of the product's programs by its module."""
        return cls(name, [sys.executable, "-m", module, *arguments], log, env)

    def start(self) -> Program:
        """Start it, or start it again."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self.command, env=self._env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        return self

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Take it away without warning, as a power cut of the process would."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end; AssertionError when it had to be killed."""
        if self.running:
            self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            message = f"{self.name} did not stop within {STOP_TIMEOUT_S} s; its log is {self.log}"
            raise AssertionError(message) from None

    def cpu_seconds(self) -> float:
        """CPU time that it has used up to now, in all its threads."""
        assert self._process is not None
        return cpu_seconds_of(self._process.pid)

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
