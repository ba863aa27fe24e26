"""Mutual authentication from the card's side: ISO (DES), AES (EV1) and EV2 First.

Sources: MF3ICDx21, 9.3 (1A and AA: one CBC chain through all three messages); AN12343, 3.2 (71: each by itself).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from firmware_sim.cards.card_crypto import BlockCipher, ev2_keys
from firmware_sim.cards.desfire.application import CardKey
from firmware_sim.cards.desfire.sessions import Ev1Session, Ev2Session, Session
from firmware_sim.cards.desfire.status import AUTHENTICATION_ERROR, LENGTH_ERROR, Refusal

ISO, AES, EV2_FIRST = 0x1A, 0xAA, 0x71
CAPABILITIES = bytes(12)  # PDcap2 and PCDcap2: nothing special

Second = Callable[[bytes], tuple[bytes, Session]]
"""Takes the host's message; gives the card's last one and the session. Refusal when the host does not know the key."""


def begin(command: int, number: int, key: CardKey, source: random.Random) -> tuple[bytes, Second]:
    """The card's first message, and what it does with the host's."""
    if key.des != (command == ISO):
        raise Refusal(AUTHENTICATION_ERROR)
    cipher = key.cipher()
    challenge = source.randbytes(cipher.block)
    first = cipher.encrypt(bytes(cipher.block), challenge)
    if command == EV2_FIRST:
        return first, lambda message: _finish_ev2(number, key, challenge, message, source)
    return first, lambda message: _finish_ev1(number, key, challenge, first, message)


def _finish_ev1(number: int, key: CardKey, challenge: bytes, first: bytes, message: bytes) -> tuple[bytes, Session]:
    cipher = key.cipher()
    host = _host_number(cipher, challenge, first, message)
    answer = cipher.encrypt(message[-cipher.block :], _turned(host))
    return answer, Ev1Session(number, BlockCipher(_ev1_key(key, host, challenge), des=key.des))


def _finish_ev2(
    number: int, key: CardKey, challenge: bytes, message: bytes, source: random.Random
) -> tuple[bytes, Session]:
    cipher = key.cipher()
    host = _host_number(cipher, challenge, bytes(16), message)
    identifier = source.randbytes(4)
    answer = cipher.encrypt(bytes(16), identifier + _turned(host) + CAPABILITIES)
    return answer, Ev2Session(number, *ev2_keys(key.value, host, challenge), identifier)


def _host_number(cipher: BlockCipher, challenge: bytes, vector: bytes, message: bytes) -> bytes:
    if len(message) != 2 * cipher.block:
        raise Refusal(LENGTH_ERROR)
    clear = cipher.decrypt(vector, message)
    host, echo = clear[: cipher.block], clear[cipher.block :]
    if echo != _turned(challenge):
        raise Refusal(AUTHENTICATION_ERROR)
    return host


def _ev1_key(key: CardKey, host: bytes, card: bytes) -> bytes:
    session = host[0:4] + card[0:4]
    if not key.des:
        return session + host[12:16] + card[12:16]
    one_key = key.value[:8] == key.value[8:]
    return session if one_key else session + host[4:8] + card[4:8]


def _turned(number: bytes) -> bytes:
    return number[1:] + number[:1]
