"""Orders to a running simulator: one line of words in, one line out (`ok …` or `error …`).

The same lines work on a Unix socket (`firmware-sim ctl SOCKET WORDS…`), on standard input and from Python.
"""

from __future__ import annotations

import contextlib
import shlex
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TextIO

LINE_BYTES_MAX = 8192
ANSWER_WAIT_S = 30.0
"""The longest order is a tap that waits for the till to read the card."""


FAULT_WORDS = frozenset(
    {"none", "silent", "drop", "repeat", "delay", "corrupt", "half", "tear", "pull", "error", "chance", "seed"}
)
"""An order that begins so is a fault: the word `fault` before it may be left out."""
SHORT = {"paper-out": ("paper", "0")}


class OrderError(Exception):
    """An order that cannot be carried out; the text says why."""


class Simulator(Protocol):
    """Whatever can be ordered about while it runs."""

    def order(self, words: Sequence[str]) -> str:
        """Carry out one order and say what was done. OrderError when it is not understood or not possible."""


def carry_out(simulator: Simulator, line: str) -> str:
    """One line of order → one line of answer. Never raises for a bad order."""
    try:
        words = shlex.split(line)
        if not words:
            return "error an order has at least one word"
        return f"ok {simulator.order(spelled_out(words))}".rstrip()
    except (OrderError, ValueError) as problem:
        return f"error {problem}"


def spelled_out(words: Sequence[str]) -> Sequence[str]:
    """An order as the simulators know it: `silent` is `fault silent`, `paper-out` is `paper 0`."""
    if words[0] in FAULT_WORDS:
        return ("fault", *words)
    return (*SHORT.get(words[0], words[:1]), *words[1:])


class OrderSocket:
    """Serves orders on a Unix socket, one connection after the other, until closed."""

    def __init__(self, simulator: Simulator, path: Path) -> None:
        self._simulator = simulator
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(path))
        self._server.listen(4)
        self._thread = threading.Thread(target=self._serve, name=f"orders {path.name}", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                client.settimeout(ANSWER_WAIT_S)
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        with client.makefile("rw", encoding="utf-8", newline="\n") as lines:
            while line := lines.readline(LINE_BYTES_MAX):
                lines.write(carry_out(self._simulator, line) + "\n")
                lines.flush()

    def close(self) -> None:
        """Stop serving and take the socket away."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._path.unlink(missing_ok=True)
        self._thread.join(timeout=2)


def send_order(path: Path, words: Sequence[str], wait_s: float = ANSWER_WAIT_S) -> str:
    """Give one order to the simulator that listens on `path`; OrderError with its words when it refuses."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(wait_s)
        try:
            client.connect(str(path))
            client.sendall((shlex.join(words) + "\n").encode())
            with client.makefile("r", encoding="utf-8") as lines:
                answer = lines.readline().rstrip("\n")
        except OSError as problem:
            raise OrderError(f"no simulator answers on {path} ({problem}); is it running?") from problem
    if answer.startswith("ok"):
        return answer.removeprefix("ok").strip()
    raise OrderError(answer.removeprefix("error").strip() or f"the simulator on {path} hung up without an answer")


def serve_until_stopped(simulator: Simulator, stopped: threading.Event, orders: TextIO | None = None) -> None:
    """Take orders from standard input as well, until `quit` or until `stopped` is set.

    The end of standard input is not the end of the simulator: a service has none.
    """
    source = orders if orders is not None else sys.stdin
    reader = threading.Thread(target=_read_orders, args=(simulator, source, stopped), daemon=True)
    reader.start()
    stopped.wait()


def _read_orders(simulator: Simulator, source: TextIO, stopped: threading.Event) -> None:
    for line in source:
        if line.strip() == "quit":
            stopped.set()
            return
        if line.strip():
            sys.stdout.write(carry_out(simulator, line) + "\n")
            sys.stdout.flush()
