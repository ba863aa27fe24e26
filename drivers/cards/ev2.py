"""EV2 secure messaging of DESFire EV2, EV3 and NTAG 424 DNA: counted commands under a transaction identifier.

Source: NXP AN12343, 3 and AN12196, 5 and 6.
"""

from __future__ import annotations

import hmac
import secrets
from operator import xor

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from typing_extensions import override

from drivers.cards.aes_cmac import BLOCK_BYTES, ZERO_BLOCK, aes_cmac, decrypt_cbc, encrypt_cbc, truncated
from drivers.cards.ev1 import WRONG_KEY, RandomBytes
from drivers.cards.exchange import MORE, OK, CardGoneError, CardRefusalError, NotGenuineError, Wire
from drivers.cards.session import CHANGE_KEY, Access, CommMode, Session, desfire_crc

AUTHENTICATE_EV2_FIRST = 0x71
NO_CAPABILITIES = b"\x00"  # LenCap: we announce none
SESSION_LABEL = bytes.fromhex("00010080")
IDENTIFIER_BYTES = 4
MAC_BYTES = 8
COMMAND_VECTOR, ANSWER_VECTOR = b"\xa5\x5a", b"\x5a\xa5"


def session_keys(key: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bytes]:
    """KSesAuthENC and KSesAuthMAC (AN12343, 3.3). `ours`: RndA of the reader, `theirs`: RndB of the card."""
    context = SESSION_LABEL + ours[:2] + bytes(map(xor, ours[2:8], theirs[:6])) + theirs[6:] + ours[8:]
    return aes_cmac(key, COMMAND_VECTOR + context), aes_cmac(key, ANSWER_VECTOR + context)


class Ev2Session(Session):
    """Secure messaging of EV2."""

    def __init__(self, wire: Wire, key_number: int, keys: tuple[bytes, bytes], identifier: bytes) -> None:
        super().__init__(wire, key_number)
        self._enc_key, self._mac_key = keys
        self._identifier = identifier
        self._counter = 0

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
        bare = access in {"read", "write"} and mode is CommMode.PLAIN
        answer = self.wire.ask(command, self._protected(command, head, data, access, mode))
        self._counter += 1
        if bare:
            return answer
        answer, mac = answer[:-MAC_BYTES], answer[-MAC_BYTES:]
        if not hmac.compare_digest(self.mac(OK, answer), mac):
            raise CardGoneError("the answer's MAC is wrong")
        if answer and access == "read" and mode is CommMode.FULL:
            return self._deciphered(answer)
        return answer

    @override
    def change_key_sums(self, clear: bytes, new_key: bytes, *, own: bool) -> bytes:
        return b"" if own else desfire_crc(new_key)

    @override
    def change_own_key(self, head: bytes, data: bytes) -> None:
        self.wire.ask(CHANGE_KEY, self._protected(CHANGE_KEY, head, data, "keys", CommMode.FULL))

    def mac(self, code: int, data: bytes) -> bytes:
        """The MAC of a command or an answer at the counter's present state."""
        counter = self._counter.to_bytes(2, "little")
        return truncated(aes_cmac(self._mac_key, bytes([code]) + counter + self._identifier + data))

    def _protected(self, command: int, head: bytes, data: bytes, access: Access, mode: CommMode) -> bytes:
        if access in {"read", "write"} and mode is CommMode.PLAIN:
            return head + data
        if access == "keys" or (access == "write" and mode is CommMode.FULL):
            clear = data + b"\x80"
            clear += bytes(-len(clear) % BLOCK_BYTES)
            encryptor = Cipher(algorithms.AES(self._enc_key), modes.CBC(self._vector(COMMAND_VECTOR))).encryptor()
            data = encryptor.update(clear) + encryptor.finalize()
        return head + data + self.mac(command, head + data)

    def _deciphered(self, answer: bytes) -> bytes:
        if len(answer) % BLOCK_BYTES:
            raise CardGoneError("an enciphered answer has a wrong length")
        decryptor = Cipher(algorithms.AES(self._enc_key), modes.CBC(self._vector(ANSWER_VECTOR))).decryptor()
        clear, mark, rest = (decryptor.update(answer) + decryptor.finalize()).rpartition(b"\x80")
        if not mark or any(rest):
            raise CardGoneError("the padding of an enciphered answer is wrong")
        return clear

    def _vector(self, label: bytes) -> bytes:
        return encrypt_cbc(self._enc_key, label + self._identifier + self._counter.to_bytes(2, "little") + bytes(8))


def authenticate_ev2(
    wire: Wire, key_number: int, key: bytes, randbytes: RandomBytes = secrets.token_bytes
) -> Ev2Session:
    """Prove and demand an AES key. NotGenuineError when the card does not have it.

    CardRefusalError with ILLEGAL_COMMAND: the card is older and knows EV1 only.
    """
    status, challenge = wire.frame(AUTHENTICATE_EV2_FIRST, bytes([key_number]) + NO_CAPABILITIES)
    if status in WRONG_KEY:
        raise NotGenuineError(f"the card has no such key ({status:02X})")
    if status != MORE:
        raise CardRefusalError(AUTHENTICATE_EV2_FIRST, status)
    if len(challenge) != BLOCK_BYTES:
        raise NotGenuineError("the card's key is of another kind")
    theirs, ours = decrypt_cbc(key, challenge), randbytes(BLOCK_BYTES)
    status, answer = wire.frame(MORE, encrypt_cbc(key, ours + theirs[1:] + theirs[:1]))
    if status != OK:
        raise NotGenuineError(f"the card refused key {key_number} ({status:02X})")
    clear = decrypt_cbc(key, answer) if len(answer) == 2 * BLOCK_BYTES else 2 * ZERO_BLOCK
    identifier, echo = clear[:IDENTIFIER_BYTES], clear[IDENTIFIER_BYTES : IDENTIFIER_BYTES + BLOCK_BYTES]
    if not hmac.compare_digest(echo, ours[1:] + ours[:1]):
        raise NotGenuineError(f"the card does not know key {key_number}")
    return Ev2Session(wire, key_number, session_keys(key, ours, theirs), identifier)
