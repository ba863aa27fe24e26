"""Numbers that an authenticator signs (WebAuthn, 13.4.3): ours, young, for one purpose, and answered once.

A challenge carries its time and our mark of it, so that showing a sign-in page costs no memory; only answered ones are
remembered until they are too old to be answered again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

LIFE: Final = timedelta(minutes=5)
NONCE_BYTES: Final = 16
TIME_BYTES: Final = 8
ANSWERED_MAX: Final = 10_000
"""Answers of five minutes; each took a signature that was right."""


class Challenges:
    """Makes challenges and takes their answers. Thread-safe."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"challenges\0" + secret.encode()).digest()
        self._lock = threading.Lock()
        self._answered: OrderedDict[bytes, None] = OrderedDict()

    def new(self, purpose: str, now: datetime) -> bytes:
        """A fresh challenge; `purpose` says what the answer is good for, and for whom."""
        told = secrets.token_bytes(NONCE_BYTES) + int(now.timestamp()).to_bytes(TIME_BYTES, "big")
        return told + self._mark(purpose, told)

    def open(self, challenge: bytes, purpose: str, now: datetime) -> bool:
        """Whether we made this challenge for this purpose, lately, and nobody has answered it yet."""
        told, mark = challenge[: NONCE_BYTES + TIME_BYTES], challenge[NONCE_BYTES + TIME_BYTES :]
        if not hmac.compare_digest(mark, self._mark(purpose, told)):
            return False
        age_s = now.timestamp() - int.from_bytes(told[NONCE_BYTES:], "big")
        with self._lock:
            return -1 <= age_s <= LIFE.total_seconds() and challenge not in self._answered

    def answered(self, challenge: bytes) -> bool:
        """Note the answer to an open challenge; False when another request was faster."""
        with self._lock:
            first = challenge not in self._answered
            self._answered[challenge] = None
            while len(self._answered) > ANSWERED_MAX:
                self._answered.popitem(last=False)
        return first

    def _mark(self, purpose: str, told: bytes) -> bytes:
        return hmac.digest(self._key, purpose.encode() + b"\0" + told, "sha256")
