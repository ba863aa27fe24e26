"""What has been given so far while a receipt is priced: what units still cost, who gave it, which coupons it took."""

from __future__ import annotations

from dataclasses import dataclass

from pos_engine.core.compiled import CompiledOffer


@dataclass
class Entry:
    """One offer's gift: `units` it consumed and, at the same places, what it took off each. Nobody changes it.

    It is not frozen, because one is made for every gift of every sale, and freezing triples what that costs.
    """

    compiled: CompiledOffer
    units: tuple[int, ...]
    amounts: tuple[int, ...]
    uses: int
    coupons: tuple[tuple[str, str], ...] = ()

    @property
    def discount_minor(self) -> int:
        """What it took off in all."""
        return sum(self.amounts)


class Course:
    """State between two phases. `coupon_owner`: coupon (source, id) → the campaign it was redeemed for.

    `grants`: whether anybody gave something beside money.
    """

    def __init__(self, left: list[int]) -> None:
        self.left = left
        self.entries: list[Entry] = []
        self.coupon_owner: dict[tuple[str, str], str] = {}
        self.group_winner: dict[str, int] = {}
        self.grants = False

    def copy(self) -> Course:
        """A course of its own from here on."""
        twin = Course(list(self.left))
        twin.entries = list(self.entries)
        twin.coupon_owner = dict(self.coupon_owner)
        twin.group_winner = dict(self.group_winner)
        twin.grants = self.grants
        return twin

    def add(self, entry: Entry) -> None:
        """Take an offer's gift off its units."""
        self.entries.append(entry)
        left = self.left
        for unit, amount in zip(entry.units, entry.amounts, strict=True):
            left[unit] -= amount
        for coupon in entry.coupons:
            self.coupon_owner[coupon] = entry.compiled.campaign_id
        self.grants = self.grants or not entry.compiled.pays
        offer = entry.compiled.offer
        if offer.policy == "exclusive" and offer.exclusive_group:
            self.group_winner[offer.exclusive_group] = entry.compiled.number
