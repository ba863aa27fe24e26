"""One offer on one small basket: what each line gets."""

from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer, Reward
from pos_engine.core.outcome import Outcome
from tests.support.pricing import ALWAYS, campaign_of, line, price


def offer_of(reward: Reward) -> Offer:
    """An offer without conditions."""
    return Offer("o", "offer", ALWAYS, reward)


def outcome_of(offer: Offer, *units: tuple[str, int]) -> Outcome:
    """The outcome for units (product, price), one line each."""
    basket = Basket(tuple(line(f"l{number}", product, cost) for number, (product, cost) in enumerate(units)))
    return price((campaign_of(offer),), basket)


def discounts(offer: Offer, *units: tuple[str, int]) -> list[int]:
    """What each unit gets."""
    return [row.discount_minor for row in outcome_of(offer, *units).lines]


def ledger(outcome: Outcome) -> list[tuple[str, str, int]]:
    """(line, role, amount) of every row."""
    return [(share.line_id, share.role, share.amount_minor) for share in outcome.shares]
