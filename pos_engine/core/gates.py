"""Which offers of a set a sale may use at all, by what can be known before any goods are looked at.

Every gate is a necessary condition: dates, days and hours, place, person, coupons, a first look at what is spent. An
offer that a gate keeps out would answer "no"; one that all gates let through is still asked what no gate has asked.
Sets of offers are integers: bit `rank` stands for the offer that is asked at that place.

Laws: a gate never keeps out an offer whose condition holds; an offer of another day, place or person costs one bit.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

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
from pos_engine.core.moment import MINUTES_PER_DAY, Moment
from pos_engine.core.remembered import Remembered

DAYS_KEPT = 512
"""Days whose offers are remembered; a till needs two, a replay of a year every one."""

VALUES_KEPT = 1_024
"""Groups, coupon series and stores whose offers are remembered as bits."""

PLACES_KEPT = 64
"""Places (store, till, channel, tender) whose offers are remembered."""

FEW = 8
"""So few offers with the same days are kept as a list: ten thousand different runs would be megabytes of bits."""

LEVELS_MAX = 64
"""Steps of a gate by spend; between two steps offers are asked themselves."""

NEEDS_MEMBER = (MemberKnown, Group, Tier, Segment, CardTechnology, CouponHeld, Birthday, NthVisit, DaysSinceVisit)
"""Conditions that never hold while nobody's card was read."""


def bits_of(ranks: Iterable[int]) -> int:
    """A set of ranks as one integer."""
    chosen = list(ranks)
    if not chosen:
        return 0
    octets = bytearray(max(chosen) // 8 + 1)
    for rank in chosen:
        octets[rank >> 3] |= 1 << (rank & 7)
    return int.from_bytes(octets, "little")


def ranks_in(bits: int) -> list[int]:
    """The ranks of a set, the lowest first."""
    found: list[int] = []
    if bits:
        for place, octet in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
            while octet:
                low = octet & -octet
                found.append(place * 8 + low.bit_length() - 1)
                octet ^= low  # noqa: PLW2901 - bit by bit
    return found


def conjuncts(condition: Condition) -> list[Condition]:
    """The conditions that must all hold."""
    if not isinstance(condition, AllOf):
        return [condition]
    return [part for inner in condition.conditions for part in conjuncts(inner)]


class ValueGate:
    """Offers that ask for one of several names: a store, a group, a coupon series. Others pass."""

    def __init__(self) -> None:
        self._asking: list[int] = []
        self._ranks_of: dict[str, list[int]] = {}
        self._bits_of: Remembered[str, int] = Remembered(VALUES_KEPT)
        self.free = 0

    @property
    def used(self) -> bool:
        """Whether any offer asks."""
        return bool(self._asking)

    def ask(self, rank: int, names: Sequence[str]) -> None:
        """Let an offer through for these names only."""
        self._asking.append(rank)
        for name in set(names):
            self._ranks_of.setdefault(name, []).append(rank)

    def close(self, everyone: int) -> None:
        """All offers are known."""
        self.free = everyone & ~bits_of(self._asking)

    def passing(self, names: Iterable[str]) -> int:
        """The offers that pass for somebody who has these names."""
        passing = self.free
        for name in names:
            bits = self._bits_of.young.get(name)
            if bits is None:
                bits = self._bits_of.older(name)
                if bits is None:
                    ranks = self._ranks_of.get(name)
                    if ranks is None:
                        continue
                    bits = bits_of(ranks)
                    self._bits_of.keep(name, bits)
            passing |= bits
        return passing


class SpendGate:
    """Offers that ask for a spend on all goods, by rising amounts."""

    def __init__(self) -> None:
        self._asked: list[tuple[int, int]] = []
        self._levels: list[int] = []
        self._passing: list[int] = []

    def ask(self, rank: int, amount_minor: int) -> None:
        """Let an offer through from an amount on."""
        self._asked.append((amount_minor, rank))

    def close(self, everyone: int) -> None:
        """All offers are known. Between two levels the gate stands open."""
        amounts = sorted({amount for amount, _ in self._asked})
        step = -(-len(amounts) // LEVELS_MAX) if amounts else 1
        self._levels = amounts[::step]
        free = everyone & ~bits_of(rank for _, rank in self._asked)
        for level in self._levels:
            self._passing.append(free | bits_of(rank for amount, rank in self._asked if amount < level))
        self._passing.append(everyone)

    @property
    def used(self) -> bool:
        """Whether any offer asks."""
        return bool(self._levels)

    def passing(self, spend_minor: int) -> int:
        """The offers that may hold at this spend."""
        return self._passing[bisect_right(self._levels, spend_minor)]


class TimeGate:
    """Offers by day, weekday and hour. An open window past midnight is also read as the day before."""

    def __init__(self) -> None:
        self._runs: dict[tuple[date, date], list[int]] = {}
        self._weekdays: dict[frozenset[int], list[int]] = {}
        self._windows: dict[tuple[TimeWindow, ...], list[int]] = {}
        self._late: list[int] = []
        self._late_bits = 0
        self._few: dict[tuple[date, date], list[int]] = {}
        self._many: dict[tuple[date, date], int] = {}
        self._by_weekday: list[int] = []
        self._days: Remembered[date, int] = Remembered(DAYS_KEPT)
        self._edges: list[int] = []
        self._hours: list[int] = []

    def ask(
        self, rank: int, run: tuple[date, date], weekdays: frozenset[int] | None, windows: tuple[TimeWindow, ...] | None
    ) -> None:
        """Let an offer through on some days only: local dates, both included; None: any weekday, any hour."""
        self._runs.setdefault(run, []).append(rank)
        if weekdays is not None:
            self._weekdays.setdefault(weekdays, []).append(rank)
        if windows is not None:
            self._windows.setdefault(windows, []).append(rank)

    def ask_late(self, rank: int) -> None:
        """An offer with a window past midnight."""
        self._late.append(rank)

    def close(self, everyone: int) -> None:
        """All offers are known: prepare runs of days, weekdays, and the stretches between two edges of windows."""
        self._few = {run: ranks for run, ranks in self._runs.items() if len(ranks) <= FEW}
        self._many = {run: bits_of(ranks) for run, ranks in self._runs.items() if len(ranks) > FEW}
        self._runs = {}
        for weekday in range(7):
            closed = bits_of([r for days, ranks in self._weekdays.items() if weekday not in days for r in ranks])
            self._by_weekday.append(everyone & ~closed)
        self._late_bits = bits_of(self._late)
        starts = {window.from_minute for windows in self._windows for window in windows}
        ends = {window.from_minute + window.length() for windows in self._windows for window in windows}
        self._edges = sorted(starts | ends)
        asking = [(windows, bits_of(ranks)) for windows, ranks in self._windows.items()]
        free = everyone
        for _, bits in asking:
            free &= ~bits
        for minute in (-1, *self._edges):
            passing = free
            for windows, bits in asking:
                if any(0 <= minute - window.from_minute < window.length() for window in windows):
                    passing |= bits
            self._hours.append(passing)

    def _on(self, day: date) -> int:
        """The offers of a local date."""
        known = self._days.get(day)
        if known is None:
            known = bits_of([r for (first, last), ranks in self._few.items() if first <= day <= last for r in ranks])
            for (first, last), bits in self._many.items():
                if first <= day <= last:
                    known |= bits
            known &= self._by_weekday[day.weekday()]
            self._days.keep(day, known)
        return known

    def _at(self, minute: int) -> int:
        return self._hours[bisect_right(self._edges, minute)]

    def passing(self, moment: Moment) -> int:
        """The offers of this moment."""
        passing = self._on(moment.local_date) & self._at(moment.minute_of_day)
        if self._late_bits:
            late = self._on(moment.local_date - timedelta(days=1)) & self._at(moment.minute_of_day + MINUTES_PER_DAY)
            passing |= late & self._late_bits
        return passing


class Gates:
    """All gates of a set. `ask` is called once per offer, in the order of ranks; then `close`."""

    def __init__(self) -> None:
        self.everyone = 0
        self._count = 0
        self._time = TimeGate()
        self._stores, self._workstations, self._channels, self._tenders = (ValueGate() for _ in range(4))
        self._groups, self._other_groups = ValueGate(), ValueGate()
        self._tiers, self._segments, self._cards = ValueGate(), ValueGate(), ValueGate()
        self._held, self._presented = ValueGate(), ValueGate()
        # A condition's kind, the field with the names it asks for, and the gates that can ask.
        self._kinds: dict[type[Condition], tuple[str, tuple[ValueGate, ...]]] = {
            Store: ("store_ids", (self._stores,)),
            Workstation: ("workstation_ids", (self._workstations,)),
            Channel: ("channels", (self._channels,)),
            Tender: ("tenders", (self._tenders,)),
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

    def passing(self, basket: Basket, member: Member | None, moment: Moment) -> int:
        """The offers that this sale may use, as far as the gates know."""
        passing = self._time.passing(moment) & self._at_place(basket)
        if self._presented.used:
            passing &= self._presented.passing({coupon.series_id for coupon in basket.presented_coupons})
        return passing & (self._nobody if member is None else self._for_member(member))

    def _at_place(self, basket: Basket) -> int:
        place = (basket.store_id, basket.workstation_id, basket.channel, basket.tender)
        known = self._places.get(place)
        if known is None:
            known = self._stores.passing((basket.store_id,)) & self._workstations.passing((basket.workstation_id,))
            known &= self._channels.passing((basket.channel,)) & self._tenders.passing((basket.tender,))
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
