"""What a customer's chip card remembers of rights that were used, and what the till expects of whoever speaks to it.

A card has a few places, one for each right (a coupon, a member's uses of an offer): how many units were used, and until
when the right can matter. Every change of it carries a mark, so that a till whose answer was lost finds out from the
card what became of its change.

Laws: a change has happened when `change` returned; it has not when it raised anything but card_in_doubt; after that
code only the card can tell, at its next tap. `about_to_commit` runs when nothing has happened yet and everything is
ready: what it writes is on the disk before the card is told, and when it raises, the card stays as it was.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

RIGHT_KEY_BYTES = 8
"""Of the SHA-256 of a right's name. Two of a card's few rights have the same one in 10^17 cards."""

MARK_BYTES = 6
"""The end of a change's id, which is its random part."""

KEPT_AFTER = timedelta(days=31)
"""So long after a right's last day its place is kept, for tills whose clock is wrong."""

CardRightsCode = Literal[
    "card_absent",  # no reader has this card: hold it there
    "card_pulled",  # it was taken away too soon, and nothing happened
    "card_in_doubt",  # the commit had no answer: only the card knows
    "card_not_genuine",  # it does not know its key
    "card_forgets",  # no card of ours that remembers rights
    "right_used",  # it says that the right is used up
    "card_full",  # every place on it is taken by a right that still matters
    "card_keys_missing",  # this till holds no key for that
    "card_busy",  # another call is being made on this till
    "card_reader",  # reader or service is not well
]


class CardRightsError(Exception):
    """Why a card was not changed or read. `text`: English, for log and support."""

    def __init__(self, code: CardRightsCode, text: str) -> None:
        super().__init__(text)
        self.code: CardRightsCode = code
        self.text = text


def right_key(right_id: str) -> str:
    """How a card names a right: hex."""
    return hashlib.sha256(right_id.encode()).hexdigest()[: 2 * RIGHT_KEY_BYTES]


def mark_of(change_id: str) -> str:
    """How a card names a change. `change_id`: 32 hex digits."""
    return change_id[-2 * MARK_BYTES :]


@dataclass(frozen=True)
class Place:
    """One right on a card. `until`: the last day on which it can be used."""

    key: str
    used: int
    until: date


@dataclass(frozen=True)
class CardMemory:
    """What a genuine card said. `places`: those in use. `changes`: the newest it keeps, each sequence and mark."""

    places: tuple[Place, ...]
    places_in_all: int
    changes: tuple[tuple[int, str], ...] = ()

    @property
    def sequence(self) -> int:
        """Of the newest change; 0: there was none."""
        return max((sequence for sequence, _ in self.changes), default=0)

    def used(self, right_id: str) -> int:
        """Units of a right that this card remembers as used."""
        key = right_key(right_id)
        return next((place.used for place in self.places if place.key == key), 0)

    def remembers(self, right_id: str) -> bool:
        """Whether this right has a place."""
        key = right_key(right_id)
        return any(place.key == key for place in self.places)

    def room(self, today: date) -> int:
        """Places for rights that have none yet."""
        return self.places_in_all - sum(place.until + KEPT_AFTER >= today for place in self.places)


@dataclass(frozen=True)
class RightChange:
    """Units of a right that are used now; negative: given back.

    `known`: what is known to be used elsewhere, which the card may not know. `most`: what the right is worth in all.
    """

    right_id: str
    units: int
    known: int
    most: int
    until: date


AboutToCommit = Callable[[CardMemory], None]
"""Called with what the card remembered before the change, in the card's own session."""


class CardRights(ABC):
    """Cards that remember rights, through whichever readers this till has. Every call ends within a bounded time."""

    @abstractmethod
    def change(
        self,
        card_id: str,
        change_id: str,
        changes: Sequence[RightChange],
        today: date,
        about_to_commit: AboutToCommit,
    ) -> CardMemory:
        """Make all changes at once, or none; what the card remembers after it.

        CardRightsError, and whatever `about_to_commit` raised.
        """
