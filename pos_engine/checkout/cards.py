"""From a card id to a member, or to the sentence why not. A card that does not count never stops a sale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pos_engine.core.card_trust import FOUND_TECHNOLOGY
from pos_engine.journal.replica import Replica
from pos_engine.wire.sync import MemberBody

CardFault = Literal["card_unknown", "card_blocked", "card_replaced"]


@dataclass(frozen=True)
class Holder:
    """A card that counts, and whose it is."""

    card_id: str
    body: MemberBody


def holder_of(replica: Replica, card_id: str) -> Holder | CardFault:
    """Whose card this is. card_unknown also for a member that has not arrived here yet, or was erased."""
    technology, _, member_id = card_id.partition(":")
    if technology == FOUND_TECHNOLOGY:
        found = replica.member(member_id)
        return "card_unknown" if found is None else Holder(card_id, found)
    card = replica.card(card_id)
    if card is None:
        return "card_unknown"
    if card.state == "blocked":
        return "card_blocked"
    if card.state == "replaced":
        return "card_replaced"
    body = replica.member(card.member_id)
    return "card_unknown" if body is None else Holder(card_id, body)
