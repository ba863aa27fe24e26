"""What a request may weigh and how often codes may be guessed."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Final

from backoffice.sync_api.errors import ApiError

BODY_BYTES_MAX: Final = 4 * 1024 * 1024
"""Body as it comes over the line. A batch has at most 1 MB of receipts, more only when one receipt alone is larger."""

PLAIN_BYTES_MAX: Final = 16 * 1024 * 1024
"""Body after decompression; a small body that grows beyond it is a bomb, or not ours."""

ATTEMPTS_MAX: Final = 10
ATTEMPTS_WINDOW: Final = timedelta(minutes=1)
"""Enrolment codes that may be tried per address and minute."""

ADDRESSES_MAX: Final = 10_000
"""Addresses remembered at once; the one that was quiet the longest is forgotten first."""


def inflate(body: bytes) -> bytes:
    """Undo gzip without ever holding more than PLAIN_BYTES_MAX. ApiError 400: not gzip; 413: too long."""
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = inflater.decompress(body, PLAIN_BYTES_MAX)
    except zlib.error as error:
        raise ApiError(400, "not_gzip", f"The body is not gzip as its head says: {error}") from error
    if inflater.unconsumed_tail:
        raise ApiError(413, "too_large", f"The body has more than {PLAIN_BYTES_MAX} bytes when it is unpacked.")
    if not inflater.eof or inflater.unused_data:
        raise ApiError(400, "not_gzip", "The gzip body is cut off, or something follows it.")
    return plain


class AttemptLimiter:
    """Counts tries per address in a sliding window. One per process; safe in several threads."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, address: str, now: datetime) -> None:
        """Count one try. ApiError 429: too many from this address in the last minute."""
        with self._lock:
            tries = self._tries.setdefault(address, deque(maxlen=ATTEMPTS_MAX))
            self._tries.move_to_end(address)
            if len(self._tries) > ADDRESSES_MAX:
                self._tries.popitem(last=False)
            if len(tries) == ATTEMPTS_MAX and timedelta() <= now - tries[0] < ATTEMPTS_WINDOW:
                raise ApiError(429, "too_many_tries", "Too many codes were tried from this address. Wait a minute.")
            tries.append(now)
