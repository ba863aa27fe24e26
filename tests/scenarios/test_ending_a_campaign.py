"""A campaign is ended before its day: what is promised on paper is honoured, or taken back, as staff chose."""

from __future__ import annotations

from tests.support.story import Story
from tests.support.whole_shop import WholeShop

NAME = "2 € for next time"


def test_coupons_that_are_out_are_honoured_and_nobody_gets_a_new_one(shop: WholeShop, story: Story) -> None:
    campaign = shop.publish(NAME, "next_visit", amount="2.00", minimum_spend="20.00", valid_for_days="14")
    story.play("""
        day    | time  | scan | basket    | to pay | saved | on the receipt | prints
        Monday | 12:30 | -    | 3 Lasagne | 29.40  | 0.00  | -              | red
    """)
    campaign.end("honour")
    campaign.wait_on_tills()
    story.play("""
        day     | time  | scan | basket    | to pay | saved | on the receipt    | prints
        Tuesday | 12:30 | -    | 3 Lasagne | 29.40  | 0.00  | -                 | -
        Tuesday | 12:40 | red  | Lasagne   | 7.80   | 2.00  | 2 € for next time | -
    """)
    assert campaign.figures()["Coupons redeemed"] == "1"
    assert "1 issued, 0 open" in campaign.live_text()


def test_coupons_that_are_out_are_taken_back(shop: WholeShop, story: Story) -> None:
    campaign = shop.publish(NAME, "next_visit", amount="2.00", minimum_spend="20.00", valid_for_days="14")
    story.play("""
        day    | time  | scan | basket    | to pay | saved | on the receipt | prints
        Monday | 12:30 | -    | 3 Lasagne | 29.40  | 0.00  | -              | red
    """)
    shop.wait_all_in_step()
    campaign.end("void")
    shop.wait_all_in_step()
    story.play("""
        day     | time  | scan | basket    | to pay | saved | on the receipt | prints
        Tuesday | 12:30 | -    | 3 Lasagne | 29.40  | 0.00  | -              | -
        Tuesday | 12:40 | red  | Lasagne   | 9.80   | 0.00  | -              | -
    """)
    assert "1 issued, 0 open" in campaign.live_text()
