"""What must be true of a journal in which a `Shop` has sold, whatever happened to the till in between."""

from __future__ import annotations

import msgspec

from pos_engine.core.outcome import Outcome
from pos_engine.journal.journal import Journal
from pos_engine.wire.sync import ReceiptDocument


def everything(journal: Journal) -> list[ReceiptDocument]:
    """All receipts, oldest first."""
    items = journal.outbox_batch(items_max=1_000_000, bytes_max=10**12)
    return [msgspec.json.decode(item.raw, type=ReceiptDocument) for item in items]


def check_numbers(recorded: list[ReceiptDocument]) -> None:
    """Numbered from 1 without a gap, each sale once."""
    assert [r.seq for r in recorded] == list(range(1, len(recorded) + 1))
    assert [r.sequence_no for r in recorded] == list(range(1, len(recorded) + 1))
    assert len({r.sale_ref for r in recorded}) == len(recorded)


def check_effects(journal: Journal, recorded: list[ReceiptDocument]) -> None:
    """Totals, limits, coupons and paper belong to exactly the receipts that are there."""
    outcomes = [msgspec.json.decode(r.outcome, type=Outcome) for r in recorded]
    if recorded:
        totals = journal.day_totals(recorded[0].business_day)
        assert totals.receipts == len(recorded)
        assert totals.due_minor == sum(o.total_due_minor for o in outcomes)
        uses = sum(a.uses for o in outcomes for a in o.applied if a.offer_id == "bread-10")
        assert journal.used(["bread-10"], "")["bread-10"].total_uses == uses
    coupons = [c.coupon_id for r in recorded for c in r.issued_coupons]
    assert len(coupons) == len(recorded) == len(set(coupons))
    assert all(journal.own_coupon(c) is not None for c in coupons)
    assert journal.print_jobs_waiting() == 2 * len(recorded), "a receipt and a slip each, never twice, never none"
