"""Secrets that are given to one person and kept as a hash only: links, sessions, recovery codes."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

SECRET_BYTES: Final = 32
"""256 random bits: nobody guesses one, so a plain hash is enough to keep it by."""


def new_secret() -> str:
    """A fresh secret that fits into an address or a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def mark_of(secret: str) -> str:
    """What of a secret may stand in the database: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
