"""`backoffice restore` between two sales: what was lent after the copy is neither lost nor given twice."""

from __future__ import annotations

from firmware_sim.register.simulated_register import Sale
from tests.support.till_counter import TillCounter
from tests.support.waiting import wait_for
from tests.support.whole_shop import WholeShop

SAVED_MINOR = 196
"""20 % of a lasagne at 9.80."""


def test_a_coupon_that_was_lent_after_the_copy_is_used_once(shop: WholeShop) -> None:
    one, two = shop.tills
    campaign = shop.publish(
        "Strictly once", "member_coupon", percent="20", goods="Main dishes", for_member="Anna Becker", offline="strict"
    )
    shop.wait_all_in_step()
    copies, keys = shop.office.folder / "copies", shop.office.folder / "keys"
    shop.office.command("backup", "--into", str(copies), "--keys-into", str(keys))
    held = with_the_coupon(one)
    shop.office.stop()
    (copy,) = copies.glob("*.db")
    shop.office.data.rename(shop.office.folder / "lost")
    shop.office.command("restore", str(copy), "--keys-from", str(keys))
    shop.office.start()
    shop.wait_all_in_step()
    wait_for("both tills to tell what they hold", lambda: "put back" not in shop.office.page("/reconciliation").text)
    two.tap("Anna")
    elsewhere = two.ring_up("Lasagne")
    assert saved(elsewhere) == 0
    again = one.again(held)
    assert saved(again) == SAVED_MINOR, "the till that has it uses it"
    one.pay(again)
    one.next_paper()
    two.pay(two.again(elsewhere))
    two.next_paper()
    shop.wait_all_in_step()
    assert campaign.figures()["Coupons redeemed"] == "1"
    assert "Nothing was used more than once" in shop.office.page("/doubles").text


def with_the_coupon(till: TillCounter) -> Sale:
    """A sale to Anna, quoted again until the coupon that it wished for is there."""
    till.tap("Anna")
    sale = [till.ring_up("Lasagne")]

    def fetched() -> bool:
        sale[0] = till.again(sale[0])
        return saved(sale[0]) == SAVED_MINOR

    wait_for("the coupon at the till", fetched)
    return sale[0]


def saved(sale: Sale) -> int:
    """What the last quote takes off."""
    return sale.quote.total_rebate_minor if sale.quote else 0
