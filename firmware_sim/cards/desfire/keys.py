"""Changing a key: the card's check of the cryptogram (MF3ICDx21, 9.3.4 for EV1; AN12343, 7.1 for EV2)."""

from __future__ import annotations

from firmware_sim.cards.card_crypto import card_crc
from firmware_sim.cards.desfire.application import Application, CardKey
from firmware_sim.cards.desfire.sessions import Ev1Session, Session
from firmware_sim.cards.desfire.status import INTEGRITY_ERROR, LENGTH_ERROR, PERMISSION_DENIED, Refusal

CHANGE_KEY = 0xC4
AES_FLAG = 0x80  # in the number of the card's own master key: the new key is an AES key
KEY_BYTES = 16


def change_key(application: Application, session: Session, data: bytes) -> bool:
    """Store the new key. True: it was the session's own key, so that the session is over."""
    if session.key_number != 0:
        raise Refusal(PERMISSION_DENIED)
    number = data[0] & 0x0F
    key = application.key(number)
    own = number == session.key_number
    body = data[1:]
    if len(body) < KEY_BYTES + 1:
        raise Refusal(LENGTH_ERROR)
    sent, version, rest = body[:KEY_BYTES], body[KEY_BYTES], body[KEY_BYTES + 1 :]
    new = sent if own else bytes(left ^ right for left, right in zip(sent, key.value, strict=True))
    sums = b""
    if isinstance(session, Ev1Session):
        sums = card_crc(bytes([CHANGE_KEY]) + data[: KEY_BYTES + 2])
    if not own:
        sums += card_crc(new)
    if rest[: len(sums)] != sums or any(rest[len(sums) :]):
        raise Refusal(INTEGRITY_ERROR)
    application.keys[number] = CardKey(new, version, des=key.des and not data[0] & AES_FLAG)
    return own
