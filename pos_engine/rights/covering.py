"""What a sale may use of a right that is limited, by its campaign's policy, and on what it rests.

strict: only units in this hand. bounded: these, and where they do not do, up to so many purchases of the campaign that
rest on nothing, until their receipts have arrived at the back-office. open: anything; nobody counts here. card: what
belongs to one member is decided by that member's chip card, which is a hand like any other (`checkout/card_memory`);
everything else as strict.

Nothing asks here whether somebody can be reached: what is not in this hand is not this till's to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pos_engine.core.offer_parts import Limits
from pos_engine.core.offline import Offline
from pos_engine.core.outcome import AppliedOffer
from pos_engine.rights.ids import budget_right, coupon_right, member_right, uses_right
from pos_engine.wire.sync import RightUse


@dataclass(frozen=True)
class Hand:
    """What a till has: usable units by right, and by campaign the purchases that rest on nothing and still wait."""

    usable: Mapping[str, int]
    loose: Mapping[str, int]

    def may_be_loose(self, campaign_id: str, offline: Offline) -> bool:
        """Whether one more purchase of this campaign may rest on nothing."""
        return offline.policy == "bounded" and self.loose.get(campaign_id, 0) < offline.purchases


def counted(offline: Offline) -> bool:
    """Whether uses of the campaign are in somebody's hand at all."""
    return offline.policy != "open"


def ceiling(hand: Hand, right_id: str, campaign_id: str, offline: Offline, known_left: int) -> int:
    """How many of the units that are left as far as is known may be used here and now."""
    if not counted(offline) or hand.may_be_loose(campaign_id, offline):
        return known_left
    return min(known_left, hand.usable.get(right_id, 0))


def uses_of(
    applied: Iterable[AppliedOffer], limits: Mapping[str, Limits], policies: Mapping[str, Offline], member_id: str
) -> tuple[RightUse, ...]:
    """What an outcome uses of rights that somebody counts, not yet resting on anything.

    `policies`: by campaign; one that is not named is as by default.
    """
    found: dict[tuple[str, str], int] = {}
    for offer in applied:
        if not counted(policies.get(offer.campaign_id, Offline())):
            continue
        limit = limits.get(offer.offer_id, Limits())
        wanted = [(coupon_right(coupon_id), 1) for coupon_id in dict.fromkeys(offer.redeemed_coupon_ids)]
        if limit.uses_total is not None:
            wanted.append((uses_right(offer.offer_id), offer.uses))
        if limit.budget_minor is not None:
            wanted.append((budget_right(offer.offer_id), offer.discount_minor))
        if limit.uses_per_member is not None and member_id:
            wanted.append((member_right(offer.offer_id, member_id), offer.uses))
        for right_id, units in wanted:
            key = (right_id, offer.campaign_id)
            found[key] = found.get(key, 0) + units
    return tuple(RightUse(right_id, campaign_id, units) for (right_id, campaign_id), units in found.items() if units)


def rested(uses: Iterable[RightUse], usable: Mapping[str, int], roots: Mapping[str, str]) -> tuple[RightUse, ...]:
    """The same uses, each resting on a lease that covers the whole of it, else on nothing."""
    left = dict(usable)
    found: list[RightUse] = []
    for use in uses:
        if 0 < use.units <= left.get(use.right_id, 0):
            left[use.right_id] -= use.units
            found.append(RightUse(use.right_id, use.campaign_id, use.units, roots[use.right_id]))
        else:
            found.append(use)
    return tuple(found)


def covers(hand: Hand, uses: Iterable[RightUse], policies: Mapping[str, Offline]) -> bool:
    """Whether a price may still be closed: every use of it is in this hand, or its campaign lets it rest on nothing."""
    left = dict(hand.usable)
    for use in uses:
        offline = policies.get(use.campaign_id, Offline())
        if use.units <= left.get(use.right_id, 0):
            left[use.right_id] -= use.units
        elif not hand.may_be_loose(use.campaign_id, offline):
            return False
    return True
