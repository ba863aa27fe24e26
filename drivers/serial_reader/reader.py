"""A tag reader or barcode scanner on a serial line as the till's Reader port.

Serial tag readers say "here is a tag", some once, some again and again, and never "it is gone": the same tag within
`PRESENCE_S` is one presentation, and silence of that length is taken as its removal.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from typing_extensions import override

from drivers.address import SerialAddress
from drivers.errors import reader_gone
from drivers.serial_reader.frames import BrokenFrame, Frame, FrameCodec, ScanFrame, TagFrame
from drivers.serial_reader.id12 import Id12Codec
from drivers.serial_reader.line import LineSettings, SerialLine
from drivers.serial_reader.rdm6300 import Rdm6300Codec
from drivers.serial_reader.scanner import ScannerCodec
from pos_engine.ports.devices import (
    CardIdentity,
    CardPresented,
    CardRefused,
    CardRemoved,
    CardTrouble,
    CodeScanned,
    Reader,
    ReaderEvent,
)

# Longer than the slowest repetition of a reader that repeats (about 0.1 s) and than a hand that wavers at the edge of
# the field; shorter than two customers.
PRESENCE_S = 1.5
EVENTS_MAX = 64  # more than one read can hold of the shortest frames that make an event


def make_codec(address: SerialAddress) -> FrameCodec:
    """The codec of the device at this address."""
    match address.protocol:
        case "id12":
            return Id12Codec()
        case "rdm6300":
            return Rdm6300Codec()
        case "scanner":
            return ScannerCodec(address.prefix, address.suffix, aim=address.aim)


class SerialReader(Reader):
    """One serial device."""

    def __init__(self, address: SerialAddress, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic`: seconds of real time; silence on a line has nothing to do with the shop's clock."""
        self._address = address
        self._monotonic = monotonic
        self._line: SerialLine | None = None
        self._codec = make_codec(address)
        self._events: deque[ReaderEvent] = deque(maxlen=EVENTS_MAX)
        self._tag_hex = ""
        self._tag_seen_s = 0.0
        self._byte_seen_s: float | None = None

    @override
    def open(self) -> None:
        self.close()
        self._line = SerialLine(LineSettings(self._address.path, self._address.baud))

    @override
    def next_event(self, timeout_s: float) -> ReaderEvent | None:
        line = self._line
        if line is None:
            raise reader_gone(self._address.path, "it is not open")
        deadline_s = self._monotonic() + timeout_s
        while not self._events:
            now = self._monotonic()
            self._pass_time(now)
            if self._events:
                break
            data = line.read(max(0.0, self._next_due_s(deadline_s) - now))
            if data:
                self._byte_seen_s = self._monotonic()
                for frame in self._codec.feed(data):
                    self._take(frame)
            elif now >= deadline_s:
                break
        return self._events.popleft() if self._events else None

    @override
    def close(self) -> None:
        line, self._line = self._line, None
        self._codec = make_codec(self._address)
        self._events.clear()
        self._tag_hex = ""
        self._byte_seen_s = None
        if line is not None:
            line.close()

    def _next_due_s(self, deadline_s: float) -> float:
        """When something must happen although no byte comes."""
        due = [deadline_s]
        if self._byte_seen_s is not None:
            due.append(self._byte_seen_s + self._codec.silence_s)
        if self._tag_hex:
            due.append(self._tag_seen_s + PRESENCE_S)
        return min(due)

    def _pass_time(self, now_s: float) -> None:
        if self._byte_seen_s is not None and now_s - self._byte_seen_s >= self._codec.silence_s:
            self._byte_seen_s = None
            for frame in self._codec.timeout():
                self._take(frame)
        if self._tag_hex and now_s - self._tag_seen_s >= PRESENCE_S:
            self._tag_hex = ""
            self._events.append(CardRemoved())

    def _take(self, frame: Frame) -> None:
        match frame:
            case TagFrame(tag_hex):
                self._take_tag(tag_hex)
            case ScanFrame(symbology, text):
                self._events.append(CodeScanned(symbology, text))
            case BrokenFrame():
                # while a good reading of a tag that repeats is at hand, a bad one in between tells nothing
                if not self._tag_hex:
                    self._events.append(CardRefused(CardTrouble.UNREADABLE))

    def _take_tag(self, tag_hex: str) -> None:
        self._tag_seen_s = self._monotonic()
        if tag_hex == self._tag_hex:
            return
        if self._tag_hex:
            self._events.append(CardRemoved())
        self._tag_hex = tag_hex
        self._events.append(CardPresented(CardIdentity(technology="em4100", uid_hex=tag_hex)))
