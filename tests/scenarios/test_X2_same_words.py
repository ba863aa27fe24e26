"""X2: why an offer gave nothing is said in the same words on the cashier's screen, on paper and in the back-office."""

from __future__ import annotations

from tests.support.story import money
from tests.support.web_forms import Page
from tests.support.whole_shop import WholeShop

MISSING = "€30.40 more needed"
"""Two lasagnes are 19.60 of the 50.00 that the offer asks for."""


def test_x2_what_is_missing_and_what_was_given_in_the_same_words_everywhere(shop: WholeShop) -> None:
    shop.publish("5 off from 50", "spend_amount", amount="5.00", minimum_spend="50.00")
    shop.publish("Mondays 10 %", "weekday_percent", percent="10", goods="Main dishes")
    till = shop.till
    shop.clock.show(shop.clock.moment("Tuesday", "12:00"))
    sale = till.ring_up("2 Lasagne")
    assert money(sale.to_pay_minor) == "19.60"
    screen = till.screen() + Page(till.daemon.client.get("/screen/reasons").text).text
    paid = till.pay(sale)
    paper = " ".join(till.next_paper().text.split())
    till.wait_uploaded()
    office = shop.office.receipt_text(paid.receipt_id)
    for place, words in {"screen": screen, "paper": paper, "back-office": office}.items():
        assert "5 off from 50" in words, place
        assert MISSING in words, (place, words)
    for place, words in {"screen": screen, "back-office": office}.items():
        assert "Mondays 10 %" in words, place
        assert "Only on: Monday" in words, place
