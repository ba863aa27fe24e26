"""DESFire EV1: authentication with AES (and with DES, for a blank card's own key), then a CMAC through all commands.

Source: NXP MF3ICDx21, 7.2 and 9.3; checked against the trace of a real card in tests/vectors.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from typing_extensions import override

from drivers.cards.block_chain import SENT_MAC_BYTES, BlockChain
from drivers.cards.exchange import (
    AUTHENTICATION_ERROR,
    MORE,
    NO_SUCH_KEY,
    OK,
    CardGoneError,
    CardRefusalError,
    NotGenuineError,
    Wire,
)
from drivers.cards.session import CHANGE_KEY, Access, CommMode, Session, desfire_crc

AUTHENTICATE_AES = 0xAA
AUTHENTICATE_ISO = 0x1A
CRC_BYTES = 4
WRONG_KEY = {AUTHENTICATION_ERROR, NO_SUCH_KEY}

RandomBytes = Callable[[int], bytes]


class Ev1Session(Session):
    """Secure messaging of EV1. `chain`: the session key."""

    def __init__(self, wire: Wire, key_number: int, chain: BlockChain) -> None:
        super().__init__(wire, key_number)
        self._chain = chain

    @override
    def ask(
        self,
        command: int,
        head: bytes = b"",
        data: bytes = b"",
        *,
        access: Access = "manage",
        mode: CommMode = CommMode.MAC,
    ) -> bytes:
        answer = self.wire.ask(command, self._protected(command, head, data, access, mode))
        if access == "read" and mode is CommMode.FULL:
            return self._deciphered(answer)
        answer, mac = answer[:-SENT_MAC_BYTES], answer[-SENT_MAC_BYTES:]
        if not hmac.compare_digest(self._chain.mac(answer + bytes([OK])), mac):
            raise CardGoneError("the answer's MAC is wrong")
        return answer

    @override
    def change_key_sums(self, clear: bytes, new_key: bytes, *, own: bool) -> bytes:
        sums = desfire_crc(bytes([CHANGE_KEY]) + clear)
        return sums if own else sums + desfire_crc(new_key)

    @override
    def change_own_key(self, head: bytes, data: bytes) -> None:
        self.wire.ask(CHANGE_KEY, self._protected(CHANGE_KEY, head, data, "keys", CommMode.FULL))

    def _protected(self, command: int, head: bytes, data: bytes, access: Access, mode: CommMode) -> bytes:
        block = self._chain.block
        if access == "keys":  # its sums are inside already
            return head + self._chain.encrypt(data + bytes(-len(data) % block))
        if access == "write" and mode is CommMode.FULL:
            clear = data + desfire_crc(bytes([command]) + head + data)
            return head + self._chain.encrypt(clear + bytes(-len(clear) % block))
        mac = self._chain.mac(bytes([command]) + head + data)
        return head + data + (mac if access == "write" and mode is CommMode.MAC else b"")

    def _deciphered(self, answer: bytes) -> bytes:
        """Data, checksum over data and status, zeros. Our data's length is not known here: the sum finds its end."""
        if not answer or len(answer) % self._chain.block:
            raise CardGoneError("an enciphered answer has a wrong length")
        clear = self._chain.decrypt(answer)
        for padding in range(self._chain.block):
            end = len(clear) - padding
            data, crc = clear[: end - CRC_BYTES], clear[end - CRC_BYTES : end]
            if not any(clear[end:]) and crc == desfire_crc(data + bytes([OK])):
                return data
        raise CardGoneError("the checksum of an enciphered answer is wrong")


def authenticate_aes(
    wire: Wire, key_number: int, key: bytes, randbytes: RandomBytes = secrets.token_bytes
) -> Ev1Session:
    """Prove and demand an AES key. NotGenuineError when the card does not have it."""
    return _authenticate(wire, AUTHENTICATE_AES, key_number, key, randbytes)


def authenticate_iso_des(
    wire: Wire, key_number: int, key: bytes, randbytes: RandomBytes = secrets.token_bytes
) -> Ev1Session:
    """The same with a DES key of 16 bytes: what a blank card has."""
    return _authenticate(wire, AUTHENTICATE_ISO, key_number, key, randbytes)


def _authenticate(wire: Wire, command: int, key_number: int, key: bytes, randbytes: RandomBytes) -> Ev1Session:
    des = command == AUTHENTICATE_ISO
    chain = BlockChain(key, des=des)
    theirs = chain.decrypt(_challenge(wire, command, bytes([key_number]), chain.block))
    ours = randbytes(chain.block)
    status, answer = wire.frame(MORE, chain.encrypt(ours + theirs[1:] + theirs[:1]))
    if status != OK:
        raise NotGenuineError(f"the card refused key {key_number} ({status:02X})")
    if len(answer) != chain.block or not hmac.compare_digest(chain.decrypt(answer), ours[1:] + ours[:1]):
        raise NotGenuineError(f"the card does not know key {key_number}")
    return Ev1Session(wire, key_number, BlockChain(_session_key(key, ours, theirs, des=des), des=des))


def _challenge(wire: Wire, command: int, data: bytes, block: int) -> bytes:
    """The card's enciphered random number."""
    status, challenge = wire.frame(command, data)
    if status in WRONG_KEY:
        raise NotGenuineError(f"the card has no such key ({status:02X})")
    if status != MORE:
        raise CardRefusalError(command, status)
    if len(challenge) != block:
        raise NotGenuineError("the card's key is of another kind")
    return challenge


def _session_key(key: bytes, ours: bytes, theirs: bytes, *, des: bool) -> bytes:
    """MF3ICDx21, 7.2.3: a double DES key with equal halves is a single one."""
    first = ours[:4] + theirs[:4]
    if not des:
        return first + ours[12:] + theirs[12:]
    return first if key[:8] == key[8:] else first + ours[4:8] + theirs[4:8]
