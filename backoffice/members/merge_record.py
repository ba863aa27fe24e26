"""What a merge did, kept under the kept member's seal, so that it can be undone."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from backoffice.members.personal import Person


class Was(msgspec.Struct, frozen=True):
    """A member as it was before the merge."""

    member_id: str
    number: str
    language: str
    tier: str
    receipts_by_mail: bool
    created_at: datetime
    person: Person
    groups: tuple[str, ...]


class Moved(msgspec.Struct):
    """What went from one member to the other: keys of rows, by table; days, goods and uses with their sums."""

    cards: list[str] = []
    coupons: list[str] = []
    receipts: list[tuple[str, int, int]] = []
    credits: list[str] = []
    dispatches: list[str] = []
    campaigns: list[str] = []
    days: list[tuple[date, str, int, int]] = []
    goods: list[tuple[str, date, int]] = []
    uses: list[tuple[str, str, int, int]] = []
    """Offer, till, uses and discount in minor units, of offers that count by member."""
    use_days: list[tuple[str, str, date, int]] = []
    card_uses: list[tuple[str, str, str]] = []
    """Till, change and offer of uses that only a card may know."""
    vehicles: list[str] = []

    def add(self, other: Moved) -> None:
        """What moved later, with a late receipt, belongs to the same merge."""
        for name in self.__struct_fields__:
            getattr(self, name).extend(getattr(other, name))


class Before(msgspec.Struct):
    """Both members as they were, and what moved."""

    kept: Was
    gone: Was
    moved: Moved
    granted: list[tuple[str, str]] = []
    """Channel and purpose of consents that came from the member who went."""
