"""How many requests a token may make: a bucket that fills evenly (one per process, in memory; a restart forgives)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final

BURST_MAX: Final = 120
"""Requests at once."""
PER_SECOND: Final = 5.0
"""Requests for good; a shop's register of 20 tills asks far less."""
KEYS_MAX: Final = 10_000


@dataclass
class _Bucket:
    left: float
    at: datetime


class Rates:
    """A bucket per key. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now: datetime) -> int:
        """Take one request out; 0 when there was one, else after how many seconds there is one again."""
        with self._lock:
            bucket = self._buckets.setdefault(key, _Bucket(float(BURST_MAX), now))
            self._buckets.move_to_end(key)
            if len(self._buckets) > KEYS_MAX:
                self._buckets.popitem(last=False)
            passed = max(0.0, (now - bucket.at).total_seconds())
            bucket.left = min(float(BURST_MAX), bucket.left + passed * PER_SECOND)
            bucket.at = now
            if bucket.left >= 1:
                bucket.left -= 1
                return 0
            return max(1, ceil((1 - bucket.left) / PER_SECOND))
