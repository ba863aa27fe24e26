"""T1: a forgotten card: found by phone number, or credited later from the code on the receipt, once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.scenarios.test_V11_points import PROGRAMME, publish
from tests.support.counter_acts import REFUSED, cashier, done, tap_screen
from tests.support.waiting import wait_for
from tests.support.whole_shop import WholeShop

PHONE = "+49 171 2223344"


@pytest.fixture
def shop_with_points(shop: WholeShop) -> Iterator[WholeShop]:
    publish(shop, **{**PROGRAMME, "expiry": "never"})
    yield shop
    publish(shop, earn_points="0", tier_1="", tier_1_from="")


def path_of(shop: WholeShop, name: str) -> str:
    found = re.search(r'href="(/members/[0-9a-f-]{36})"', shop.office.page(f"/members?q={name}").html)
    assert found
    return found[1]


def points_of(shop: WholeShop, path: str) -> int:
    found = re.search(r"Points (\d+)", shop.office.page(path).text)
    return int(found[1]) if found else 0


def test_found_by_phone_number_the_purchase_earns(shop_with_points: WholeShop) -> None:
    shop, till = shop_with_points, shop_with_points.till
    path = path_of(shop, "Emil")
    form = shop.office.page(f"{path}/edit").forms
    edit = next(each for each in form if any(name == "phone" for name, _ in each.fields))
    assert shop.office.browser.post(f"{path}/edit", data=dict(edit.filled({"phone": PHONE}))).is_success
    before = points_of(shop, path)
    with cashier(shop, find_by_phone="on"):
        shown = till.daemon.client.get("/screen/counter/find", params={"phone": "0171 222 33 44"}).text
        assert "E. R." in shown, shown
        assert "Emil" not in shown, "only initials and number, to be asked for"
        found = re.search(r'data-member_id="([^"]+)"', shown)
        assert found
        done(till, "/screen/counter/use_member", member_id=found[1])
        sale = till.ring_up("2 Lasagne")
        refused = tap_screen(till, "/screen/points", pin="", sale_ref=_sale_ref(sale), points="100")
        assert refused.status_code == REFUSED, "nothing is used up on a phone number alone"
        till.pay(sale)
        assert "+196" in till.next_paper().text
        shop.wait_all_in_step()
        assert points_of(shop, path) == before + 196
    assert tap_screen(till, "/screen/counter/use_member", member_id=found[1]).status_code == REFUSED


def _sale_ref(sale: object) -> str:
    quote = getattr(sale, "quote", None)
    assert quote is not None
    return str(quote.transaction_id)


def test_a_receipt_is_credited_later_from_another_till_once(shop_with_points: WholeShop) -> None:
    shop = shop_with_points
    till, other = shop.tills
    path = path_of(shop, "Dora")
    before = points_of(shop, path)
    sold = till.pay(till.ring_up("Lasagne"))
    assert "Customer" not in till.next_paper().text
    with cashier(shop):
        other.tap("Dora")
        for _ in range(2):
            said = done(other, "/screen/counter/credit", receipt_id=sold.receipt_id)
            assert sold.receipt_id in said
        other.slot.remove()
        shop.wait_all_in_step()
        wait_for("the points on the account", lambda: points_of(shop, path) == before + 98)
        again = shop.office.submit(shop.office.page(path), "/credit$", receipt_id=sold.receipt_id)
        assert "98 points" in again.text
        assert points_of(shop, path) == before + 98
        # Somebody else shows the same receipt.
        emil = path_of(shop, "Emil")
        told = shop.office.submit(shop.office.page(emil), "/credit$", receipt_id=sold.receipt_id)
        assert "Somebody asked for this receipt before" in told.text
    other.clear()
