"""What a sale may use of coupons and limits that could be used elsewhere at the same time, by its campaign's policy.

Laws: nobody is asked while a customer waits: what is lacking is wished for, and counts once it is there; a use that
rests on nothing is counted against the campaign's bound until its receipt has arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from pos_engine import words
from pos_engine.checkout.active_rules import CompiledSet
from pos_engine.checkout.answers import CouponAnswer
from pos_engine.checkout.card_memory import CardSight, CardWord
from pos_engine.checkout.coupons import HandedOver
from pos_engine.checkout.point_shares import PointShares
from pos_engine.core.member import HeldCoupon
from pos_engine.core.offline import Offline
from pos_engine.core.outcome import Outcome
from pos_engine.core.usage import OfferLeft, Usage
from pos_engine.journal.rights import HandRows
from pos_engine.journal.rights_held import HeldRights
from pos_engine.rights.borrowing import Wish
from pos_engine.rights.covering import ceiling, counted, covers, rested, uses_of
from pos_engine.rights.ids import budget_right, coupon_right, member_right, read_right, uses_right
from pos_engine.rights.wished import Wishes
from pos_engine.wire.sync import RightUse

SHARE = 10
"""A till wishes for a tenth of what is left of a budget, so that others find some too."""


@dataclass(frozen=True)
class Facts:
    """What a price is made from, before and after a look at what is at hand."""

    held: tuple[HeldCoupon, ...]
    handed: HandedOver
    usage: Usage


@dataclass(frozen=True)
class _Wanted:
    """One right that the sale could use: its campaign, and what is left of it as far as is known."""

    campaign_id: str
    offline: Offline
    left: int


class AtHand:
    """One till's view. `wishes` are fetched by others. `shares`: the same for members' points."""

    def __init__(self, held: HeldRights, wishes: Wishes) -> None:
        self._held = held
        self._wishes = wishes
        self.shares = PointShares(held, wishes)

    def wish_for_nothing(self, *, still: bool) -> None:
        """Sales of a training ask no lender for anything."""
        self._wishes.still = still

    def look(
        self,
        rules: CompiledSet,
        facts: Facts,
        member_id: str,
        sale_ref: str,
        today: date,
        language: str,
        card: CardSight,
    ) -> tuple[Facts, HandRows, CardWord]:
        """The same facts with what may not be used here and now taken out, and what the rest can rest on.

        Also what the cashier has to know of the card.
        """
        wanted = _wanted(rules, facts, member_id, today)
        held = self._held.hand(wanted, sale_ref)
        rows, by_card, word = card.over({right_id: want.campaign_id for right_id, want in wanted.items()}, held)
        self._wishes.add(
            _lacking({right_id: want for right_id, want in wanted.items() if right_id not in by_card}, rows)
        )
        most = {
            right_id: ceiling(rows.hand, right_id, want.campaign_id, want.offline, want.left)
            for right_id, want in wanted.items()
        }
        return (
            Facts(
                tuple(_coupon(coupon, most) for coupon in facts.held),
                _handed(facts.handed, most, language),
                Usage(
                    {offer_id: _left(offer_id, left, member_id, most) for offer_id, left in facts.usage.offers.items()}
                ),
            ),
            rows,
            word,
        )

    def uses(self, rules: CompiledSet, outcome: Outcome, member_id: str, rows: HandRows) -> tuple[RightUse, ...]:
        """What an outcome uses, each resting on what is at hand or on nothing."""
        uses = uses_of(outcome.applied, rules.limits, rules.policies, member_id)
        return rested(uses, rows.hand.usable, rows.roots)

    def to_close(
        self, rules: CompiledSet, outcome: Outcome, member_id: str, sale_ref: str, card: CardSight
    ) -> tuple[RightUse, ...] | None:
        """What a sale that is closed now uses; None when it is no longer covered."""
        uses = uses_of(outcome.applied, rules.limits, rules.policies, member_id)
        held = self._held.hand((use.right_id for use in uses), sale_ref, closing=True)
        rows, _, _ = card.over({use.right_id: use.campaign_id for use in uses}, held)
        if not covers(rows.hand, uses, rules.policies):
            return None
        return rested(uses, rows.hand.usable, rows.roots)


def _wanted(rules: CompiledSet, facts: Facts, member_id: str, today: date) -> dict[str, _Wanted]:
    found: dict[str, _Wanted] = {}
    for coupon in facts.held:
        if coupon.valid_until is None or today <= coupon.valid_until:
            _note(found, rules, coupon_right(coupon.coupon_id), rules.series.get(coupon.series_id), coupon.uses_left)
    for presented in facts.handed.presented:
        _note(found, rules, coupon_right(presented.coupon_id), rules.series.get(presented.series_id), 1)
    for offer_id, left in facts.usage.offers.items():
        campaign_id = rules.campaign_of.get(offer_id)
        _note(found, rules, uses_right(offer_id), campaign_id, left.total_uses)
        _note(found, rules, budget_right(offer_id), campaign_id, left.budget_minor)
        if member_id:
            _note(found, rules, member_right(offer_id, member_id), campaign_id, left.member_uses)
    return found


def _note(
    found: dict[str, _Wanted], rules: CompiledSet, right_id: str, campaign_id: str | None, left: int | None
) -> None:
    if campaign_id is None or not left or left <= 0:
        return
    offline = rules.policies.get(campaign_id, Offline())
    if counted(offline):
        found[right_id] = _Wanted(campaign_id, offline, left)


def _lacking(wanted: Mapping[str, _Wanted], rows: HandRows) -> dict[str, Wish]:
    found = {}
    for right_id, want in wanted.items():
        name = read_right(right_id)
        shared = name is not None and name.kind in {"uses", "budget"}
        desired = max(1, want.left // SHARE) if shared else want.left
        has = rows.hand.usable.get(right_id, 0)
        if has < (desired + 1) // 2:
            found[right_id] = Wish(desired - has, want.campaign_id)
    return found


def _coupon(coupon: HeldCoupon, most: Mapping[str, int]) -> HeldCoupon:
    left = min(coupon.uses_left, most.get(coupon_right(coupon.coupon_id), coupon.uses_left))
    if left == coupon.uses_left:
        return coupon
    return replace(coupon, uses_left=left, unconfirmed=left <= 0)


def _handed(handed: HandedOver, most: Mapping[str, int], language: str) -> HandedOver:
    gone = {p.coupon_id for p in handed.presented if most.get(coupon_right(p.coupon_id), 1) <= 0}
    if not gone:
        return handed
    answers: Iterable[CouponAnswer] = (
        CouponAnswer(told.code, False, "not_confirmed", words.text("coupon.not_confirmed", language, coupon=told.code))
        if told.code in gone
        else told
        for told in handed.answers
    )
    return HandedOver(tuple(p for p in handed.presented if p.coupon_id not in gone), tuple(answers))


def _left(offer_id: str, left: OfferLeft, member_id: str, most: Mapping[str, int]) -> OfferLeft:
    def least(known: int | None, right_id: str) -> int | None:
        return None if known is None else min(known, most.get(right_id, known))

    return replace(
        left,
        total_uses=least(left.total_uses, uses_right(offer_id)),
        budget_minor=least(left.budget_minor, budget_right(offer_id)),
        member_uses=least(left.member_uses, member_right(offer_id, member_id)) if member_id else left.member_uses,
    )
