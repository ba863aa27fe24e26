"""V11: a gift card is topped up on the cashier's screen, without an article, and pays at the other till."""

from __future__ import annotations

from tests.support.counter_acts import PIN_WANTED, acts_on_record, cashier, done, reference_of, tap_screen
from tests.support.whole_shop import WholeShop

PROVED = "desfire"


def test_a_gift_card_is_topped_up_and_spent_elsewhere(shop: WholeShop) -> None:
    till, other = shop.tills
    with cashier(shop):
        till.tap("Dora", PROVED)
        reference = reference_of(till, "top_up")
        top_up = {"reference": reference, "amount": "25,00", "tender": "cash"}
        assert tap_screen(till, "/screen/counter/top_up", pin="", **top_up).status_code == PIN_WANTED
        done(till, "/screen/counter/top_up", **top_up)
        done(till, "/screen/counter/top_up", **top_up)
        slip = till.next_paper().text
        assert "TOP-UP" in slip
        assert slip.count("25.00") >= 2, "what was paid, and the balance"
        till.slot.remove()
        acts = acts_on_record(shop, till, "top_up")
        assert [act["amount_minor"] for act in acts] == ["2500"], "sent twice it is one"

        other.tap("Dora", PROVED)
        sale = other.ring_up("Espresso")
        answer = other.register.commit(sale, tenders={"value": sale.to_pay_minor})
        assert answer.done, answer
        other.begun.remove(sale)
        assert "22.70" in other.next_paper().text
        shop.wait_all_in_step()
        owed = shop.office.page("/day-end").text
        assert "€22.70" in owed

        till.tap("Dora", PROVED)
        take = {"reference": reference_of(till, "correction"), "amount": "-22,70", "unit": "value"}
        done(till, "/screen/counter/correction", **take)
        assert "CORRECTION" in till.next_paper().text
        shop.wait_all_in_step()
