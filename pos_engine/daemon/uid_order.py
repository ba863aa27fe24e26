"""Whether a reader tells UIDs from the wrong end: the first byte of a long one is its maker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pos_engine.ports.devices import CardIdentity

LONG_UID_BYTES = (7, 10)
NXP = 0x04
MAKERS = frozenset({0x02, NXP, 0x05, 0x07})
"""STMicroelectronics, NXP, Infineon, Texas Instruments (ISO/IEC 7816-6): whose chips are on customers' cards."""

_HAS_THE_SETTING = re.compile(r"^serial:.*[?&]protocol=(sm130|jmy|pn532)\b")
_IS_REVERSED = re.compile(r"[?&]uid=reversed\b")


@dataclass(frozen=True)
class WrongEnd:
    """What to change: `code` is the doctor's sentence for it. The UID as this reader tells it, and as others do."""

    code: Literal["uid_add_reversed", "uid_remove_reversed"]
    uid: str
    turned: str


def trouble(address: str, card: CardIdentity) -> WrongEnd | None:
    """What to change in the address of a reader that shows this card; None when nothing looks wrong."""
    if not has_setting(address) or not _from_the_end(card):
        return None
    turned = bytes.fromhex(card.uid_hex)[::-1].hex().upper()
    is_reversed = _IS_REVERSED.search(address) is not None
    return WrongEnd("uid_remove_reversed" if is_reversed else "uid_add_reversed", card.uid_hex, turned)


def has_setting(address: str) -> bool:
    """Whether the address says in which order the reader's UIDs are; then a card on it shows whether that is right."""
    return _HAS_THE_SETTING.match(address) is not None


def _from_the_end(card: CardIdentity) -> bool:
    if card.technology != "iso14443a":
        return False
    uid = bytes.fromhex(card.uid_hex)
    return len(uid) in LONG_UID_BYTES and uid[0] not in MAKERS and uid[-1] == NXP
