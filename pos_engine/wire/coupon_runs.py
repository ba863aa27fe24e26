"""Coupons that are printed in thousands and belong to nobody: one row in the feed for a whole print run.

A code says which run it is of, its number in it, and a signature that only who has the run's key can make
(`core/coupon_code.py` has its letters). So a till knows a real code from an invented one with no line, and without a
list. Whether it was used already is told by the coupon's own row, which comes when there is something to say.

The signature is HMAC-SHA256 (RFC 2104) cut to 40 bits: who tries codes at a till hits one in 10^12. Who steals a till
and opens its files can print the codes of the runs that it knows, and no others: they are the very codes that lie on
paper somewhere, and each is used once.
"""

from __future__ import annotations

import hmac
from datetime import date
from typing import Annotated, Final

import msgspec

from pos_engine.core.coupon_code import NUMBER_MAX, SIGNATURE_BITS, RunCode, make_run_code, parts_of_run_code

CODES_MAX: Final = NUMBER_MAX + 1
KEY_BYTES: Final = 32


class CouponRunBody(msgspec.Struct, frozen=True, kw_only=True):
    """A print run: codes number 0 to `count - 1` are real. `key`: hex. `void`: none of them counts any more."""

    tag: str
    series_id: str
    campaign_id: str
    key: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    count: Annotated[int, msgspec.Meta(ge=1, le=CODES_MAX)]
    valid_from: date | None = None
    valid_until: date | None = None
    void: bool = False


def run_code(key: str, tag: str, number: int) -> str:
    """The code of one paper of a run. ValueError: a tag or number that no code has room for."""
    return make_run_code(RunCode(tag, number, _signature(key, tag, number)))


def is_of_run(run: CouponRunBody, code: str) -> bool:
    """Whether a code, as it is read back in `core/coupon_code.py`, is one that was printed in this run."""
    parts = parts_of_run_code(code)
    if parts is None or parts.tag != run.tag or parts.number >= run.count:
        return False
    return hmac.compare_digest(run_code(run.key, run.tag, parts.number), code)


def _signature(key: str, tag: str, number: int) -> int:
    digest = hmac.digest(bytes.fromhex(key), f"coupon:{tag}:{number}".encode(), "sha256")
    return int(digest.hex(), 16) >> (8 * len(digest) - SIGNATURE_BITS)
