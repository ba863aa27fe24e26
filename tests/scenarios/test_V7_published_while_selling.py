"""V7: a published campaign is on every till that is on line within 60 s, taken over between two sales."""

from __future__ import annotations

from tests.support.story import money
from tests.support.whole_shop import WholeShop

EVERYWHERE = {"Till 1": ("received", "active"), "Till 2": ("received", "active")}


def test_the_open_sale_keeps_its_prices_and_the_next_one_has_the_new_ones(shop: WholeShop) -> None:
    one, two = shop.tills
    open_sale = one.ring_up("Lasagne")
    assert money(open_sale.to_pay_minor) == "9.80"

    campaign = shop.publish("Lunch 10 %", "weekday_percent", percent="10", goods="Main dishes", weekdays=[])
    assert campaign.tills() == EVERYWHERE

    assert money(one.again(open_sale).to_pay_minor) == "9.80"
    one.pay(open_sale)
    assert "9.80" in one.next_paper().text
    for till in (one, two):
        sale = till.ring_up("Lasagne")
        assert money(sale.to_pay_minor) == "8.82"
        till.pay(sale)
        assert "Lunch 10 %" in till.next_paper().text
        till.wait_uploaded()
    assert campaign.figures()["Cost of the campaign"] == "€1.96"


def test_a_changed_campaign_replaces_the_one_before(shop: WholeShop) -> None:
    one, _two = shop.tills
    campaign = shop.publish("Lunch", "weekday_percent", percent="10", goods="Main dishes", weekdays=[])
    open_sale = one.ring_up("Lasagne")
    shop.office.change(campaign, percent="20")
    assert campaign.wait_on_tills() == EVERYWHERE
    next_sale = one.ring_up("Lasagne")
    assert money(next_sale.to_pay_minor) == "7.84"
    assert money(one.again(open_sale).to_pay_minor) == "8.82"
    for sale in (open_sale, next_sale):
        one.pay(sale)
        one.next_paper()
    one.wait_uploaded()
    assert campaign.figures()["Cost of the campaign"] == "€2.94"


def test_a_paused_campaign_gives_nothing_until_it_goes_on(shop: WholeShop) -> None:
    campaign = shop.publish("Lunch", "weekday_percent", percent="10", goods="Main dishes", weekdays=[])
    for act, price in (("pause", "9.80"), ("resume", "8.82")):
        campaign.act(act)
        campaign.wait_on_tills()
        sale = shop.till.ring_up("Lasagne")
        assert money(sale.to_pay_minor) == price
        shop.till.pay(sale)
        shop.till.next_paper()


def test_a_till_that_was_off_gets_the_campaign_when_it_comes_back(shop: WholeShop) -> None:
    _one, two = shop.tills
    two.daemon.stop()
    try:
        campaign = shop.office.publish("Lunch", "weekday_percent", percent="10", goods="Main dishes", weekdays=[])
        shop.ends_with_the_scenario(campaign)
        campaign.wait_on_tills(only="Till 1")
        assert campaign.tills()["Till 2"] == ("not yet", "not yet")
    finally:
        two.start()
    assert campaign.wait_on_tills() == EVERYWHERE
