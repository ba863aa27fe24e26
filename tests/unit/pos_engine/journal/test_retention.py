"""What is forgotten, and what never is."""

from __future__ import annotations

from datetime import timedelta

from pos_engine.journal.journal import Journal
from pos_engine.journal.sales import SaleRow
from tests.support.shop import BREAD_DAY, MEMBERS, a_set
from tests.support.till import DAY, HandClock, a_draft, an_applied, an_outcome


def a_sale(journal: Journal, clock: HandClock, sale_ref: str, state: str, set_version: int = 1) -> None:
    journal.save_sale(SaleRow(sale_ref, state, False, set_version, "", clock.now(), b"{}"))


def test_only_what_arrived_and_is_old_goes(journal: Journal, clock: HandClock) -> None:
    for n in range(4):
        journal.append_receipt(a_draft(f"sale-{n}"))
        a_sale(journal, clock, f"sale-{n}", "closed")
    journal.note_quarantined(1, 2, "unknown_kind", "kept aside")
    journal.acknowledge(1, 3)
    journal.store_answer("k", "h", b"a")
    clock.forward(timedelta(days=89))
    early = journal.prune(90)
    assert (early.receipts, early.sales, early.answers) == (0, 0, 1)
    clock.forward(timedelta(days=2))
    gone = journal.prune(90)
    assert (gone.receipts, gone.sales) == (2, 4)
    assert [head.seq for head in journal.recent_receipts(10)] == [4, 2], "not arrived, and quarantined"
    assert journal.outbox_count() == 1
    assert journal.day_totals(DAY).receipts == 4, "the day's own count outlives its receipts"
    assert journal.append_receipt(a_draft("next")).seq == 5


def test_redemptions_and_limits_outlive_their_receipts(journal: Journal, clock: HandClock) -> None:
    outcome = an_outcome(applied=(an_applied("o", coupons=("k1",)),))
    journal.append_receipt(a_draft("a", outcome=outcome, member_id="m"))
    journal.acknowledge(1, 1)
    clock.forward(timedelta(days=100))
    assert journal.prune().receipts == 1
    assert journal.redeemed_by(["k1", "k2"]) == {"k1": frozenset({"till-1:1:1"}), "k2": frozenset()}
    used = journal.used(["o", "p"], "m")
    assert (used["o"].total_uses, used["o"].member_uses, used["o"].discount_minor, set(used)) == (1, 1, 100, {"o"})


def test_rules_stay_while_a_receipt_may_be_returned_or_a_sale_is_open(journal: Journal, clock: HandClock) -> None:
    sets = {1: a_set(1, BREAD_DAY), 2: a_set(2, BREAD_DAY, MEMBERS), 3: a_set(3, MEMBERS), 4: a_set(4, BREAD_DAY)}
    for raw in sets.values():
        journal.keep_set(raw)
    a_sale(journal, clock, "open", "quoted", set_version=2)
    clock.forward(timedelta(days=790))
    journal.append_receipt(a_draft("late", set_version=3))
    clock.forward(timedelta(days=20))
    assert journal.prune().sets == 1
    assert [journal.kept_set(v) for v in sets] == [None, sets[2], sets[3], sets[4]], "byte for byte as published"
    a_sale(journal, clock, "open", "closed", set_version=2)
    clock.forward(timedelta(days=900))
    gone = journal.prune()
    assert (gone.sets, gone.bodies) == (2, 1), "the newest set always stays"
    assert (journal.kept_set(4), journal.newest_kept_set()) == (sets[4], 4)


def test_keeping_a_set_again_changes_nothing(journal: Journal) -> None:
    journal.keep_set(a_set(1, BREAD_DAY))
    journal.keep_set(a_set(1, MEMBERS))
    assert journal.kept_set(1) == a_set(1, BREAD_DAY)
    assert journal.kept_set(7) is None
