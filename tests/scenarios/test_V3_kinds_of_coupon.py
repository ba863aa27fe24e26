"""V3: a coupon is a percentage, an amount, or a free product."""

from __future__ import annotations

from tests.support.story import Story
from tests.support.whole_shop import WholeShop


def test_a_percentage_an_amount_and_a_free_product(shop: WholeShop, story: Story) -> None:
    a_fifth = shop.publish("20 % on bread", "member_coupon", percent="20", goods="Bread", for_member="Anna Becker")
    two_euros = shop.publish(
        "2 € off your lunch", "member_coupon", reward="amount", amount="2.00", for_member="Ben Fischer"
    )
    free = shop.publish("Your free espresso", "member_coupon", reward="free", free="Espresso", for_member="Clara Novak")
    story.play("""
        day     | time  | card  | basket                        | to pay | saved | on the receipt
        Tuesday | 09:00 | Anna  | 2 Farmhouse bread, Cappuccino | 10.40  | 1.80  | 20 % on bread
        Tuesday | 12:30 | Ben   | Lasagne                       | 7.80   | 2.00  | 2 € off your lunch
        Tuesday | 15:00 | Clara | Espresso, Croissant           | 1.80   | 2.30  | Your free espresso
        Tuesday | 15:10 | Dora  | Espresso, Farmhouse bread     | 6.80   | 0.00  | -
    """)
    costs = [
        (each.figures()["Cost of the campaign"], each.figures()["Coupons redeemed"])
        for each in (a_fifth, two_euros, free)
    ]
    assert costs == [("€1.80", "1"), ("€2.00", "1"), ("€2.30", "1")]


def test_an_amount_is_never_more_than_the_goods_cost(shop: WholeShop, story: Story) -> None:
    shop.publish("5 € for you", "member_coupon", reward="amount", amount="5.00", for_member="Dora Weber")
    story.play("""
        day     | time  | card | basket            | to pay | saved | on the receipt
        Tuesday | 09:00 | Dora | Cappuccino        | 0.00   | 3.20  | 5 € for you
        Tuesday | 09:30 | Dora | Cappuccino        | 3.20   | 0.00  | -
    """)
