"""What the cards held to this till have shown, and what they may therefore do (core.card_trust)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from pos_engine.core.card_trust import TRUST, CardClass, Grant, Right, TrustTable, allows, card_class
from pos_engine.ports.card_rights import CardMemory
from pos_engine.ports.devices import CardIdentity

CARDS_MAX = 500
"""Cards whose last tap is remembered: more than are tapped between two sales. Forgotten, a card has proved nothing."""


class TapTrust:
    """Guarded by the service's lock. After a restart every card has to show again what it is."""

    def __init__(self, table: TrustTable = TRUST) -> None:
        self._table = table
        self._seen: OrderedDict[str, CardClass] = OrderedDict()
        self._confirmed: set[str] = set()
        self._memories: dict[str, CardMemory | None] = {}

    def note(self, card: CardIdentity) -> None:
        """A tap: what it proved counts until the next tap of that card; a second factor has to be given anew."""
        self._seen.pop(card.card_id, None)
        self._seen[card.card_id] = card_class(card.technology, card.family, card.proof)
        self._confirmed.discard(card.card_id)
        self._memories[card.card_id] = card.memory
        self._bound()

    def _bound(self) -> None:
        while len(self._seen) > CARDS_MAX:
            forgotten, _ = self._seen.popitem(last=False)
            self._confirmed.discard(forgotten)
            self._memories.pop(forgotten, None)

    def remember(self, card_id: str, memory: CardMemory) -> None:
        """What a card remembers now that it was changed here."""
        if card_id in self._seen:
            self._memories[card_id] = memory

    def forget_memory(self, card_id: str) -> None:
        """What a card remembers is not known any more: it has to be held to the reader again."""
        self._memories.pop(card_id, None)

    def memory_known(self, card_id: str) -> bool:
        """Whether a tap here has shown what this card remembers, or that it remembers nothing."""
        return card_id in self._memories

    def memory_of(self, card_id: str) -> CardMemory | None:
        """What a card remembers of rights that were used; None: nothing, or it is not known."""
        return self._memories.get(card_id)

    def confirm(self, card_id: str) -> None:
        """A second factor was given for the holder: it counts until the card's next tap, or the end of its sale."""
        self._seen.setdefault(card_id, self.class_of(card_id))  # a card that a register names was never tapped here
        self._confirmed.add(card_id)
        self._bound()

    def sale_ended(self, card_ids: Iterable[str]) -> None:
        """The sale of these cards is over: a second factor has to be given anew for the next one."""
        self._confirmed.difference_update(card_ids)

    def grant(self, card_id: str, right: Right) -> Grant:
        """What the table gives this card by what it showed here, a second factor left aside."""
        return self._table[self.class_of(card_id)][right]

    def asks_factor(self, card_id: str, right: Right) -> bool:
        """Whether a second factor would let this card do what it may not do alone."""
        return self.grant(card_id, right) is Grant.SECOND_FACTOR and card_id not in self._confirmed

    def class_of(self, card_id: str) -> CardClass:
        """The row of the table for this card: what its last tap here showed, else what its id alone is worth."""
        return self._seen.get(card_id) or card_class(card_id.partition(":")[0], "", "none")

    def may(self, card_id: str, right: Right) -> bool:
        """Whether this card may do that now."""
        return allows(self._table, self.class_of(card_id), right, second_factor=card_id in self._confirmed)

    def counts(self, card_id: str) -> bool:
        """Whether a tap of this card belongs to a sale at all: it must be allowed to identify and to earn."""
        return self.may(card_id, "identify") and self.may(card_id, "earn")

    @property
    def last_with_key(self) -> str:
        """The card that proved its key last; empty: none."""
        return next((card_id for card_id, kind in reversed(self._seen.items()) if kind == "desfire_key"), "")
