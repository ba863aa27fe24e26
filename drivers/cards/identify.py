"""Who a card is by what it can prove: a DESFire by its own key, an NTAG 424 by its tap; anything else by its UID."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.cards import desfire
from drivers.cards.exchange import FILE_NOT_FOUND, CardRefusalError, NotGenuineError, Wire
from drivers.cards.keys import UID_BYTES, KeySet, Role
from drivers.cards.loyalty_application import (
    APPLICATION,
    DATA_BYTES,
    DATA_FILE,
    DATA_MODE,
    IDENTIFY_KEY,
    RIGHTS_FILE,
    RIGHTS_MODE,
    CardData,
)
from drivers.cards.session import Session
from drivers.cards.used_rights import FILE_BYTES, UsedRights


@dataclass(frozen=True)
class Genuine:
    """A DESFire card that proved its identify key. `used`: None on a card that was made without that file."""

    data: CardData
    used: UsedRights | None = None


def desfire_identity(wire: Wire, uid: bytes, key_sets: Sequence[KeySet]) -> Genuine | None:
    """The proof, or None when there is none of our applications on the card.

    NotGenuineError: our application is there and its key is not; CardGoneError: hold the card to the reader again.
    """
    if len(uid) != UID_BYTES or not has_application(wire):
        return None
    for keys in key_sets:
        if not keys.has(Role.IDENTIFY):
            continue
        try:
            desfire.select(wire, APPLICATION)
            key = keys.card_key(Role.IDENTIFY, uid, APPLICATION)
            session = desfire.authenticate(wire, IDENTIFY_KEY, key)
            data = desfire.read_data(session, DATA_FILE, DATA_MODE, DATA_BYTES)
            used = _used(session)
        except NotGenuineError:
            continue
        except CardRefusalError as refusal:
            raise NotGenuineError(f"the card's files are not those of our cards: {refusal}") from refusal
        return Genuine(CardData.decoded(data), used)
    raise NotGenuineError("the card knows none of the identify keys it should have")


def _used(session: Session) -> UsedRights | None:
    """What the card remembers of rights. Its no ends the session, in which nothing else is to be asked."""
    try:
        return UsedRights(desfire.read_data(session, RIGHTS_FILE, RIGHTS_MODE, FILE_BYTES))
    except CardRefusalError as refusal:
        if refusal.status != FILE_NOT_FOUND:
            raise
        return None


def has_application(wire: Wire) -> bool:
    """Whether our application is there; False also for chips that are no DESFire. CardGoneError: no answer."""
    try:
        desfire.select(wire, APPLICATION)
    except CardRefusalError:
        return False
    return True
