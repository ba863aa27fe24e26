"""A card for the virtual reader, as small as can be: it answers what the test says and nothing else.

Messages are a 2-byte length and a payload; 00 off, 01 on, 02 reset have no answer, 04 asks for the answer to reset,
anything else is a command for the card.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable

CLASSIC_1K_ATR = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")
ULTRALIGHT_ATR = bytes.fromhex("3B8F8001804F0CA0000003060300030000000068")
DESFIRE_ATR = bytes.fromhex("3B8180018080")
GET_UID = bytes.fromhex("FFCA000000")
ASK_ATR = 0x04

Answerer = Callable[[bytes], bytes]


class VpcdCard:
    """One card in one slot of the virtual reader until `remove`."""

    def __init__(self, port: int, atr: bytes, answer: Answerer | bytes) -> None:
        """`answer`: the UID the card names, or a function from command to answer with status word."""
        self._atr = atr
        self.answer: Answerer = answer if callable(answer) else uid_answerer(answer)
        self.commands: list[bytes] = []
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._serve, name="vpcd-card", daemon=True)
        self._thread.start()

    def remove(self) -> None:
        """Take the card off the reader."""
        with contextlib.suppress(OSError):  # the reader went first
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        try:
            while (message := self._receive()) is not None:
                if len(message) == 1:
                    if message[0] == ASK_ATR:
                        self._send(self._atr)
                    continue
                self.commands.append(message)
                self._send(self.answer(message))
        except OSError:
            pass  # the reader went away: so does the card

    def _receive(self) -> bytes | None:
        head = self._exactly(2)
        return None if head is None else self._exactly(struct.unpack(">H", head)[0])

    def _exactly(self, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self._socket.recv(count - len(data))
            if not part:
                return None
            data += part
        return data

    def _send(self, payload: bytes) -> None:
        self._socket.sendall(struct.pack(">H", len(payload)) + payload)


def uid_answerer(uid: bytes) -> Answerer:
    """A card that knows the UID command only."""
    return lambda command: uid + b"\x90\x00" if command == GET_UID else b"\x6d\x00"
