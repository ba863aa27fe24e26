"""The nightly comparison of one business day. The laws of `wire/sync.py` hold here too."""

from __future__ import annotations

from datetime import date

from pos_engine.wire.sync import Amount, Count, Envelope


class ReconcileRequest(Envelope, frozen=True, kw_only=True):
    """The till's own count of one business day, for the nightly comparison."""

    workstation_id: str
    business_day: date
    receipts: Count
    redemptions: Amount
    due_minor: Amount
    discount_minor: Amount


class ReconcileAnswer(Envelope, frozen=True, kw_only=True):
    """The back-office's count of the same day, and whether both agree."""

    receipts: int
    redemptions: int
    due_minor: int
    discount_minor: int
    agrees: bool
    differences: tuple[str, ...] = ()
