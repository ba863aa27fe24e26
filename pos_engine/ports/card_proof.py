"""What a till remembers of cards so that a proof counts once."""

from __future__ import annotations

from abc import ABC, abstractmethod


class TapCounters(ABC):
    """The highest tap counter seen of each tag."""

    @abstractmethod
    def take(self, card_id: str, counter: int) -> bool:
        """Remember this tap durably. False when it is no newer than what was seen before: a copied address."""
