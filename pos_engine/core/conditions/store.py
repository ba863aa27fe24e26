"""store: the sale happens in one of these stores."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import WRONG_STORE


@dataclass(frozen=True)
class Store(Condition):
    """Store ids as the organisation numbers them."""

    store_ids: tuple[str, ...]

    @override
    def answer(self, facts: Facts) -> Answer:
        return YES if facts.basket.store_id in self.store_ids else no(WRONG_STORE)
