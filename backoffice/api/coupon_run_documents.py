"""Documents of printed coupons and public codes; the laws stand in `documents`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from backoffice.api.documents import Asked, Line40, Line100, Line200, Said
from backoffice.coupon_runs.services import CODES_MAX, PUBLIC_USES_MAX

CODES_AT_ONCE_MAX = 1_000


class CouponRun(Said, frozen=True, kw_only=True):
    """Coupons of a campaign that belong to nobody. kind: codes (each used once), public (one code for everybody).

    `tag`: what the codes begin with; of a public code the code itself. `count`: coupons, or uses in all.
    """

    tag: str
    campaign_id: str
    kind: str
    name: str
    count: int
    valid_from: date | None
    valid_until: date | None
    taken_back_as_a_whole: bool
    created_at: datetime
    redeemed: int
    open: int
    taken_back: int


class NewCoupons(Asked, frozen=True, kw_only=True):
    """Coupons to be issued. Days are inclusive; left out: those of the campaign."""

    name: Annotated[Line100, Meta(min_length=1)]
    count: Annotated[int, Meta(ge=1, le=CODES_MAX)]
    valid_from: date | None = None
    valid_until: date | None = None


class NewPublicCode(Asked, frozen=True, kw_only=True):
    """A code that everybody may use. `count`: how often in all. 4 to 20 letters and digits, at least one letter."""

    code: Annotated[Line40, Meta(min_length=1)]
    name: Annotated[Line100, Meta(min_length=1)]
    count: Annotated[int, Meta(ge=1, le=PUBLIC_USES_MAX)]
    valid_from: date | None = None
    valid_until: date | None = None


class CodesAsked(Asked, frozen=True, kw_only=True):
    """Which part of the codes. `cursor`: the `next_cursor` of the answer before."""

    cursor: Line200 = ""
    limit: Annotated[int, Meta(ge=1, le=CODES_AT_ONCE_MAX)] = CODES_AT_ONCE_MAX


class RunCode(Said, frozen=True, kw_only=True):
    """One coupon of a run. state: open, redeemed, taken_back, void, overdrawn."""

    code: str
    state: str


class OneCode(Asked, frozen=True, kw_only=True):
    """A coupon by its code, in any of the ways in which people write it."""

    code: Annotated[Line40, Meta(min_length=1)]
