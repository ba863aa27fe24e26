"""A pass-through as the till's PassThrough port: a process of its own serves the cable, the decisions are made here.

Why apart: a thread of the till would wait for the interpreter whenever a price is computed or a picture of the screen
is made, and a register counts milliseconds when it asks its printer something.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typing_extensions import override

import drivers
from drivers.address import EscposSerialAddress
from drivers.errors import pass_through_gone
from drivers.escpos.encoder import encode_document
from drivers.pass_through.messages import Lines, encode_decision
from pos_engine.ports.devices import DeviceError
from pos_engine.ports.document import Cut, Document
from pos_engine.ports.pass_through import Decide, PassThrough

PIECE_BYTES_MAX = 65_536
OPEN_WAIT_S = 20.0  # a small computer under load starts a program in some seconds
SILENCE_MAX_S = 10.0  # it says twice a second that it is alive
END_WAIT_S = 2.0


class PassThroughProcess(PassThrough):
    """One register's line and one printer's."""

    def __init__(
        self,
        register_path: str,
        printer_url: str,
        printer: EscposSerialAddress,
        encoding: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`register_path`: where the register's cable ends; `printer` is what `printer_url` says; `encoding`: Relay."""
        self._command = [sys.executable, "-m", "drivers.pass_through.apart", register_path, printer_url, encoding]
        self._where = f"{register_path} or {printer.path}"
        self._paper = printer.paper
        self._monotonic = monotonic
        self._process: subprocess.Popen[bytes] | None = None
        self._lines = Lines()
        self._messages: deque[dict[str, Any]] = deque()
        self._heard_s = 0.0
        self._speaking = threading.Lock()

    @override
    def open(self) -> str:
        self.close()
        root = str(Path(drivers.__file__).parent.parent)
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        try:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
            )
        except OSError as error:
            raise pass_through_gone(self._where, error) from error
        self._lines = Lines()
        self._messages.clear()
        self._heard_s = self._monotonic()
        deadline_s = self._heard_s + OPEN_WAIT_S
        while self._monotonic() < deadline_s:
            message = self._next(deadline_s)
            if message is not None and message["say"] == "open":
                return str(message["precedence"])
        raise pass_through_gone(self._where, "its program did not start in time")

    @override
    def serve(self, decide: Decide, timeout_s: float) -> None:
        deadline_s = self._monotonic() + timeout_s
        while self._messages or self._monotonic() < deadline_s:
            message = self._next(deadline_s)
            if message is not None and message["say"] == "receipt":
                number, lines = int(message["number"]), tuple(message["lines"])
                threading.Thread(
                    target=self._decide, args=(self._process, number, lines, decide), name="coupon", daemon=True
                ).start()
            if self._monotonic() - self._heard_s > SILENCE_MAX_S:
                raise pass_through_gone(self._where, "its program hangs")

    @override
    def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            process.wait(END_WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _next(self, deadline_s: float) -> dict[str, Any] | None:
        """What the process says next, in its order; None when it says nothing until then.

        DeviceError when it says that a line is gone, or ends: after all that it said before, for a receipt that is told
        in the same breath was paid.
        """
        if not self._messages:
            self._hear(deadline_s)
        if not self._messages:
            return None
        message = self._messages.popleft()
        if message["say"] == "gone":
            raise DeviceError(message["code"], message["text"])
        return message

    def _hear(self, deadline_s: float) -> None:
        process = self._process
        if process is None or process.stdout is None:
            raise pass_through_gone(self._where, "it is not open")
        readable, _, _ = select.select([process.stdout], [], [], max(0.0, deadline_s - self._monotonic()))
        if not readable:
            return
        data = os.read(process.stdout.fileno(), PIECE_BYTES_MAX)
        if not data:
            raise pass_through_gone(self._where, "its program ended")
        self._heard_s = self._monotonic()
        try:
            self._messages.extend(self._lines.feed(data))
        except ValueError as error:
            raise pass_through_gone(self._where, error) from error

    def _decide(self, process: subprocess.Popen[bytes], number: int, receipt: tuple[str, ...], decide: Decide) -> None:
        printout = b"".join(self._encoded(document) for document in decide(receipt))
        with self._speaking, contextlib.suppress(OSError, ValueError):  # the line was closed meanwhile
            if process.stdin is not None:
                process.stdin.write(encode_decision(number, printout))
                process.stdin.flush()

    def _encoded(self, document: Document) -> bytes:
        """The register cuts the paper, so the document does not."""
        uncut = Document(tuple(block for block in document.blocks if not isinstance(block, Cut)), document.language)
        try:
            return b"".join(encode_document(uncut, self._paper))
        except DeviceError:  # a code that cannot be printed: the receipt goes on without it
            return b""
