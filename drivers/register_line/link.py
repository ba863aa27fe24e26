"""The till's end of a serial line to a register: acknowledges, repeats, heartbeats. A state machine without I/O.

Laws: every whole packet is acknowledged at once, a broken one refused; an own packet is sent up to `TRIES_MAX` times
and then given up, because the register will ask for it (TransactionStatus); a message that comes twice under one id is
answered twice the same; a pause of `BETWEEN_CHARACTERS_S` ends a packet; after `HEARTBEAT_S` without anything to say an
end says that it is there; an end that was silent for three heartbeats is not.
"""

from __future__ import annotations

from collections import deque

from drivers.register_line.packets import (
    MESSAGE_ID_MAX,
    Acknowledged,
    Broken,
    Framing,
    Kind,
    LineEvent,
    Packet,
    Refused,
)

BETWEEN_CHARACTERS_S = 0.2
TRIES_MAX = 3
ACK_WAIT_S = 1.0  # after the last byte has left; a register acknowledges from its interrupt or its main loop
HEARTBEAT_S = 2.0
SILENT_AFTER_S = 3 * HEARTBEAT_S
WAITING_MAX = 16  # messages not handed on; a register sends the next one when it has its answer
BITS_PER_BYTE = 10  # start, eight, stop


class Link:
    """One end. Times are seconds of one monotonic clock."""

    def __init__(self, framing: Framing, baud: int, now_s: float) -> None:
        """`baud`: how long a frame is under way before its acknowledgement can be expected."""
        self._framing = framing
        self._byte_s = BITS_PER_BYTE / baud
        self._output = bytearray()
        self._messages: deque[Packet] = deque()
        self._asked: Packet | None = None
        self._answered: tuple[Packet, Packet] | None = None
        self._next_id = 0
        self._under_way: Packet | None = None
        self._tries = 0
        self._resend_s = 0.0
        self._byte_seen_s = now_s
        self._heard_s: float | None = None
        self._sent_s = now_s

    def feed(self, data: bytes, now_s: float) -> None:
        """Bytes from the line."""
        if not data:
            return
        self._byte_seen_s = now_s
        for event in self._framing.feed(data):
            self._take(event, now_s)

    def pass_time(self, now_s: float) -> None:
        """What the time that has passed means."""
        if self._framing.begun and now_s - self._byte_seen_s >= BETWEEN_CHARACTERS_S:
            for event in self._framing.timeout():
                self._take(event, now_s)
        if self._under_way is not None and now_s >= self._resend_s:
            self._send_again(now_s)
        if now_s - self._sent_s >= HEARTBEAT_S:
            self._send(self._framing.encode(Packet(Kind.HEARTBEAT)), now_s)

    def next_message(self) -> bytes | None:
        """The next message of the register, to be answered by `answer`."""
        if not self._messages:
            return None
        self._asked = self._messages.popleft()
        return self._asked.data

    def answer(self, data: bytes, now_s: float) -> None:
        """The answer to the message that was handed out last."""
        asked = self._asked
        if asked is None:
            raise ValueError("nothing was asked")
        self._asked = None
        self._next_id = self._next_id % MESSAGE_ID_MAX + 1
        packet = Packet(Kind.MESSAGE, asked.message_id, self._next_id, data)
        self._answered = (asked, packet)
        self._start(packet, now_s)

    def take_output(self) -> bytes:
        """What is to be sent now."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def due_s(self, now_s: float) -> float:
        """When `pass_time` has something to do although no byte comes."""
        due = [self._sent_s + HEARTBEAT_S]
        if self._framing.begun:
            due.append(self._byte_seen_s + BETWEEN_CHARACTERS_S)
        if self._under_way is not None:
            due.append(self._resend_s)
        return max(now_s, min(due))

    def heard_lately(self, now_s: float) -> bool:
        """Whether the register is there."""
        return self._heard_s is not None and now_s - self._heard_s < SILENT_AFTER_S

    def _take(self, event: LineEvent, now_s: float) -> None:
        match event:
            case Acknowledged(message_id):
                self._heard_s = now_s
                if self._under_way is not None and message_id in (0, self._under_way.message_id):
                    self._under_way = None
            case Refused():
                self._heard_s = now_s
                if self._under_way is not None:
                    self._send_again(now_s)
            case Broken():
                self._send(self._framing.refuse(), now_s)
            case Packet():
                self._heard_s = now_s
                self._packet(event, now_s)

    def _packet(self, packet: Packet, now_s: float) -> None:
        match packet.kind:
            case Kind.HELLO:  # the register has just started, and counts from the beginning
                self._answered = self._under_way = None
                self._send(self._framing.acknowledge(packet), now_s)
                self._send(self._framing.encode(Packet(Kind.HELLO_ANSWER, packet.message_id)), now_s)
            case Kind.MESSAGE:
                self._message(packet, now_s)
            case _:
                self._send(self._framing.acknowledge(packet), now_s)

    def _message(self, packet: Packet, now_s: float) -> None:
        answered = self._answered
        if answered is not None and answered[0] == packet:
            self._send(self._framing.acknowledge(packet), now_s)
            if self._under_way is None:  # our answer was acknowledged by noise, or given up
                self._start(answered[1], now_s)
            return
        if packet == self._asked or packet in self._messages:
            self._send(self._framing.acknowledge(packet), now_s)
            return
        if len(self._messages) >= WAITING_MAX:
            return  # not acknowledged: the register sends it again
        self._send(self._framing.acknowledge(packet), now_s)
        self._under_way = None  # it asks something new: it has its answer, or does not want it any more
        self._messages.append(packet)

    def _start(self, packet: Packet, now_s: float) -> None:
        self._under_way = packet
        self._tries = 0
        self._send_again(now_s)

    def _send_again(self, now_s: float) -> None:
        if self._under_way is None:
            return
        if self._tries >= TRIES_MAX:
            self._under_way = None
            return
        self._tries += 1
        frame = self._framing.encode(self._under_way)
        self._send(frame, now_s)
        self._resend_s = now_s + len(frame) * self._byte_s + ACK_WAIT_S

    def _send(self, data: bytes, now_s: float) -> None:
        if data:
            self._output += data
            self._sent_s = now_s
