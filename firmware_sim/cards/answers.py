"""Answers to reset and answers to select as a contactless reader makes them up for PC/SC.

Sources: PC/SC specification part 3 (supplemental document for contactless cards), section 3.1.3.2.3; ISO 14443-4, 5.2.
"""

from __future__ import annotations

from functools import reduce

PCSC_WORKGROUP_RID = bytes.fromhex("A000000306")
STANDARD_ISO14443A_PART3 = 0x03
NAME_CLASSIC_1K = 0x0001
NAME_CLASSIC_4K = 0x0002
NAME_ULTRALIGHT = 0x0003
"""Ultralight and all NTAG21x: the answer to reset gives the family only."""


def check_byte(answer: bytes) -> int:
    """TCK: the exclusive or of everything after TS, so that T0…TCK gives zero."""
    return reduce(lambda left, right: left ^ right, answer[1:], 0)


def storage_card_atr(card_name: int) -> bytes:
    """The answer to reset of a card that only stores (MIFARE Classic, Ultralight, NTAG)."""
    application = PCSC_WORKGROUP_RID + bytes([STANDARD_ISO14443A_PART3]) + card_name.to_bytes(2, "big") + bytes(4)
    answer = bytes.fromhex("3B8F8001804F") + bytes([len(application)]) + application
    return answer + bytes([check_byte(answer)])


def historical_bytes(ats: bytes) -> bytes:
    """The historical bytes of an answer to select: what is left after TL, T0 and the TA, TB, TC that T0 announces."""
    if len(ats) < 2:
        return b""
    announced = sum(1 for bit in (0x10, 0x20, 0x40) if ats[1] & bit)
    return ats[2 + announced : ats[0]]


def smart_card_atr(ats: bytes) -> bytes:
    """The answer to reset of an ISO 14443-4 card: its historical bytes between two fixed interface bytes and TCK."""
    history = historical_bytes(ats)[:15]
    answer = bytes([0x3B, 0x80 | len(history), 0x80, 0x01]) + history
    return answer + bytes([check_byte(answer)])
