"""Where a channel reaches somebody, and the keyed mark by which an address is known again without being kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backoffice.consent.kinds import Channel
from backoffice.text import folded
from backoffice.vault import Vault

if TYPE_CHECKING:  # whoever writes a person keeps the marks of its addresses, and so needs this module
    from backoffice.members.personal import Person

PHONE_DIGITS: Final = 9
"""Digits at the end of a phone number that count: 0170 1234567 and +49 170 1234567 are one number. Two numbers of two
countries may fall together; then one is not called that could be, never the other way round."""


def address_of(person: Person, channel: Channel) -> str:
    """Where the channel reaches somebody; empty when that is not known."""
    if channel is Channel.EMAIL:
        return person.email
    if channel is Channel.LETTER:
        return f"{person.street}, {person.postcode} {person.town}" if person.street and person.town else ""
    return person.phone


def mark_of(vault: Vault, organisation_id: str, channel: Channel, address: str) -> int | None:
    """The mark of an address, the same for every way of writing it; None when nothing of it tells addresses apart."""
    normal = _normal(channel, address)
    return vault.mark(organisation_id, f"address:{channel}:{normal}") if normal else None


def _normal(channel: Channel, address: str) -> str:
    if channel is Channel.EMAIL:
        return address.strip().casefold()
    if channel is Channel.LETTER:
        return "".join(character for character in folded(address) if character.isalnum())
    return "".join(character for character in address if character.isdecimal())[-PHONE_DIGITS:]
