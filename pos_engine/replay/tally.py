"""Sums over a replay. Every sum is of integers, so that parts may be counted in any order, on any core."""

from __future__ import annotations

import heapq
from collections import Counter
from datetime import date
from typing import Final

import msgspec

from pos_engine.replay.judge import Verdict

WORST_KEPT: Final = 20
"""Receipts that are named for people to look at."""


class Row(msgspec.Struct, array_like=True):
    """Receipts and money of one day, member or store. `cost_minor`: more than with what runs."""

    receipts: int = 0
    discount_minor: int = 0
    cost_minor: int = 0


class CampaignRow(msgspec.Struct):
    """What one draft campaign did. Lines and value are those it gave something on, value before discounts."""

    receipts: int = 0
    members: int = 0
    lines: int = 0
    value_minor: int = 0
    discount_minor: int = 0
    uses: int = 0
    points: int = 0
    coupons: int = 0


class WorstReceipt(msgspec.Struct, frozen=True, array_like=True):
    """A receipt that somebody should look at: the drafts give most there."""

    discount_minor: int
    key: str
    value_minor: int
    all_discounts_minor: int


class ConflictRow(msgspec.Struct, frozen=True, array_like=True):
    """One campaign gave less because of another, on so many receipts; `winner_id` empty: because of a limit."""

    winner_id: str
    loser_id: str
    receipts: int
    lost_minor: int


class Tally:
    """What a replay has counted so far."""

    def __init__(self) -> None:
        self.receipts = 0
        self.first_day = 0
        self.last_day = 0
        self.value_minor = 0
        self.before_minor = 0
        self.touched = 0
        self.discount_minor = 0
        self.cost_minor = 0
        self.days: dict[int, Row] = {}
        self.members: dict[str, Row] = {}
        self.stores: dict[str, Row] = {}
        self.campaigns: dict[str, CampaignRow] = {}
        self.campaign_members: dict[str, set[str]] = {}
        self.conflicts: Counter[tuple[str, str]] = Counter()
        self.conflict_minor: Counter[tuple[str, str]] = Counter()
        self.worst: list[tuple[int, str, int, int]] = []

    def see(self, day: int, value_minor: int, before_minor: int) -> None:
        """Count a receipt, touched or not: its day (ordinal), its value, and its discount without the drafts."""
        self.receipts += 1
        self.first_day = min(self.first_day or day, day)
        self.last_day = max(self.last_day, day)
        self.value_minor += value_minor
        self.before_minor += before_minor

    def touch(self, key: str, day: int, member_id: str, store_id: str, verdict: Verdict) -> None:
        """Count what the drafts did to a receipt; where others leave them nothing, who did."""
        for conflict in verdict.conflicts:
            self.conflicts[conflict.winner_id, conflict.loser_id] += 1
            self.conflict_minor[conflict.winner_id, conflict.loser_id] += conflict.lost_minor
        if not verdict.gifts:
            return
        discount_minor = sum(gift.discount_minor for gift in verdict.gifts)
        self.touched += 1
        self.discount_minor += discount_minor
        self.cost_minor += verdict.cost_minor
        rows = [self.days.setdefault(day, Row()), self.stores.setdefault(store_id, Row())]
        if member_id:
            rows.append(self.members.setdefault(member_id, Row()))
        for row in rows:
            row.receipts += 1
            row.discount_minor += discount_minor
            row.cost_minor += verdict.cost_minor
        for gift in verdict.gifts:
            campaign = self.campaigns.setdefault(gift.campaign_id, CampaignRow())
            campaign.receipts += 1
            campaign.lines += gift.lines
            campaign.value_minor += gift.value_minor
            campaign.discount_minor += gift.discount_minor
            campaign.uses += gift.uses
            campaign.points += gift.points
            campaign.coupons += gift.coupons
            if member_id:
                self.campaign_members.setdefault(gift.campaign_id, set()).add(member_id)
        self._keep_worst([(discount_minor, key, verdict.value_minor, verdict.discount_minor)])

    def add(self, other: Tally) -> None:
        """Take over what another core has counted."""
        if other.receipts:
            self.first_day = min(self.first_day or other.first_day, other.first_day)
            self.last_day = max(self.last_day, other.last_day)
        for name in ("receipts", "value_minor", "before_minor", "touched", "discount_minor", "cost_minor"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in ((self.days, other.days), (self.members, other.members), (self.stores, other.stores)):
            _add_rows(mine, theirs)  # type: ignore[arg-type]  # days by number, the others by name
        for campaign_id, row in other.campaigns.items():
            own = self.campaigns.setdefault(campaign_id, CampaignRow())
            for name in CampaignRow.__struct_fields__:
                setattr(own, name, getattr(own, name) + getattr(row, name))
        for campaign_id, members in other.campaign_members.items():
            self.campaign_members.setdefault(campaign_id, set()).update(members)
        self.conflicts.update(other.conflicts)
        self.conflict_minor.update(other.conflict_minor)
        self._keep_worst(other.worst)

    def _keep_worst(self, more: list[tuple[int, str, int, int]]) -> None:
        """The largest gifts stay; ties by the receipt's key, so that no order of counting shows."""
        self.worst = heapq.nsmallest(WORST_KEPT, [*self.worst, *more], key=lambda one: (-one[0], one[1]))


def _add_rows(mine: dict[object, Row], theirs: dict[object, Row]) -> None:
    for name, row in theirs.items():
        own = mine.setdefault(name, Row())
        own.receipts += row.receipts
        own.discount_minor += row.discount_minor
        own.cost_minor += row.cost_minor


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay says; the same input gives the same bytes. Money in minor units, days of the stores.

    `partial`: it was stopped, and the sums are of the first `receipts` of `receipts_total` (0: nobody counted them).
    `before_minor`: discounts of the running campaigns alone, over all receipts; `discount_minor`: what the drafts give;
    `cost_minor`: what is given more in all, which is less where drafts take the place of what runs.
    """

    partial: bool
    receipts: int
    receipts_total: int
    first_day: date | None
    last_day: date | None
    value_minor: int
    before_minor: int
    receipts_touched: int
    members_touched: int
    discount_minor: int
    cost_minor: int
    campaigns: dict[str, CampaignRow]
    days: dict[date, Row]
    stores: dict[str, Row]
    members: dict[str, Row]
    conflicts: tuple[ConflictRow, ...]
    worst: tuple[WorstReceipt, ...]


def result_of(tally: Tally, receipts_total: int, *, partial: bool) -> ReplayResult:
    """The sums in their order: days by date, the others by id, conflicts by what was lost."""
    for campaign_id, row in tally.campaigns.items():
        row.members = len(tally.campaign_members.get(campaign_id, ()))
    conflicts = sorted(tally.conflict_minor, key=lambda pair: (-tally.conflict_minor[pair], pair))
    return ReplayResult(
        partial=partial,
        receipts=tally.receipts,
        receipts_total=receipts_total,
        first_day=date.fromordinal(tally.first_day) if tally.receipts else None,
        last_day=date.fromordinal(tally.last_day) if tally.receipts else None,
        value_minor=tally.value_minor,
        before_minor=tally.before_minor,
        receipts_touched=tally.touched,
        members_touched=len(tally.members),
        discount_minor=tally.discount_minor,
        cost_minor=tally.cost_minor,
        campaigns=dict(sorted(tally.campaigns.items())),
        days={date.fromordinal(day): row for day, row in sorted(tally.days.items())},
        stores=dict(sorted(tally.stores.items())),
        members=dict(sorted(tally.members.items())),
        conflicts=tuple(
            ConflictRow(winner, loser, tally.conflicts[winner, loser], tally.conflict_minor[winner, loser])
            for winner, loser in conflicts
        ),
        worst=tuple(WorstReceipt(*one) for one in tally.worst),
    )
