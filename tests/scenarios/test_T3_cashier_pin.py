"""T3: void, top-up, correction and reprint ask for a PIN; off line too; every use is on record."""

from __future__ import annotations

from tests.support.counter_acts import PIN_WANTED, REFUSED, acts_on_record, cashier, done, tap_screen
from tests.support.whole_shop import WholeShop


def test_without_the_pin_nothing_is_printed_again_or_cancelled(shop: WholeShop) -> None:
    till = shop.till
    with cashier(shop, pins="on"):
        paid = till.pay(till.ring_up("Espresso"))
        till.next_paper()
        reprint = {"receipt_id": paid.receipt_id}
        refused = tap_screen(till, "/screen/reprint", pin="", **reprint)
        assert (refused.status_code, "PIN" in refused.text) == (PIN_WANTED, True)
        assert tap_screen(till, "/screen/reprint", pin="0000", **reprint).status_code == PIN_WANTED
        done(till, "/screen/reprint", **reprint)
        assert "COPY" in till.next_paper().text
        sale_ref = next(row["sale_ref"] for row in till.daemon.receipts() if row["receipt_id"] == paid.receipt_id)
        done(till, "/screen/counter/void", sale_ref=sale_ref)
        assert "CANCELLATION" in till.next_paper().text
        (void,) = acts_on_record(shop, till, "void_closed")
        assert (void["operator"], void["by_pin"], void["amount_minor"]) == ("17", "yes", "230")
        (again,) = acts_on_record(shop, till, "reprint")
        assert again["subject"] == paid.receipt_id
        page = shop.office.page("/operator-actions").text
        assert "Eva" in page
        assert "printed again" in page


def test_off_line_the_till_knows_its_cashiers_and_tells_later(shop: WholeShop) -> None:
    till = shop.till
    with cashier(shop, pins="on"):
        shop.office.stop()
        try:
            paid = till.pay(till.ring_up("Newspaper"))
            till.next_paper()
            assert tap_screen(till, "/screen/reprint", pin="9999", receipt_id=paid.receipt_id).status_code == PIN_WANTED
            done(till, "/screen/reprint", receipt_id=paid.receipt_id)
            till.next_paper()
        finally:
            shop.office.start()
        assert [row["subject"] for row in acts_on_record(shop, till, "reprint")].count(paid.receipt_id) == 1


def test_the_same_is_asked_over_the_local_interface(shop: WholeShop) -> None:
    till = shop.till
    with cashier(shop, pins="on"):
        paid = till.pay(till.ring_up("Espresso"))
        till.next_paper()
        ask = {"receipt_id": paid.receipt_id, "operator": "17"}
        refused = till.daemon.client.post("/api/counter/reprint", json=ask)
        assert (refused.status_code, refused.json()["code"]) == (403, "pin_needed")
        assert till.daemon.client.post("/api/counter/reprint", json={**ask, "pin": "4718"}).is_success
        assert "COPY" in till.next_paper().text
        nobody = till.daemon.client.post(
            "/api/counter/top-up", json={"operator": "17", "pin": "4718", "amount": 100, "reference": "r"}
        )
        assert nobody.status_code == REFUSED, "no card is at the till"
