"""When each run of this machine really began: what the times of its receipts are corrected with later.

A receipt carries the wall clock and the counter of the run in which it was closed. While the run lasts, the counter
says how long ago that was. Once the machine was started again, only this note knows what the wall clock was worth.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec

from pos_engine.wire.sync import BootStart

BOOTS_NOTE: Final = "sync.boots"
"""Key of the runs that were compared with the back-office's clock; JSON, the newest last."""

BOOTS_MAX: Final = 16
"""Runs remembered. Receipts of more than sixteen runs wait only where a till was never on line."""

NEWS_FROM: Final = timedelta(seconds=5)
"""A smaller difference is the way through the network: not worth a write."""


class Notes(Protocol):
    """The journal's small durable memory."""

    def note(self, key: str) -> str | None:
        """What was kept under a key."""

    def set_note(self, key: str, value: str) -> None:
        """Keep a value durably."""


def known_boots(notes: Notes) -> tuple[BootStart, ...]:
    """The runs of this machine whose beginning is known, the newest last."""
    kept = notes.note(BOOTS_NOTE)
    return () if kept is None else msgspec.json.decode(kept, type=tuple[BootStart, ...])


def remember_boot(notes: Notes, boot_id: str, server_time: datetime, monotonic_ms: int) -> None:
    """Keep when the present run began, by the back-office's clock; a write only when that is news."""
    started_at = server_time - timedelta(milliseconds=monotonic_ms)
    boots = known_boots(notes)
    if any(boot.boot_id == boot_id and abs(boot.started_at - started_at) < NEWS_FROM for boot in boots):
        return
    others = [boot for boot in boots if boot.boot_id != boot_id]
    newest = [*others, BootStart(boot_id=boot_id, started_at=started_at)][-BOOTS_MAX:]
    notes.set_note(BOOTS_NOTE, msgspec.json.encode(newest).decode())
