from __future__ import annotations

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Offer
from pos_engine.core.offer_parts import Selector
from pos_engine.core.outcome import MessageShown
from pos_engine.core.rewards.message import Message
from tests.support.pricing import ALWAYS, campaign_of, line, price


def test_a_sentence_for_who_buys_bread() -> None:
    offer = Offer("o", "hint", ALWAYS, Message("New on Friday: rye"), Selector(products=("a",)))
    outcome = price((campaign_of(offer),), Basket((line("1", "a", 300),)))
    assert outcome.messages == (MessageShown("c1", "o", "New on Friday: rye"),)
    assert outcome.total_discount_minor == 0
    assert price((campaign_of(offer),), Basket((line("1", "b", 300),))).messages == ()
