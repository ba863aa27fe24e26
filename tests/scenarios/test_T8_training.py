"""T8: training touches nothing real, and says so on screen and paper."""

from __future__ import annotations

from tests.support.counter_acts import PIN_WANTED, acts_on_record, cashier, done, tap_screen
from tests.support.story import codes_read
from tests.support.whole_shop import WholeShop

BANNER = "TRAINING \N{EN DASH} nothing is real"


def test_a_training_between_two_sales_leaves_no_trace(shop: WholeShop) -> None:
    shop.publish("2 € for next time", "next_visit", amount="2.00", minimum_spend="20.00")
    till = shop.till
    with cashier(shop):
        before = till.pay(till.ring_up("Espresso"))
        till.next_paper()
        till.wait_uploaded()
        status = till.daemon.status()
        receipts = till.daemon.receipts()
        assert tap_screen(till, "/screen/counter/training_begin", pin="").status_code == PIN_WANTED
        done(till, "/screen/counter/training_begin")
        assert BANNER in till.screen()

        till.tap("Ben")
        practised = till.pay(till.ring_up("3 Lasagne"))
        for paper in (till.next_paper(), till.next_paper()):
            assert paper.text.count("*** TRAINING ***") == 2, paper.text
            assert "worth nothing" in " ".join(paper.text.split())
            assert codes_read(paper) == []
        assert till.register.void(practised.sale).done
        assert "TRAINING" in till.next_paper().text
        done(till, "/screen/counter/training_end")
        assert BANNER not in till.screen()

        shop.wait_all_in_step()
        kept = till.daemon.receipts()
        assert kept
        assert kept == receipts[: len(kept)], (
            "a new one, or a changed one; those of long ago may be tidied away meanwhile"
        )
        assert till.daemon.status()["link"]["outbox_count"] == status["link"]["outbox_count"] == 0
        day = shop.clock.shown.date()
        assert len(shop.office.table("receipts", first=day.isoformat(), last=day.isoformat())) == 1
        after = till.pay(till.ring_up("Espresso"))
        till.next_paper()
        numbers = till.sequence_numbers()
        assert numbers[after.receipt_id] == numbers[before.receipt_id] + 1
        assert len(acts_on_record(shop, till, "training_begun")) == 1
        assert len(acts_on_record(shop, till, "training_ended")) == 1


def test_training_begins_between_sales_only(shop: WholeShop) -> None:
    till = shop.till
    with cashier(shop):
        sale = till.ring_up("Espresso")
        refused = tap_screen(till, "/screen/counter/training_begin")
        assert "open and parked sales" in refused.text
        till.pay(sale)
        till.next_paper()
