"""After a power cut: open sales come back as they were quoted, with their own rules; nothing is doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, StoredAnswer
from pos_engine.checkout.service import CheckoutService
from pos_engine.checkout.shelf import OPEN_MAX
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.percent import Percent
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from tests.support.shop import ANNA_CARD, BREAD_DAY, COFFEE, RYE, Shop, a_campaign, a_set, line
from tests.support.till import HandClock, OrderedIds, an_identity

BREAD = line("1", RYE, 400)
CUP = line("2", COFFEE, 250)
HALF_PRICE = a_campaign(
    "half", Offer("half", "Bread at half price", AllOf(), Percent(5000), Selector(categories=("bread",)))
)


def test_open_and_parked_sales_come_back_with_card_price_and_place(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("parked", BREAD, CUP)
    shop.till.park("parked")
    shop.ring("open", BREAD)
    shop.restart()
    assert [p.label for p in shop.till.screen().parked] == ["Anna"]
    front = shop.till.screen().sale
    assert front is not None
    assert (front.sale_ref, front.total_due_minor) == ("open", 360)
    assert shop.settle("open", 360).sequence_no == 1
    assert shop.till.resume("parked").total_due_minor == 560
    assert shop.settle("parked", 560).member_id == "anna"


def test_a_sale_that_was_forgotten_among_too_many_can_be_sent_again(shop: Shop) -> None:
    for number in range(OPEN_MAX + 5):
        shop.ring(f"s{number}", BREAD)
    assert shop.till.status("s0").state == "unknown"
    assert shop.till.status("s5").state == "open"
    assert shop.ring("s0", BREAD).total_due_minor == 360
    assert shop.settle("s0", 360).sequence_no == 1
    shop.restart()
    assert shop.ring("s1", BREAD).total_due_minor == 360


def test_a_sale_closes_as_it_was_quoted_even_on_another_day(shop: Shop) -> None:
    quoted = shop.ring("s1", BREAD)
    shop.days_later(1)
    shop.restart()
    closed = shop.settle("s1", quoted.total_due_minor)
    assert (closed.total_due_minor, closed.business_day.isoformat()) == (360, "2026-11-24")


def test_a_new_set_waits_for_the_next_sale_also_after_a_restart(shop: Shop) -> None:
    shop.ring("old", BREAD)
    shop.publish(a_set(2, HALF_PRICE))
    assert shop.till.refresh()
    assert not shop.till.refresh()
    assert shop.till.active_set_version() == 2
    assert shop.ring("new", BREAD).total_due_minor == 200
    assert shop.ring("old", BREAD).total_due_minor == 360
    shop.restart()
    assert shop.ring("old", BREAD).total_due_minor == 360
    receipt = shop.journal.receipt(shop.settle("old", 360).receipt_id)
    assert receipt is not None
    assert receipt.set_version == 1


def test_a_set_staged_before_the_power_cut_is_taken_at_start(shop: Shop) -> None:
    shop.publish(a_set(2, HALF_PRICE))
    shop.restart()
    assert shop.till.active_set_version() == 2


def test_the_rules_survive_a_lost_replica(shop: Shop) -> None:
    shop.close()
    for name in ("replica.db", "replica.db-wal", "replica.db-shm"):
        (shop.folder / name).unlink(missing_ok=True)
    shop.restart()
    assert shop.ring("s1", BREAD).total_discount_minor == 0, "the catalogue is gone until it is synced again"
    assert shop.till.active_set_version() == 1


def test_a_set_nobody_can_read_is_thrown_away_and_the_old_one_stays(shop: Shop) -> None:
    shop.replica.stage_set(9, b"{not a set")
    assert not shop.till.refresh()
    assert (shop.till.active_set_version(), shop.replica.received_set_version()) == (1, 1)
    assert shop.ring("s1", BREAD).total_due_minor == 360


def test_one_campaign_of_tomorrow_does_not_take_the_others_with_it(shop: Shop) -> None:
    strange = b'{"campaign_id":"future","version":1,"name":"f","starts_on":"2026-01-01","ends_on":"2027-01-01",'
    strange += b'"offers":[{"offer_id":"x","name":"x","condition":{"kind":"telepathy"},"reward":{"kind":"wish"}}]}'
    shop.publish(a_set(2, BREAD_DAY, broken={"future": strange}))
    assert shop.till.refresh()
    assert shop.till.inactive_campaigns() == {"future": "campaign_unknown_kind"}
    assert (shop.till.screen().inactive_campaigns, shop.ring("s1", BREAD).total_due_minor) == (1, 360)


def test_without_any_set_the_till_sells_at_the_registers_prices(tmp_path: Path) -> None:
    clock, ids = HandClock(), OrderedIds()
    journal, replica = Journal.open(tmp_path / "j.db", clock, ids, reserve_bytes=4096), Replica.open(tmp_path / "r.db")
    till = CheckoutService(journal, replica, clock, ids)
    assert till.screen().mode == "not_enrolled"
    with pytest.raises(CheckoutError) as refused:
        till.status("s1")
    assert refused.value.code == "not_enrolled"
    journal.save_identity(an_identity())
    journal.start_epoch(1)
    line_of_bread = QuoteRequest(sale_ref="s1", lines=(BREAD,))
    quote = till.quote(line_of_bread)
    assert (quote.total_due_minor, quote.set_version, till.screen().mode) == (400, 0, "sale")
    assert till.commit(CommitRequest(sale_ref="s1", tendered_minor=400)).sequence_no == 1
    journal.close()
    replica.close()


def test_the_registers_answer_is_stored_with_the_receipt_or_not_at_all(shop: Shop) -> None:
    def answer(closed: object) -> StoredAnswer:
        return StoredAnswer("till:1", "hash", repr(closed).encode()[:30])

    def broken(_closed: object) -> StoredAnswer:
        raise ArithmeticError

    shop.ring("s1", BREAD)
    with pytest.raises(ArithmeticError):
        shop.till.commit(CommitRequest(sale_ref="s1", tendered_minor=360, answer=broken))
    assert (shop.journal.max_seq(), shop.till.status("s1").state) == (0, "open")
    shop.till.commit(CommitRequest(sale_ref="s1", tendered_minor=360, answer=answer))
    stored = shop.journal.stored_answer("till:1")
    assert stored is not None
    shop.journal.store_answer("till:1", "hash", b"later")
    assert shop.journal.stored_answer("till:1") == stored
    with pytest.raises(JournalError) as refused:
        shop.journal.store_answer("till:1", "another request", b"x")
    assert refused.value.code == "answer_differs"


def test_a_register_that_only_asks_prices_does_not_fill_the_till(shop: Shop) -> None:
    shop.ring("kept", CUP)
    shop.till.park("kept")
    for n in range(205):
        shop.ring(f"asked-{n}", CUP)
    assert shop.till.status("kept").state == "parked"
    assert shop.till.status("asked-0").state == "unknown"
    assert shop.till.status("asked-204").state == "open"
