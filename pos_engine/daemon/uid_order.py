"""Whether a reader tells UIDs from the wrong end: the first byte of a long one is its maker."""

from __future__ import annotations

import re

from pos_engine.ports.devices import CardIdentity, CardPresented, ReaderEvent

LONG_UID_BYTES = (7, 10)
NXP = 0x04
MAKERS = frozenset({0x02, NXP, 0x05, 0x07})
"""STMicroelectronics, NXP, Infineon, Texas Instruments (ISO/IEC 7816-6): whose chips are on customers' cards."""

_HAS_THE_SETTING = re.compile(r"^serial:.*[?&]protocol=(sm130|jmy|pn532)\b")
_IS_REVERSED = re.compile(r"[?&]uid=reversed\b")


def trouble(address: str, event: ReaderEvent | None) -> str:
    """What to change in the address of a reader that shows the card of `event`; empty when nothing looks wrong."""
    if not _HAS_THE_SETTING.match(address) or not isinstance(event, CardPresented) or not _from_the_end(event.card):
        return ""
    turned = bytes.fromhex(event.card.uid_hex)[::-1].hex().upper()
    change = "take uid=reversed out of" if _IS_REVERSED.search(address) else "add uid=reversed to"
    return (
        f"tells UIDs from the wrong end: the card on it is {event.card.uid_hex} here and {turned} at other readers. "
        f"To mend it, {change} its address {address}"
    )


def advice(address: str, event: ReaderEvent | None) -> str:
    """How the order can be checked, where the address has a setting for it and no card lies there."""
    if not _HAS_THE_SETTING.match(address) or event is not None:
        return ""
    return ". Lay a member's card on it and ask again: then the order of its UIDs is checked too"


def _from_the_end(card: CardIdentity) -> bool:
    if card.technology != "iso14443a":
        return False
    uid = bytes.fromhex(card.uid_hex)
    return len(uid) in LONG_UID_BYTES and uid[0] not in MAKERS and uid[-1] == NXP
