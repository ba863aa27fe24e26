"""Rights that the customer's own chip card remembers, in campaigns that say so (policy `card`).

Laws: one chip card of a member decides, on line and off line, and nothing else does while it is the member's; so a card
that is not here, or that this till cannot ask, is no reason to fall back to what tills hold. Only where no card can
remember (the member has none, has several, or it was made without a memory) is the campaign as strict as any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Literal

from pos_engine.checkout.active_rules import CompiledSet
from pos_engine.checkout.cards import Holder
from pos_engine.checkout.coupons import Coupons
from pos_engine.checkout.limits import usage_left
from pos_engine.checkout.tap_trust import TapTrust
from pos_engine.core.offline import Offline
from pos_engine.journal.card_rights_held import CardRightsBook
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.journal.rights import HandRows
from pos_engine.ports.card_rights import CardMemory, RightChange
from pos_engine.rights.covering import Hand
from pos_engine.rights.ids import CARD_ROOT, read_right
from pos_engine.wire.sync import RightUse

CardWord = Literal["", "needed", "unreadable", "old", "several", "full", "stay"]
"""What the cashier has to know of the card: a sentence `card_rights.card_<word>` in the catalogue.

needed: hold it to the reader. unreadable: this till cannot ask it. old: made without a memory. several: the member has
more than one chip card. full: no place is free. stay: leave it there until the receipt.
"""


@dataclass(frozen=True)
class Worth:
    """A right of one member: units in all, those known to be used, its last day."""

    most: int
    known: int
    until: date


def _nothing(_right_id: str, _campaign_id: str) -> Worth | None:
    return None


@dataclass(frozen=True)
class CardSight:
    """How the card of a sale stands. `by_card`: it decides, not what tills hold.

    `booked`: what it has written down for this very sale. `worth`: of a right (and its campaign) that cards may decide.
    """

    by_card: bool = False
    memory: CardMemory | None = None
    booked: Mapping[str, int] = field(default_factory=dict)
    word: CardWord = ""
    worth: Callable[[str, str], Worth | None] = _nothing
    today: date = date.min

    def over(self, rights: Mapping[str, str], rows: HandRows) -> tuple[HandRows, frozenset[str], CardWord]:
        """What a sale may rest on, with the card's word in the place of leases. `rights`: each with its campaign.

        Also the rights that the card decides, and what the cashier has to know where one of them cannot be used.
        """
        word: CardWord = ""
        usable, roots, decided = dict(rows.hand.usable), dict(rows.roots), set()
        room = 0 if self.memory is None else self.memory.room(self.today)
        for right_id, campaign_id in rights.items():
            worth = self.worth(right_id, campaign_id)
            if worth is None or worth.known >= worth.most:
                continue
            if self.by_card:
                decided.add(right_id)
                roots[right_id] = CARD_ROOT
                usable[right_id] = self.booked.get(right_id, 0)
                fresh = self.memory is not None and not self.memory.remembers(right_id)
                if self.memory is not None and (not fresh or room > 0):
                    room -= fresh
                    usable[right_id] += max(0, worth.most - max(worth.known, self.memory.used(right_id)))
                elif fresh:
                    word = word or "full"
            if usable.get(right_id, 0) <= 0:
                word = word or self.word
        return HandRows(Hand(usable, rows.hand.loose), roots), frozenset(decided), word


NO_CARD = CardSight()


class CardMemories:
    """What cards decide at this till. Guarded by the service's lock. `book`: None where it cannot write onto cards."""

    def __init__(
        self, journal: Journal, replica: Replica, till: TillIdentity, coupons: Coupons, trust: TapTrust
    ) -> None:
        self._journal = journal
        self._replica = replica
        self._till = till
        self._coupons = coupons
        self._trust = trust
        self.book: CardRightsBook | None = None

    def sight(self, rules: CompiledSet, holder: Holder | None, sale_ref: str, today: date) -> CardSight:
        """How the card of a sale stands; where no campaign of the set asks cards nothing is looked up."""
        if holder is None or not rules.asks_cards:
            return NO_CARD
        member_id, card_id = holder.body.member_id, holder.card_id

        def seen(word: CardWord, *, by_card: bool = False, memory: CardMemory | None = None) -> CardSight:
            booked = self.book.booked(sale_ref, card_id) if by_card and self.book is not None else {}
            worth = partial(self._worth, rules, member_id, today)
            return CardSight(by_card, memory, booked, word, worth, today)

        chips = self._replica.chips_of(member_id)
        if len(chips) != 1:
            return seen("several" if chips else "")
        if card_id not in chips or not self._trust.memory_known(card_id):
            return seen("needed", by_card=True)
        kind = self._trust.class_of(card_id)
        if kind == "uid" or self.book is None:
            return seen("unreadable", by_card=kind in {"uid", "desfire_key"})
        memory = self._trust.memory_of(card_id)
        if kind != "desfire_key" or memory is None:
            return seen("old")  # no DESFire, or one that was made before cards remembered rights
        return seen("", by_card=True, memory=memory)

    def changes(
        self, rules: CompiledSet, uses: Iterable[RightUse], member_id: str, today: date
    ) -> dict[str, RightChange]:
        """What a card has to write down for these uses, right by right."""
        found: dict[str, RightChange] = {}
        for use in uses:
            worth = self._worth(rules, member_id, today, use.right_id, use.campaign_id)
            if use.root != CARD_ROOT or worth is None:
                continue
            before = found.get(use.right_id)
            change = RightChange(use.right_id, use.units, worth.known, worth.most, worth.until)
            found[use.right_id] = change if before is None else replace(before, units=before.units + use.units)
        return found

    def _worth(self, rules: CompiledSet, member_id: str, today: date, right_id: str, campaign_id: str) -> Worth | None:
        """A right that belongs to this member alone, in a campaign that lets cards decide; None for every other."""
        name, campaign = read_right(right_id), rules.campaigns.get(campaign_id)
        if name is None or campaign is None or not member_id:
            return None
        if rules.policies.get(campaign_id, Offline()).policy != "card":
            return None
        if name.kind == "coupon":
            counted = self._coupons.counted(name.subject_id)
            if counted is None or counted[0].member_id != member_id:
                return None
            coupon, known = counted
            return Worth(coupon.uses_total, known, min(coupon.valid_until or campaign.ends_on, campaign.ends_on))
        limits = rules.limits.get(name.subject_id)
        if name.kind != "member" or limits is None or limits.uses_per_member is None:
            return None
        left = usage_left(
            {name.subject_id: limits}, self._journal, self._replica, self._till.workstation_id, member_id, today
        ).offers[name.subject_id]
        return Worth(limits.uses_per_member, limits.uses_per_member - (left.member_uses or 0), campaign.ends_on)
