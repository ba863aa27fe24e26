"""A card reader or barcode scanner on a serial line as the till's Reader port: a thin layer of I/O around the rest."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from typing_extensions import override

from drivers.address import SerialAddress, SerialProtocol
from drivers.errors import reader_gone, reader_silent
from drivers.serial_reader.conversation import Conversation, Listening
from drivers.serial_reader.frames import CardFrame
from drivers.serial_reader.id12 import Id12Codec
from drivers.serial_reader.jmy import Jmy
from drivers.serial_reader.line import LineSettings, SerialLine
from drivers.serial_reader.magtek import MagtekCodec
from drivers.serial_reader.pn532 import Pn532
from drivers.serial_reader.polling import Polling
from drivers.serial_reader.presence import Presence
from drivers.serial_reader.rdm6300 import Rdm6300Codec
from drivers.serial_reader.scanner import ScannerCodec
from drivers.serial_reader.sm130 import Sm130
from pos_engine.ports.devices import Reader, ReaderEvent

EVENTS_MAX = 64  # more than one read can hold of the shortest frames that make an event
OPEN_WAIT_S = 1.9  # three silences and a little; below the 2 s that anything may wait in a driver


_CONVERSATIONS: dict[SerialProtocol, Callable[[SerialAddress], Conversation]] = {
    "id12": lambda _: Listening(Id12Codec()),
    "rdm6300": lambda _: Listening(Rdm6300Codec()),
    "magtek": lambda at: Listening(MagtekCodec(at.track, at.sentinels, lrc=at.lrc)),
    "scanner": lambda at: Listening(ScannerCodec(at.prefix, at.suffix, aim=at.aim)),
    "sm130": lambda at: Polling(Sm130(), uid_reversed=at.uid_reversed),
    "jmy": lambda at: Polling(Jmy(), uid_reversed=at.uid_reversed),
    "pn532": lambda at: Polling(Pn532(), uid_reversed=at.uid_reversed),
}


def make_conversation(address: SerialAddress) -> Conversation:
    """How the device at this address is talked to."""
    return _CONVERSATIONS[address.protocol](address)


class SerialReader(Reader):
    """One serial device."""

    def __init__(self, address: SerialAddress, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic`: seconds of real time; silence on a line has nothing to do with the shop's clock."""
        self._address = address
        self._monotonic = monotonic
        self._line: SerialLine | None = None
        self._conversation = make_conversation(address)
        self._presence = Presence(self._conversation.presence_s)
        self._events: deque[ReaderEvent] = deque(maxlen=EVENTS_MAX)

    @override
    def open(self) -> None:
        """Claim the line; a device that must be asked has answered when this returns."""
        self.close()
        self._line = SerialLine(LineSettings(self._address.path, self._address.baud))
        now_s = self._monotonic()
        deadline_s = now_s + OPEN_WAIT_S
        self._conversation.begin(now_s)
        while not self._conversation.ready:
            if self._monotonic() >= deadline_s:
                self.close()
                raise reader_silent(self._address.path)
            self._turn(self._line, deadline_s)

    @override
    def next_event(self, timeout_s: float) -> ReaderEvent | None:
        line = self._line
        if line is None:
            raise reader_gone(self._address.path, "it is not open")
        deadline_s = self._monotonic() + timeout_s
        while not self._events:
            self._turn(line, deadline_s)
            if self._conversation.silent:
                raise reader_silent(self._address.path)
            if self._monotonic() >= deadline_s:
                break
        return self._events.popleft() if self._events else None

    @override
    def close(self) -> None:
        line, self._line = self._line, None
        self._conversation = make_conversation(self._address)
        self._presence = Presence(self._conversation.presence_s)
        self._events.clear()
        if line is not None:
            line.close()

    def _turn(self, line: SerialLine, deadline_s: float) -> None:
        """One look at the time and at the line."""
        now_s = self._monotonic()
        self._take(self._conversation.pass_time(now_s), now_s)
        self._events.extend(self._presence.pass_time(now_s))
        if output := self._conversation.take_output():
            line.write(output)
        if self._events:
            return
        due = [time_s for time_s in (self._conversation.due_s, self._presence.due_s) if time_s is not None]
        data = line.read(max(0.0, min([deadline_s, *due]) - now_s))
        if data:
            now_s = self._monotonic()
            self._take(self._conversation.feed(data, now_s), now_s)

    def _take(self, frames: tuple[CardFrame, ...], now_s: float) -> None:
        for frame in frames:
            self._events.extend(self._presence.take(frame, now_s))
