"""The till sells with the back-office switched off; afterwards everything arrives exactly once."""

from __future__ import annotations

from tests.support.story import Story, check_paper, money, rows_of
from tests.support.whole_shop import WholeShop

SALES = """
    basket                   | to pay | saved | on the receipt | card
    Lasagne, Cappuccino      | 11.04  | 1.96  | Anna's 20 %    | Anna
    Lasagne                  | 9.80   | 0.00  | -              | Anna
    Farmhouse bread          | 4.50   | 0.00  | -              | -
"""


def test_a_day_without_the_back_office(shop: WholeShop) -> None:
    till, other = shop.tills
    campaign = shop.publish("Anna's 20 %", "member_coupon", percent="20", goods="Main dishes", for_member="Anna Becker")
    shop.wait_all_in_step()
    shop.office.stop()
    try:
        paid = []
        for row in rows_of(SALES):
            if row["card"] != "-":
                till.tap(row["card"])
            sale = till.ring_up(row["basket"])
            assert money(sale.to_pay_minor) == row["to pay"]
            paid.append(till.pay(sale))
            check_paper(till.next_paper().text, row)
        till.wait_shown("Off line")
        assert till.daemon.status()["link"]["outbox_count"] == len(paid)
        till.daemon.restart()
        assert till.daemon.status()["link"]["outbox_count"] == len(paid), "what waits survives the night"
    finally:
        shop.office.start()
    shop.wait_all_in_step()
    day = shop.clock.day("Monday")
    arrived = sorted(row["due"] for row in shop.office.table("receipts", first=day, last=day))
    assert arrived == sorted(row["to pay"] for row in rows_of(SALES))
    for each, row in zip(paid, rows_of(SALES), strict=True):
        assert f"€{row['to pay']}" in shop.office.receipt_text(each.receipt_id)
    figures = campaign.figures()
    assert (figures["Coupons redeemed"], figures["Cost of the campaign"]) == ("1", "€1.96")
    Story(shop.clock, other, shop.office).play("""
        day     | time  | card | basket  | to pay | saved | on the receipt
        Tuesday | 12:00 | Anna | Lasagne | 9.80   | 0.00  | -
    """)
