"""V6: weekday and date offers, from the campaign form to the printed receipt and the figures."""

from __future__ import annotations

from tests.support.story import Story
from tests.support.whole_shop import WholeShop


def test_mondays_ten_percent_on_all_main_dishes(shop: WholeShop, story: Story) -> None:
    campaign = shop.publish(
        "Mondays 10 % on all main dishes", "weekday_percent", percent="10", goods="Main dishes", weekdays=["0"]
    )
    story.play("""
        day         | time  | card | basket                   | to pay | saved | on the receipt
        Monday      | 12:30 | -    | Lasagne, Cappuccino      | 12.02  | 0.98  | Mondays 10 % on all main dishes
        Monday      | 12:31 | Anna | Lasagne, Vegetable curry | 18.27  | 2.03  | Mondays 10 % on all main dishes
        Monday      | 12:32 | -    | Cappuccino               | 3.20   | 0.00  | -
        Monday      | 23:59 | -    | Lasagne                  | 8.82   | 0.98  | Mondays 10 % on all main dishes
        Tuesday     | 00:00 | -    | Lasagne                  | 9.80   | 0.00  | -
        next Monday | 00:00 | -    | Lasagne                  | 8.82   | 0.98  | Mondays 10 % on all main dishes
    """)
    assert campaign.figures() == {
        "Campaign revenue": "€47.93",
        "Total revenue": "€60.93",
        "Cost of the campaign": "€4.97",
        "Discount": "10%",
        "Average receipt": "€11.98",
        "Coupons redeemed": "0",
    }


def test_friday_ten_percent_on_every_kind_of_bread(shop: WholeShop, story: Story) -> None:
    campaign = shop.publish("Friday 10 % on bread", "weekday_percent", percent="10", goods="Bread", weekdays=["4"])
    story.play("""
        day      | time  | basket                                 | to pay | saved | on the receipt
        Thursday | 23:59 | Farmhouse bread                        | 4.50   | 0.00  | -
        Friday   | 00:00 | Farmhouse bread                        | 4.05   | 0.45  | Friday 10 % on bread
        Friday   | 09:15 | Rye bread, 2 Spelt roll, Croissant     | 6.84   | 0.56  | Friday 10 % on bread
        Friday   | 23:59 | 2 Farmhouse bread, Newspaper           | 11.20  | 0.90  | Friday 10 % on bread
        Saturday | 00:00 | Farmhouse bread                        | 4.50   | 0.00  | -
    """)
    figures = campaign.figures()
    assert (figures["Cost of the campaign"], figures["Campaign revenue"]) == ("€1.91", "€22.09")


def test_next_wednesday_one_coffee_free(shop: WholeShop, story: Story) -> None:
    wednesday = shop.clock.day("next Wednesday")
    campaign = shop.publish(
        "Next Wednesday one coffee free",
        "free_product",
        free="Cappuccino",
        starts_on=wednesday,
        ends_on=wednesday,
    )
    story.play("""
        day            | time  | card | basket                | to pay | saved | on the receipt
        Wednesday      | 10:00 | Anna | Cappuccino            | 3.20   | 0.00  | -
        next Tuesday   | 23:59 | Anna | Cappuccino            | 3.20   | 0.00  | -
        next Wednesday | 00:00 | Anna | 2 Cappuccino, Lasagne | 13.00  | 3.20  | Next Wednesday one coffee free
        next Wednesday | 15:00 | Anna | Cappuccino            | 3.20   | 0.00  | -
        next Wednesday | 15:05 | -    | Cappuccino            | 3.20   | 0.00  | -
        next Wednesday | 23:59 | Ben  | Cappuccino            | 0.00   | 3.20  | Next Wednesday one coffee free
        next Thursday  | 00:00 | Ben  | Cappuccino            | 3.20   | 0.00  | -
    """)
    assert campaign.figures()["Cost of the campaign"] == "€6.40"
