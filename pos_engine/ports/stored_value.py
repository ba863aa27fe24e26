"""Value that lies on the customer's card itself, and what the till expects of whoever speaks to the card.

Laws: a move has happened when `move` returned; it has not happened when `move` raised anything but CARD_IN_DOUBT; after
that code only the card can tell, at its next tap. `about_to_commit` runs when nothing has happened yet and everything
is ready: what it writes is on the disk before the card is told, and when it raises, the card stays as it was.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

MoveKind = Literal["debit", "credit"]

CardValueCode = Literal[
    "card_absent",  # no reader has this card: hold it there
    "card_pulled",  # it was taken away too soon, and nothing happened
    "card_in_doubt",  # the commit had no answer: only the card knows
    "card_not_genuine",  # it does not know its key
    "card_without_value",  # no card of ours that can carry value
    "card_value_low",  # less lies on it
    "card_value_limit",  # more would lie on it than it may hold
    "card_currency",  # its value is in another currency
    "card_keys_missing",  # this till holds no key for that
    "card_busy",  # another move is being made on this till
    "card_reader",  # reader or service is not well
]


class CardValueError(Exception):
    """Why a card's value was not moved or read. `text`: English, for log and support."""

    def __init__(self, code: CardValueCode, text: str) -> None:
        super().__init__(text)
        self.code: CardValueCode = code
        self.text = text


@dataclass(frozen=True)
class CardMove:
    """What is to happen. `move_id`: 32 hex digits, written onto the card with the move, and never used twice."""

    move_id: str
    card_id: str
    kind: MoveKind
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class SeenMove:
    """One move as the card has it. `sequence` grows by one with each move of the card, on whichever till."""

    sequence: int
    move_id: str
    kind: Literal["issue", "debit", "credit"]
    amount_minor: int


@dataclass(frozen=True)
class CardValue:
    """What a genuine card said. `moves`: the newest it keeps, oldest first; there is always one."""

    card_id: str
    currency: str
    balance_minor: int
    moves: tuple[SeenMove, ...]

    @property
    def sequence(self) -> int:
        """Of the newest move."""
        return self.moves[-1].sequence


AboutToCommit = Callable[[CardValue], None]
"""Called with the card's state before the move, in the card's own session."""


class StoredValueCard(ABC):
    """Cards that carry value, through whichever readers this till has. Every call ends within a bounded time."""

    @abstractmethod
    def look(self, card_id: str) -> CardValue:
        """The card's value and newest moves, proved by its keys. CardValueError."""

    @abstractmethod
    def move(self, move: CardMove, about_to_commit: AboutToCommit) -> CardValue:
        """Make the move; the card's state after it. CardValueError, and whatever `about_to_commit` raised."""
