"""One command to a card and its answer, in the frames that DESFire and NTAG 424 DNA share.

Commands go wrapped in ISO 7816 (`90 INS 00 00 Lc … 00`, NXP AN12343, 2.3); the card's own status comes as `91 xx`.
Laws: no answer, a reader's complaint (63 00 …) and an answer with a wrong MAC are all the same: nothing is known.
A status of the card other than 00 and AF is a refusal, and the card has then forgotten what was not committed.
"""

from __future__ import annotations

from collections.abc import Callable

Exchange = Callable[[bytes], bytes]
"""Sends one APDU and gives the answer with its two status bytes. CardGoneError when there is none."""

WRAPPED_CLASS = 0x90
CARD_STATUS = 0x91
STATUS_BYTES = 2
OK, MORE = 0x00, 0xAF
FRAMES_MAX = 16  # parts of one answer: ours have at most seven (twelve records of 32 bytes)

ILLEGAL_COMMAND = 0x1C
NO_SUCH_KEY = 0x40
PERMISSION_DENIED = 0x9D
APPLICATION_NOT_FOUND = 0xA0
AUTHENTICATION_ERROR = 0xAE
BOUNDARY_ERROR = 0xBE
DUPLICATE = 0xDE
FILE_NOT_FOUND = 0xF0


class CardError(Exception):
    """Something about the card that is in front of the reader."""


class CardGoneError(CardError):
    """No answer that can be believed. What the last command did is not known."""


class CardRefusalError(CardError):
    """The card said no. `status`: its own status byte."""

    def __init__(self, command: int, status: int) -> None:
        super().__init__(f"the card answered command {command:02X} with status {status:02X}")
        self.status = status


class NotGenuineError(CardError):
    """The card does not know the key it should have, or has no such key at all."""


class Wire:
    """Frames of one card; knows nothing of keys."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def iso(self, apdu: bytes) -> tuple[bytes, bytes]:
        """A plain ISO 7816 command: data and status word."""
        answer = self._exchange(apdu)
        if len(answer) < STATUS_BYTES:
            raise CardGoneError("the answer has no status word")
        return answer[:-STATUS_BYTES], answer[-STATUS_BYTES:]

    def frame(self, command: int, data: bytes = b"") -> tuple[int, bytes]:
        """One frame there, one back: the card's status and its data."""
        length = bytes([len(data)]) if data else b""
        answer, word = self.iso(bytes([WRAPPED_CLASS, command, 0, 0]) + length + data + b"\x00")
        if word[0] != CARD_STATUS:
            raise CardGoneError(f"the reader answered {word.hex().upper()} instead of the card")
        return word[1], answer

    def ask(self, command: int, data: bytes = b"") -> bytes:
        """A whole answer, however many frames it takes. CardRefusalError when the card says no."""
        status, answer = self.frame(command, data)
        for _ in range(FRAMES_MAX):
            if status != MORE:
                break
            status, part = self.frame(MORE)
            answer += part
        if status != OK:
            raise CardRefusalError(command, status)
        return answer
