"""V10: a coupon printed on the receipt, and redeemed from paper at a later visit."""

from __future__ import annotations

from tests.support.story import Story, code_on, codes_read
from tests.support.whole_shop import WholeShop

NAME = "2 € for next time"


def test_a_coupon_from_paper_a_week_later(shop: WholeShop, story: Story) -> None:
    campaign = shop.publish(NAME, "next_visit", amount="2.00", minimum_spend="20.00", valid_for_days="14")
    story.play("""
        day         | time  | scan | basket              | to pay | saved | on the receipt    | prints | screen
        Monday      | 12:30 | -    | 2 Lasagne, Espresso | 21.90  | 0.00  | -                 | red    | -
        Monday      | 12:40 | -    | Lasagne             | 9.80   | 0.00  | -                 | -      | -
        Monday      | 12:50 | red  | Lasagne             | 9.80   | 0.00  | -                 | -      | valid from
        Tuesday     | 12:30 | -    | 2 Vegetable curry   | 21.00  | 0.00  | -                 | blue   | -
        next Monday | 12:30 | red  | Lasagne, Cappuccino | 11.00  | 2.00  | 2 € for next time | -      | -
        next Monday | 12:40 | red  | Lasagne             | 9.80   | 0.00  | -                 | -      | used already
    """)
    assert campaign.figures()["Coupons redeemed"] == "1"
    slip = story.papers["red"]
    assert "COUPON" in slip.text
    assert NAME in slip.text
    assert len(codes_read(slip)) == 2, "a bar code and a QR code"
    assert code_on(slip) != code_on(story.papers["blue"])
    story.play("""
        day               | time  | scan | basket  | to pay | saved | on the receipt | screen
        in 5 weeks Monday | 12:30 | blue | Lasagne | 9.80   | 0.00  | -              | The coupon expired on
    """)
    figures = campaign.figures()
    assert (figures["Coupons redeemed"], figures["Cost of the campaign"]) == ("1", "€2.00")


def test_a_coupon_that_was_used_at_one_till_is_refused_at_the_other(shop: WholeShop, story: Story) -> None:
    shop.publish(NAME, "next_visit", amount="2.00", minimum_spend="20.00")
    story.play("""
        day     | time  | scan | basket    | to pay | saved | on the receipt | prints
        Monday  | 12:30 | -    | 3 Lasagne | 29.40  | 0.00  | -                       | red
        Tuesday | 12:30 | red  | Lasagne   | 7.80   | 2.00  | 2 € for next time       | -
    """)
    shop.wait_all_in_step()
    Story(shop.clock, shop.tills[1], shop.office, papers=story.papers).play("""
        day       | time  | scan | basket  | to pay | saved | on the receipt | screen
        Wednesday | 12:30 | red  | Lasagne | 9.80   | 0.00  | -              | used already
    """)
