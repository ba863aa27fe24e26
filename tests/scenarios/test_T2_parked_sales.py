"""T2: parked and resumed sales, several at once on one register."""

from __future__ import annotations

from tests.support.story import money
from tests.support.whole_shop import WholeShop


def test_several_parked_sales_keep_their_cards_and_prices(shop: WholeShop) -> None:
    till = shop.till
    campaign = shop.publish("Bread 20 %", "weekday_percent", percent="20", goods="Bread", weekdays=[], who="members")
    parked = {}
    for who, goods in (("Anna", "2 Farmhouse bread"), ("Ben", "Rye bread, Cappuccino")):
        till.tap(who)
        parked[who] = till.ring_up(goods)
        assert till.register.park(parked[who]).done
    till.wait_shown("Parked 2")

    passer_by = till.ring_up("Farmhouse bread")
    assert money(passer_by.to_pay_minor) == "4.50", "nobody's card counts for somebody else"
    till.pay(passer_by)
    assert "Bread 20 %" not in till.next_paper().text.partition("TOTAL")[0]

    resumed = (("Ben", "6.32", "Rye bread"), ("Anna", "7.20", "Farmhouse bread"))
    for who, to_pay, goods in resumed:
        till.again(parked[who])
        till.wait_shown(who)
        assert money(parked[who].to_pay_minor) == to_pay
        till.pay(parked[who])
        paper = till.next_paper().text
        assert goods in paper
        assert f"Customer {who}" in paper
    assert "Parked 1" not in till.screen()
    till.wait_uploaded()
    assert (campaign.figures()["Cost of the campaign"], campaign.figures()["Campaign revenue"]) == ("€2.58", "€13.52")
