"""Who is held out: a random share that gets nothing, to tell what a campaign earns from what comes anyway."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

PERCENT_MAX: Final = 90
_BYTES: Final = 8
_ALL: Final = 2 ** (8 * _BYTES)


def is_held_out(seed: str, member_id: str, percent: int) -> bool:
    """Whether this member is held out. The same seed always says the same, and a larger share holds the smaller one."""
    digest = hmac.digest(seed.encode(), member_id.encode(), hashlib.sha256)
    return int.from_bytes(digest[:_BYTES], "big") * 100 < percent * _ALL
