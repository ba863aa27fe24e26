"""The signature of a delivery, as Standard Webhooks 1.0 says (github.com/standard-webhooks/standard-webhooks, spec)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

SECRET_BYTES: Final = 32
"""The specification asks for 24 to 64."""
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how a secret begins, not one
VERSION: Final = "v1"


def new_secret() -> bytes:
    """A fresh secret of a subscription."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """A secret as the receiver's library takes it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def headers_of(secret: bytes, event_id: str, timestamp_s: int, body: bytes) -> Mapping[str, str]:
    """The three headers of a delivery. `timestamp_s`: of this try: nobody else can send an old one again."""
    told = f"{event_id}.{timestamp_s}.".encode() + body
    code = base64.b64encode(hmac.digest(secret, told, hashlib.sha256)).decode()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"{VERSION},{code}",
    }
