"""What a condition says: yes (and which coupons it stands on), or a coded "no, because"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class CouponNeed:
    """A coupon the "yes" stands on: one of this series, held by the card or presented on paper."""

    source: Literal["held", "presented"]
    series_id: str


@dataclass(frozen=True)
class Answer:
    """`code` is empty for yes; else it is one of `core.reasons` and `params` fill its sentence."""

    code: str = ""
    params: Mapping[str, int | str] = field(default_factory=dict)
    needs: tuple[CouponNeed, ...] = ()

    @property
    def yes(self) -> bool:
        """Whether the condition holds."""
        return not self.code


YES = Answer()


def no(code: str, params: Mapping[str, int | str] | None = None) -> Answer:
    """A "no" with its reason."""
    return Answer(code, {} if params is None else params)
