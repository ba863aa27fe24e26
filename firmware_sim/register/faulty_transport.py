"""A way to the till on which messages get lost, come twice, late, in part or damaged, by order or by chance."""

from __future__ import annotations

import threading

from typing_extensions import override

from firmware_sim.line.faults import FaultyLine
from firmware_sim.register.transports import NoAnswerError, Transport


class FaultyTransport(Transport):
    """Another transport, with the faults of a line on each message of the register."""

    def __init__(self, way: Transport, faults: FaultyLine) -> None:
        self._way = way
        self._faults = faults
        self._pause = threading.Event()

    @override
    def exchange(self, message: bytes, wait_s: float) -> bytes:
        pieces = self._faults.pieces(message)
        if not pieces:
            raise NoAnswerError("the message was lost on the way (by order)")
        self._pause.wait(sum(piece.wait_s for piece in pieces))
        sent = b"".join(piece.data for piece in pieces)
        if sent == message * 2:
            self._way.exchange(message, wait_s)
            sent = message
        return self._way.exchange(sent, wait_s)

    @override
    def close(self) -> None:
        self._way.close()
