"""V2: the card alone is the key. Reading it applies the promised discount by itself, once, for its member only."""

from __future__ import annotations

from tests.support.story import Story
from tests.support.whole_shop import WholeShop


def test_the_card_alone_redeems_the_coupon_once(shop: WholeShop, story: Story) -> None:
    campaign = shop.publish(
        "20 % for Anna", "member_coupon", percent="20", goods="Main dishes", for_member="Anna Becker"
    )
    assert campaign.figures()["Coupons redeemed"] == "0"
    story.play("""
        day     | time  | card | after | basket              | to pay | saved | on the receipt | screen
        Tuesday | 12:00 | -    | -     | Lasagne             | 9.80   | 0.00  | -              | No card yet
        Tuesday | 12:01 | Ben  | -     | Lasagne             | 9.80   | 0.00  | -              | Ben
        Tuesday | 12:02 | -    | Anna  | Lasagne, Cappuccino | 11.04  | 1.96  | 20 % for Anna  | Anna
        Tuesday | 12:03 | Anna | -     | Lasagne             | 9.80   | 0.00  | -              | Anna
        Friday  | 12:00 | Anna | -     | Lasagne             | 9.80   | 0.00  | -              | Anna
    """)
    figures = campaign.figures()
    assert (figures["Coupons redeemed"], figures["Cost of the campaign"]) == ("1", "€1.96")
    # The table has the campaigns of all scenarios so far, so this one's name is its own.
    rows = shop.office.table("campaigns")
    assert [(row["coupons_issued"], row["coupons_redeemed"]) for row in rows if row["name"] == "20 % for Anna"] == [
        ("1", "1")
    ]
