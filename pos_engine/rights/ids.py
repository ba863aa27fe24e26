"""How rights are named: one text for each, made of what it limits. Published: the back-office reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

RightKind = Literal["coupon", "uses", "budget", "member", "points"]
"""coupon: uses of one coupon. uses, budget: an offer's uses or money in all. member: one member's uses of an offer.
points: a member's points."""

CARD_ROOT: Final = "card"
"""What a receipt's use rests on where the customer's own card has written it down: the card that the receipt names."""

_SEPARATOR = "|"


@dataclass(frozen=True)
class RightName:
    """A right's name taken apart. `member_id` is set for `member` only."""

    kind: RightKind
    subject_id: str
    member_id: str = ""

    def text(self) -> str:
        """The name as it travels."""
        parts = (self.kind, self.subject_id, self.member_id) if self.member_id else (self.kind, self.subject_id)
        return _SEPARATOR.join(parts)


def coupon_right(coupon_id: str) -> str:
    """The uses of one coupon."""
    return RightName("coupon", coupon_id).text()


def uses_right(offer_id: str) -> str:
    """The uses of an offer by everybody."""
    return RightName("uses", offer_id).text()


def budget_right(offer_id: str) -> str:
    """The money an offer may give away, in minor units."""
    return RightName("budget", offer_id).text()


def member_right(offer_id: str, member_id: str) -> str:
    """One member's uses of an offer."""
    return RightName("member", offer_id, member_id).text()


def points_right(member_id: str) -> str:
    """A member's points."""
    return RightName("points", member_id).text()


def read_right(text: str) -> RightName | None:
    """A name taken apart; None for one that this program does not know."""
    parts = text.split(_SEPARATOR)
    match parts:
        case ["coupon" | "uses" | "budget" | "points" as kind, subject_id] if subject_id:
            return RightName(kind, subject_id)
        case ["member", offer_id, member_id] if offer_id and member_id:
            return RightName("member", offer_id, member_id)
        case _:
            return None
