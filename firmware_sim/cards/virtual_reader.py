"""The card's side of the virtual PC/SC reader (Debian package vsmartcard-vpcd).

Wire: a two-byte big-endian length, then that many bytes. From the reader: 00 power off, 01 power on, 02 reset (none
is answered), 04 asks for the answer to reset, anything else is an APDU. Source: the virtual smart card's manual,
"Creating a virtual smart card". Connecting is putting a card on the reader, hanging up is taking it away.

Laws: the reader waits for ever for an answer, so any fault on our side hangs up. A card that was not taken away by
order is put back after the PC/SC daemon restarts, with bounded pauses.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from firmware_sim.cards.card import GET_DATA, READER_CLASS, SimulatedCard
from firmware_sim.cards.faults import CardFaults

POWER_OFF, POWER_ON, RESET, ASK_ATR = b"\x00", b"\x01", b"\x02", b"\x04"
CONNECT_WAIT_S = 2.0
RECONNECT_PAUSES_S = (0.1, 0.2, 0.5, 1.0)
"""The last pause repeats for as long as the card lies on the reader."""
QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)


@dataclass
class Talk:
    """What was said between reader and card since it was put down. `began_s` and `ended_s` are `time.perf_counter`.

    `in_card_s`: the part of it that the card took, its delays included.
    """

    began_s: float = 0.0
    ended_s: float = 0.0
    in_card_s: float = 0.0
    commands: int = 0


class CardInField:
    """One card on one slot of the virtual reader, from insertion to removal, in a thread of its own."""

    def __init__(self, card: SimulatedCard, host: str, port: int, faults: CardFaults) -> None:
        self.card = card
        self.talk = Talk()
        self._address = (host, port)
        self._faults = faults
        self._gone = threading.Event()
        self._changed = threading.Condition()
        self._uid_reads = 0
        self._connections = 0
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._stay, name=f"card {card.kind}", daemon=True)
        self._thread.start()

    def wait_uid_read(self, wait_s: float, reads: int = 1) -> bool:
        """Whether the UID was read that many times within `wait_s`. A mute card never gets that far."""
        return self._wait(lambda: self._uid_reads >= reads, wait_s)

    def wait_connected(self, wait_s: float) -> bool:
        """Whether the virtual reader took the card within `wait_s`."""
        return self._wait(lambda: self._connections > 0, wait_s)

    def remove(self) -> None:
        """Take the card away."""
        self._gone.set()
        self._hang_up()
        self._thread.join(timeout=CONNECT_WAIT_S + 1)
        self.card.power_off()

    @property
    def on_reader(self) -> bool:
        """False once it was removed or torn away."""
        return not self._gone.is_set()

    def _wait(self, condition: Callable[[], bool], wait_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(condition, wait_s)

    def _hang_up(self) -> None:
        connection = self._socket
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _stay(self) -> None:
        failures = 0
        while not self._gone.is_set():
            try:
                with socket.create_connection(self._address, timeout=CONNECT_WAIT_S) as connection:
                    self._socket = connection
                    with self._changed:
                        self._connections += 1
                        self._changed.notify_all()
                    connection.settimeout(None)
                    failures = 0
                    self._talk(connection)
            except OSError:
                pass
            if self._gone.wait(RECONNECT_PAUSES_S[min(failures, len(RECONNECT_PAUSES_S) - 1)]):
                return
            failures += 1

    def _talk(self, connection: socket.socket) -> None:
        while not self._gone.is_set():
            message = _receive(connection)
            if message is None:
                return
            if message in {POWER_OFF, POWER_ON, RESET}:
                self.card.power_off()
                continue
            if message == ASK_ATR:
                _send(connection, self.card.atr)
                continue
            answer = self._timed_answer(message)
            if answer is None:
                self.card.power_off()
                self._gone.set()
                return
            _send(connection, answer)
            if message[:4] == bytes([READER_CLASS, GET_DATA, 0, 0]):
                with self._changed:
                    self._uid_reads += 1
                    self._changed.notify_all()

    def _timed_answer(self, command: bytes) -> bytes | None:
        asked_s = time.perf_counter()
        answer = self._faults.answer(self.card, command, self._gone)
        talk = self.talk
        talk.ended_s = time.perf_counter()
        talk.began_s = talk.began_s or asked_s
        talk.in_card_s += talk.ended_s - asked_s
        talk.commands += 1
        return answer


def _receive(connection: socket.socket) -> bytes | None:
    head = _receive_exactly(connection, 2)
    if head is None:
        return None
    (length,) = struct.unpack(">H", head)
    return _receive_exactly(connection, length)


def _receive_exactly(connection: socket.socket, length: int) -> bytes | None:
    data = b""
    while len(data) < length:
        _acknowledge_at_once(connection)
        more = connection.recv(length - len(data))
        if not more:
            return None
        data += more
    return data


def _acknowledge_at_once(connection: socket.socket) -> None:
    """The reader writes length and data apart; without this each APDU waits 40 ms for a delayed acknowledgement.

    Linux takes the option back after some packets, hence before each receive.
    """
    if QUICK_ACK is not None:
        connection.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)


def _send(connection: socket.socket, data: bytes) -> None:
    connection.sendall(struct.pack(">H", len(data)) + data)
