"""channel: the sale comes in on one of these ways: till, web, phone."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from pos_engine.core.answers import YES, Answer, no
from pos_engine.core.campaign import Condition
from pos_engine.core.facts import Facts
from pos_engine.core.reasons import WRONG_CHANNEL


@dataclass(frozen=True)
class Channel(Condition):
    """Names of channels as the basket gives them; `till` is the shop's own."""

    channels: tuple[str, ...]

    @override
    def answer(self, facts: Facts) -> Answer:
        return YES if facts.basket.channel in self.channels else no(WRONG_CHANNEL)
