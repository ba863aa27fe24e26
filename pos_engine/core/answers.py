"""What a condition says: yes (and which coupons it stands on), or a coded "no, because"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class CouponNeed:
    """A coupon the "yes" stands on: one of this series, held by the card or presented on paper."""

    source: Literal["held", "presented"]
    series_id: str


@dataclass(frozen=True)
class Answer:
    """`code` is empty for yes; else it is one of `core.reasons` and `params` fill its sentence.

    `others`: other coupons that the "yes" could stand on just as well, instead of `needs`.
    """

    code: str = ""
    params: Mapping[str, int | str] = field(default_factory=dict)
    needs: tuple[CouponNeed, ...] = ()
    others: tuple[tuple[CouponNeed, ...], ...] = ()

    @property
    def yes(self) -> bool:
        """Whether the condition holds."""
        return not self.code


YES = Answer()


def no(code: str, params: Mapping[str, int | str] | None = None) -> Answer:
    """A "no" with its reason."""
    return Answer(code, {} if params is None else params)


WAYS_MAX = 8
"""So many different sets of coupons that one "yes" could stand on are told."""


def together(parts: Sequence[Sequence[tuple[CouponNeed, ...]]]) -> list[tuple[CouponNeed, ...]]:
    """The ways of several "yes" at once: one way of each, every coupon once. At most `WAYS_MAX`."""
    ways: list[tuple[CouponNeed, ...]] = [()]
    for part in parts:
        joined = [tuple(dict.fromkeys((*way, *more))) for way in ways for more in part]
        ways = list(dict.fromkeys(joined))[:WAYS_MAX]
    return ways


def yes_with(ways: Sequence[tuple[CouponNeed, ...]]) -> Answer:
    """A "yes" that stands on any one of these sets of coupons, the first by itself."""
    return Answer(needs=ways[0], others=tuple(ways[1:])) if ways[0] or len(ways) > 1 else YES
