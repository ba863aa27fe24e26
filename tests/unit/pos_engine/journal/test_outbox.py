from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from pos_engine.journal.counter_journal import CounterJournal
from pos_engine.journal.engine import Connection
from pos_engine.journal.errors import JournalError
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.journal import Journal
from pos_engine.journal.outbox import DayTotals
from pos_engine.wire.sync import ReceiptDocument
from tests.support.till import DAY, HandClock, OrderedIds, a_draft, an_applied, an_identity, an_outcome


def test_receipts_are_numbered_without_gaps_and_kept_byte_for_byte(journal: Journal) -> None:
    receipts = [journal.append_receipt(a_draft(f"sale-{n}")) for n in range(3)]
    assert [(r.epoch, r.seq, r.sequence_no) for r in receipts] == [(1, 1, 1), (1, 2, 2), (1, 3, 3)]
    items = journal.outbox_batch()
    assert [hashlib.sha256(item.raw.encode()).hexdigest() for item in items] == [item.sha256 for item in items]
    assert [msgspec.json.decode(item.raw, type=ReceiptDocument) for item in items] == receipts


def test_paper_numbers_start_again_each_business_day_and_seq_does_not(journal: Journal) -> None:
    journal.append_receipt(a_draft("a"))
    next_day = journal.append_receipt(a_draft("b", business_day=DAY + timedelta(days=1)))
    assert (next_day.seq, next_day.sequence_no) == (2, 1)
    assert journal.business_days() == (DAY, DAY + timedelta(days=1))


def test_a_sale_cannot_be_recorded_twice(journal: Journal) -> None:
    journal.append_receipt(a_draft("once"))
    with pytest.raises(Exception, match="UNIQUE"):
        journal.append_receipt(a_draft("once"))
    after = journal.append_receipt(a_draft("next"))
    assert (after.seq, after.sequence_no) == (2, 2), "what was refused must not leave a gap"


def test_a_failing_further_step_takes_the_receipt_back_too(journal: Journal) -> None:
    def fail(_connection: object, _receipt: ReceiptDocument) -> None:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        journal.append_receipt(a_draft("a"), also=[fail])
    assert (journal.max_seq(), journal.outbox_count(), journal.recent_receipts(10)) == (0, 0, ())


@pytest.mark.parametrize(("acknowledged", "left"), [([2], 3), ([2, 1], 3), ([5], 0), ([99], 0), ([0], 5)], ids=str)
def test_the_acknowledged_mark_never_goes_back(journal: Journal, acknowledged: list[int], left: int) -> None:
    for n in range(5):
        journal.append_receipt(a_draft(f"sale-{n}"))
    for mark in acknowledged:
        journal.acknowledge(1, mark)
    assert journal.outbox_count() == left


def test_a_mark_from_the_future_does_not_cover_receipts_that_come_later(journal: Journal) -> None:
    journal.append_receipt(a_draft("a"))
    journal.acknowledge(1, 1_000)
    journal.append_receipt(a_draft("b"))
    assert [item.seq for item in journal.outbox_batch()] == [2]


def test_a_batch_is_bounded_by_items_and_bytes_but_never_empty(journal: Journal) -> None:
    for n in range(5):
        journal.append_receipt(a_draft(f"sale-{n}"))
    size = len(journal.outbox_batch()[0].raw) + 160
    assert [i.seq for i in journal.outbox_batch(items_max=2)] == [1, 2]
    assert [i.seq for i in journal.outbox_batch(bytes_max=3 * size + 10)] == [1, 2, 3]
    assert [i.seq for i in journal.outbox_batch(bytes_max=1)] == [1]


def test_a_batch_holds_one_epoch_and_the_old_one_goes_first(journal: Journal) -> None:
    journal.append_receipt(a_draft("old"))
    journal.start_epoch(2)
    assert journal.max_seq() == 0
    fresh = journal.append_receipt(a_draft("new"))
    assert (fresh.epoch, fresh.seq, fresh.sequence_no) == (2, 1, 2)
    assert [(i.epoch, i.seq) for i in journal.outbox_batch()] == [(1, 1)]
    journal.acknowledge(1, 1)
    assert [(i.epoch, i.seq) for i in journal.outbox_batch()] == [(2, 1)]


def test_an_epoch_only_grows(journal: Journal) -> None:
    journal.start_epoch(3)
    journal.start_epoch(3)
    with pytest.raises(JournalError) as refused:
        journal.start_epoch(2)
    assert (refused.value.code, journal.epoch()) == ("epoch_not_newer", 3)


def test_nothing_is_recorded_before_enrolment(tmp_path: Path, clock: HandClock) -> None:
    with_nobody = Journal.open(tmp_path / "other.db", clock, OrderedIds(), reserve_bytes=4096)
    assert (with_nobody.identity(), with_nobody.epoch(), with_nobody.outbox_count()) == (None, 0, 0)
    with pytest.raises(JournalError) as refused:
        with_nobody.append_receipt(a_draft("a"))
    assert refused.value.code == "not_enrolled"
    assert "enrol" in refused.value.text
    with_nobody.close()


def test_another_identity_does_not_send_the_old_ones_receipts(journal: Journal) -> None:
    journal.append_receipt(a_draft("a"))
    journal.save_identity(an_identity("till-2", organisation_id="elsewhere"))
    journal.start_epoch(1)
    assert journal.outbox_batch() == ()
    journal.save_identity(an_identity())
    assert journal.outbox_count() == 1


def test_day_totals_count_what_was_sold_and_take_back_what_was_voided(journal: Journal) -> None:
    sold = an_outcome(900, 100, (an_applied("bread"), an_applied("coffee")))
    undone = an_outcome(-900, -100, (an_applied("bread", -1, -100), an_applied("coffee", -1, -100)))
    receipt = journal.append_receipt(a_draft("a", outcome=sold))
    journal.append_receipt(a_draft("b", outcome=an_outcome(500, 0)))
    assert journal.day_totals(DAY) == DayTotals(receipts=2, redemptions=2, due_minor=1400, discount_minor=100)
    journal.append_receipt(a_draft("a", outcome=undone, kind="void"), undone_id=f"till-1:1:{receipt.seq}")
    assert journal.day_totals(DAY) == DayTotals(receipts=3, redemptions=0, due_minor=500, discount_minor=0)
    assert journal.day_totals(DAY + timedelta(days=1)) == DayTotals()


def test_a_receipt_is_found_by_its_id_and_listed_newest_first(journal: Journal) -> None:
    first = journal.append_receipt(a_draft("a"))
    journal.append_receipt(a_draft("b"))
    journal.acknowledge(1, 1)
    journal.note_quarantined(1, 2, "unknown_kind", "not understood")
    assert journal.receipt("till-1:1:1") == first
    for nonsense in ("", "till-1", "till-1:1", "till-1:x:1", "till-1:1:9", "a:b:c:d"):
        assert journal.receipt(nonsense) is None
    listed = journal.recent_receipts(100)
    assert [(r.receipt_id, r.acknowledged, r.quarantine_code) for r in listed] == [
        ("till-1:1:2", False, "unknown_kind"),
        ("till-1:1:1", True, ""),
    ]
    assert len(journal.recent_receipts(1)) == 1


def test_who_the_till_was_is_not_remembered_while_it_becomes_another(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that asks while the new identity is written still finds the old one, and must not keep it."""
    seen: list[TillIdentity | None] = []
    write = journal.write

    def asked_meanwhile(step: Callable[[Connection], object]) -> object:
        def asking(connection: Connection) -> object:
            told = step(connection)
            seen.append(journal.identity())
            return told

        return write(asking)

    assert journal.identity() == an_identity()
    monkeypatch.setattr(journal, "write", asked_meanwhile)
    journal.save_identity(an_identity("till-2"))
    assert seen == [an_identity()]
    assert journal.identity() == an_identity("till-2")


def test_the_counter_hears_who_the_till_is_now(tmp_path: Path, journal: Journal, clock: HandClock) -> None:
    counter = CounterJournal(journal, tmp_path, clock, OrderedIds())
    assert counter.identity() == an_identity()
    journal.save_identity(an_identity("till-2"))
    assert counter.identity() == an_identity("till-2")
    counter.save_identity(an_identity("till-3"))
    counter.start_epoch(1)
    assert counter.append_receipt(a_draft("a")).workstation_id == "till-3"
    assert journal.outbox_count() == 1
