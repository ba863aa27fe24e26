"""When a sale really closed, whatever the till's clock said.

The envelope carries the till's wall clock and its monotonic counter, both at sending; the receipt carries both at
closing. If the till was not restarted in between, the counter alone says how long ago the sale was, even if the clock
was set meanwhile. Of earlier runs of its machine the till says when they really began, where it learnt that in time;
the receipt's counter then says the rest. Otherwise the clock's error at sending is taken for its error at closing, and
the time is marked as uncertain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pos_engine.wire.sync import ReceiptDocument, UploadBatch

TRANSIT_MAX: Final = timedelta(seconds=5)
"""A difference up to this may be the way through the network: the claim stands as it is."""

SUSPECT_FROM: Final = timedelta(minutes=1)
"""A difference from which on a person should look at the till's clock."""


@dataclass(frozen=True)
class CorrectedTime:
    """The instant to count with, and whether the claim was so far off that somebody should know."""

    closed_at: datetime
    suspect: bool


def corrected_close(document: ReceiptDocument, batch: UploadBatch, received_at: datetime) -> CorrectedTime:
    """The corrected time of closing; never later than the receiving. A clock beyond all bounds: the receiving."""
    claimed = document.closed_at
    certain = True
    try:
        if document.boot_id == batch.boot_id and document.monotonic_ms <= batch.monotonic_ms:
            corrected = received_at - timedelta(milliseconds=batch.monotonic_ms - document.monotonic_ms)
        elif (began := _began(document.boot_id, batch)) is not None:
            corrected = began + timedelta(milliseconds=document.monotonic_ms)
        else:
            corrected = claimed + (received_at - batch.sent_at)
            certain = batch.boots is None
        corrected = min(corrected, received_at)
        difference = abs(corrected - claimed)
    except OverflowError:
        return CorrectedTime(received_at, suspect=True)
    if difference <= TRANSIT_MAX:
        return CorrectedTime(claimed, suspect=not certain)
    return CorrectedTime(corrected, suspect=not certain or difference > SUSPECT_FROM)


def _began(boot_id: str, batch: UploadBatch) -> datetime | None:
    """When that run of the till's machine really began, where the till learnt it."""
    return next((boot.started_at for boot in batch.boots or () if boot.boot_id == boot_id), None)
