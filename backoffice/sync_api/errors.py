"""A refusal of the sync interface: an HTTP status, a stable code, a sentence for the person at the till."""

from __future__ import annotations


class ApiError(Exception):
    """Becomes the answer `{"code", "text"}` with this status; nothing of the request has had an effect."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.status = status
        self.code = code
        self.text = text
