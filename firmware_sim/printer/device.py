"""The printer as a device on a pseudo-terminal or TCP port: takes bytes, answers status at once, runs out of paper.

Laws: real-time requests (DLE EOT) are answered when they arrive, also in the middle of other data and while nothing
can be printed; a printer without power answers nothing and loses what it had not printed; a printer that is powered
and off line keeps what it received, up to its buffer, and prints it when it is well again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware_sim.line.faults import FaultyLine
from firmware_sim.line.orders import OrderError
from firmware_sim.line.pty_port import IDLE_WAIT_S, PtyPort
from firmware_sim.line.tcp_port import TcpPort
from firmware_sim.printer.interpreter import Interpreter
from firmware_sim.printer.output import ReceiptFolder
from firmware_sim.printer.status import ENDLESS, PrinterState
from firmware_sim.printer.typesetter import Typesetter

BUFFER_BYTES_MAX = 65_536
"""Some models have 4 KB and some 64 KB; a full buffer stops reading, as a real one drops DSR."""
READ_WAIT_S = 0.2
REAL_TIME_STATUS = b"\x10\x04"
CLEARS = {
    bytes.fromhex("10140801031401060208"): bytes.fromhex("372500"),
    bytes.fromhex("100502"): b"",
}
"""DLE DC4 8 empties the buffers and says so; DLE ENQ 2 does after an error (Epson TM reference)."""
TAIL_BYTES = 9
"""One less than the longest request, which may come in two pieces."""


class SimulatedPrinter:
    """One printer and its thread."""

    def __init__(
        self,
        folder: ReceiptFolder,
        columns: int = 42,
        line: PtyPort | TcpPort | Path | None = None,
        *,
        chinese: bool = False,
        clears: bool = True,
        faults: FaultyLine | None = None,
    ) -> None:
        """`line`: a link for a new pseudo-terminal, or a port. `clears`: knows the requests that empty its buffer.

        `faults`: of its answers, with their seed; left out, none are drawn.
        """
        self.port = line if isinstance(line, PtyPort | TcpPort) else PtyPort(line)
        self._clears = CLEARS if clears else {}
        self.state = PrinterState()
        self.folder = folder
        self.faults = faults or FaultyLine()
        self._typesetter = Typesetter(columns, self.state, folder.drop)
        self._interpreter = Interpreter(self._typesetter, self._reply, chinese=chinese)
        self._switches = self._make_switches()
        self._tail = b""
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.is_set():
            data = b"" if self._buffer_full() else self.port.read(READ_WAIT_S)
            if data:
                with self._lock:
                    self._take(data)
            elif self._buffer_full() or not self.port.listened_to():
                self._stopped.wait(IDLE_WAIT_S)

    def _buffer_full(self) -> bool:
        with self._lock:
            return not self.state.can_print and self._interpreter.waiting_bytes >= BUFFER_BYTES_MAX

    def _take(self, data: bytes) -> None:
        if not self.state.powered:
            return
        before = self.state.automatic_status()
        self._answer_status(data)
        for clear, confirmation in self._clears.items():
            seen = self._tail + data
            place = seen.find(clear)
            if place >= 0 and place + len(clear) > len(self._tail):
                self._interpreter.feed(data[: max(0, place - len(self._tail))])
                self._interpreter.clear_buffer()
                self._reply(confirmation)
                data = data[place + len(clear) - len(self._tail) :]
                self._tail = b""
        self._interpreter.feed(data)
        self._tail = (self._tail + data)[-TAIL_BYTES:]
        self._tell_change(before)

    def _answer_status(self, data: bytes) -> None:
        """Finds DLE EOT n wherever it stands, also across two pieces."""
        seen = self._tail[-2:] + data
        for place in range(len(seen) - 2):
            if seen[place : place + 2] == REAL_TIME_STATUS and 1 <= seen[place + 2] <= 4:
                self._reply(bytes([self.state.real_time_status(seen[place + 2])]))

    def _reply(self, data: bytes) -> None:
        for piece in self.faults.pieces(data):
            self._stopped.wait(piece.wait_s)
            self.port.write(piece.data)

    def _tell_change(self, before: bytes) -> None:
        after = self.state.automatic_status()
        if self._interpreter.asb_mask and after != before:
            self._reply(after)

    def order(self, words: Sequence[str]) -> str:
        """One order and the state after it; the words are in the error of an order that is not understood."""
        with self._lock:
            before = self.state.automatic_status()
            answer = self._order(words)
            self._interpreter.run()
            if self.state.powered:
                self._tell_change(before)
            return answer or self.describe()

    def _order(self, words: Sequence[str]) -> str:
        match list(words):
            case ["paper", "new"]:
                self._load_paper(ENDLESS)
            case ["paper", lines] if lines.isdecimal():
                self._load_paper(int(lines))
            case ["cover", "open", "after", lines] if lines.isdecimal():
                self.state.lines_to_cover = int(lines)
            case ["fault", *rest]:
                return self.faults.order(rest)
            case _ if tuple(words) in self._switches:
                self._switches[tuple(words)]()
            case _:
                raise OrderError(
                    "printer orders: paper new, paper LINES, cover open|close, cover open after LINES, "
                    "cutter jam|free, drawer open|close, power on|off, fault …, unplug, plug, status"
                )
        return ""

    def _make_switches(self) -> dict[tuple[str, ...], Callable[[], None]]:
        state = self.state

        def set_state(name: str, *, on: bool) -> Callable[[], None]:
            return lambda: setattr(state, name, on)

        return {
            ("cover", "open"): set_state("cover_open", on=True),
            ("cover", "close"): set_state("cover_open", on=False),
            ("cutter", "jam"): set_state("cutter_jammed", on=True),
            ("cutter", "free"): set_state("cutter_jammed", on=False),
            ("drawer", "open"): set_state("drawer_open", on=True),
            ("drawer", "close"): set_state("drawer_open", on=False),
            ("power", "on"): lambda: self._switch(on=True),
            ("power", "off"): lambda: self._switch(on=False),
            ("unplug",): self.port.unplug,
            ("plug",): self.port.plug,
            ("status",): lambda: None,
        }

    def _load_paper(self, lines: int) -> None:
        """A roll that ended takes its half-printed receipt with it."""
        if self.state.paper_out:
            self._typesetter.cut("paper_end")
        self.state.paper_lines = lines

    def _switch(self, *, on: bool) -> None:
        if self.state.powered and not on:
            self._interpreter.clear_buffer()
            self._tail = b""
            self._typesetter.cut("power_off")
            self._interpreter.feed(b"\x1b@")
        self.state.powered = on

    def describe(self) -> str:
        """The printer's state in words."""
        state = self.state
        words = ["power on" if state.powered else "power off"]
        words.append("paper out" if state.paper_out else "paper near end" if state.paper_near_end else "paper good")
        words += ["cover open"] if state.cover_open else []
        words += ["cutter jammed"] if state.cutter_jammed else []
        words.append(f"{self._interpreter.waiting_bytes} bytes wait")
        words.append(f"{len(self.folder.printed())} receipts")
        return ", ".join(words)

    def close(self) -> None:
        """Stop the thread and take the device away."""
        self._stopped.set()
        self._thread.join(timeout=2)
        self.port.close()
        self.folder.close()
