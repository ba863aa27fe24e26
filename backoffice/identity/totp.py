"""Codes that change with time, made by a phone from a shared secret (TOTP, RFC 6238, with HOTP, RFC 4226)."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

SECRET_BYTES: Final = 20
"""As long as the hash (RFC 4226, 4, R6)."""
STEP_S: Final = 30
DIGITS: Final = 6
DRIFT_STEPS: Final = 1
"""A code counts one step before and after its own: clocks differ, and typing takes time (RFC 6238, 5.2)."""


def new_secret() -> bytes:
    """A fresh secret."""
    return secrets.token_bytes(SECRET_BYTES)


def step_of(now: datetime) -> int:
    """The number of the time step that a moment lies in."""
    return int(now.timestamp()) // STEP_S


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one time step (RFC 4226, 5.3, over HMAC-SHA-1, which every authenticator knows)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, now: datetime, after: int) -> int | None:
    """The time step whose code this is, within the drift and later than `after`, so that none counts twice; or None."""
    present = step_of(now)
    typed = "".join(code.split())
    found = None
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if step > after and hmac.compare_digest(code_at(secret, step).encode(), typed.encode()):
            found = step
    return found


def base32(secret: bytes) -> str:
    """The secret as it is typed into an authenticator (RFC 4648, 6), without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def address(secret: bytes, issuer: str, account: str) -> str:
    """The `otpauth:` address that authenticators read from a QR code (Google's key URI format)."""
    label = quote(f"{issuer}:{account}", safe="")
    fields = {"secret": base32(secret), "issuer": issuer, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{label}?{urlencode(fields, quote_via=quote)}"
