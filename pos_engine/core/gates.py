"""Which offers of a set a sale may use at all, by what can be known before any goods are looked at.

Every gate is a necessary condition: dates, days and hours, place, person, coupons, a first look at what is spent. An
offer that a gate keeps out would answer "no"; one that all gates let through is still asked what no gate has asked.
Laws: a gate never keeps out an offer whose condition holds; an offer of another day, place or person costs one bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Condition
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.birthday import Birthday
from pos_engine.core.conditions.card_technology import CardTechnology
from pos_engine.core.conditions.channel import Channel
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.date_range import DateRange
from pos_engine.core.conditions.days_since_visit import DaysSinceVisit
from pos_engine.core.conditions.group import Group
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.conditions.nth_visit import NthVisit
from pos_engine.core.conditions.segment import Segment
from pos_engine.core.conditions.store import Store
from pos_engine.core.conditions.tender import Tender
from pos_engine.core.conditions.tier import Tier
from pos_engine.core.conditions.time_windows import TimeWindow, TimeWindows
from pos_engine.core.conditions.weekdays import Weekdays
from pos_engine.core.conditions.workstation import Workstation
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.rank_bits import bits_of
from pos_engine.core.remembered import Remembered
from pos_engine.core.time_gate import TimeGate
from pos_engine.core.value_gate import ValueGate

PLACES_KEPT = 64
"""Places (store, till, channel, tender) whose offers are remembered."""

NEEDS_MEMBER = (MemberKnown, Group, Tier, Segment, CardTechnology, CouponHeld, Birthday, NthVisit, DaysSinceVisit)
"""Conditions that never hold while nobody's card was read."""


def conjuncts(condition: Condition) -> list[Condition]:
    """The conditions that must all hold."""
    if not isinstance(condition, AllOf):
        return [condition]
    return [part for inner in condition.conditions for part in conjuncts(inner)]


class Gates:
    """All gates of a set. `ask` is called once per offer, in the order of ranks; then `close`."""

    def __init__(self) -> None:
        self.everyone = 0
        self._count = 0
        self._time = TimeGate()
        stores, workstations, channels, tenders = (ValueGate() for _ in range(4))
        self._by_place = (stores, workstations, channels, tenders)
        self._any_place = False
        self._groups, self._other_groups = ValueGate(), ValueGate()
        self._tiers, self._segments, self._cards = ValueGate(), ValueGate(), ValueGate()
        self._held, self._presented = ValueGate(), ValueGate()
        # A condition's kind, the field with the names it asks for, and the gates that can ask.
        self._kinds: dict[type[Condition], tuple[str, tuple[ValueGate, ...]]] = {
            Store: ("store_ids", (stores,)),
            Workstation: ("workstation_ids", (workstations,)),
            Channel: ("channels", (channels,)),
            Tender: ("tenders", (tenders,)),
            Group: ("groups", (self._groups, self._other_groups)),
            Tier: ("tiers", (self._tiers,)),
            Segment: ("segments", (self._segments,)),
            CardTechnology: ("technologies", (self._cards,)),
            CouponHeld: ("series_id", (self._held,)),
            CouponPresented: ("series_id", (self._presented,)),
        }
        self._members_only: list[int] = []
        self._nobody = 0
        self._places: Remembered[tuple[str, str, str, str], int] = Remembered(PLACES_KEPT)

    def ask(self, condition: Condition, run: tuple[date, date], *, needs_member: bool) -> list[Condition]:
        """Set the gates of the next offer; what is left to be asked when they let it through, in its order."""
        rank = self._count
        self._count += 1
        parts = conjuncts(condition)
        if needs_member or any(isinstance(part, NEEDS_MEMBER) for part in parts):
            self._members_only.append(rank)
        if condition.past_midnight():
            self._time.ask_late(rank)
        rest = self._ask_time(rank, parts, run)
        taken: set[ValueGate] = set()
        left: list[Condition] = []
        for part in rest:
            gate, names = self._gate_of(part, taken)
            if gate is not None:
                gate.ask(rank, names)
                taken.add(gate)
            # A coupon is asked again: the answer says what will be redeemed.
            if gate in {None, self._held, self._presented} and not isinstance(part, MemberKnown):
                left.append(part)
        # Past midnight two days are possible, and only the whole condition knows which one holds.
        return parts if condition.past_midnight() else left

    def _ask_time(self, rank: int, parts: Sequence[Condition], run: tuple[date, date]) -> list[Condition]:
        """Days and hours; the first windows only, others are asked."""
        first, last = run
        weekdays: frozenset[int] | None = None
        windows: tuple[TimeWindow, ...] | None = None
        rest: list[Condition] = []
        for part in parts:
            if isinstance(part, DateRange):
                first, last = max(first, part.starts_on), min(last, part.ends_on)
            elif isinstance(part, Weekdays):
                weekdays = frozenset(part.days) if weekdays is None else weekdays & frozenset(part.days)
            elif isinstance(part, TimeWindows) and windows is None:
                windows = part.windows
            else:
                rest.append(part)
        self._time.ask(rank, (first, last), weekdays, windows)
        return rest

    def _gate_of(self, part: Condition, taken: set[ValueGate]) -> tuple[ValueGate | None, Sequence[str]]:
        """The gate that can ask a condition, and the names it lets through; each gate asks an offer once only."""
        field, choices = self._kinds.get(type(part), ("", ()))
        gate = next((gate for gate in choices if gate not in taken), None)
        if gate is None:
            return None, ()
        names: str | tuple[str, ...] = getattr(part, field)
        return gate, (names,) if isinstance(names, str) else names

    def close(self) -> None:
        """All offers are known."""
        self.everyone = (1 << self._count) - 1
        self._nobody = self.everyone & ~bits_of(self._members_only)
        self._time.close(self.everyone)
        for _, gates in self._kinds.values():
            for gate in gates:
                gate.close(self.everyone)
        self._any_place = any(gate.used for gate in self._by_place)

    def passing(self, basket: Basket, member: Member | None, moment: Moment) -> int:
        """The offers that this sale may use, as far as the gates know."""
        passing = self._time.passing(moment)
        if self._any_place:
            passing &= self._at_place(basket)
        if self._presented.used:
            coupons = basket.presented_coupons
            if coupons:
                passing &= self._presented.passing({coupon.series_id for coupon in coupons})
            else:
                passing &= self._presented.free
        return passing & (self._nobody if member is None else self._for_member(member))

    def _at_place(self, basket: Basket) -> int:
        place = (basket.store_id, basket.workstation_id, basket.channel, basket.tender)
        known = self._places.get(place)
        if known is None:
            known = self.everyone
            for gate, name in zip(self._by_place, place, strict=True):
                known &= gate.passing((name,))
            self._places.keep(place, known)
        return known

    def _for_member(self, member: Member) -> int:
        passing = self.everyone
        if self._groups.used:
            passing = self._groups.passing(member.groups)
            if self._other_groups.used:
                passing &= self._other_groups.passing(member.groups)
        if self._tiers.used:
            passing &= self._tiers.passing((member.tier,))
        if self._segments.used:
            passing &= self._segments.passing(member.segments)
        if self._cards.used:
            passing &= self._cards.passing((member.card_technology,))
        if self._held.used:
            passing &= self._held.passing({coupon.series_id for coupon in member.held_coupons})
        return passing
