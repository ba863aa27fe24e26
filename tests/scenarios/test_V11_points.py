"""V11: points earned at two tills, used in part as a discount and as a tender, given back, a tier, and a night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.story import Row, money, rows_of
from tests.support.till_counter import Paid, TillCounter
from tests.support.waiting import wait_for
from tests.support.whole_shop import WholeShop

PROGRAMME: dict[str, str | list[str]] = {
    "earn_points": "1",
    "earn_per": "0.10",
    "points_step": "100",
    "step_worth": "1.00",
    "as_discount": "yes",
    "as_tender": "yes",
    "expiry": "months",
    "expiry_months": "0",
    "measure": "points",
    "tier_1": "Silver",
    "tier_1_from": "300",
}
"""A point for ten cents, a hundred are worth a euro, silver from 300, and what a day earned expires in its night."""

SPENDING_CARD = "desfire"
"""A plain tag is copied in seconds: it earns, and may not spend (core.card_trust)."""

PURCHASES = """
    till   | time  | card  | tier   | basket     | use | by points | to pay | points    | balance
    Till 1 | 09:00 | Clara | -      | 2 Lasagne  | -   | -         | 19.60  | +196      | 196
    Till 2 | 09:30 | Clara | -      | Lasagne    | -   | -         | 9.80   | +98       | 294
    Till 1 | 10:00 | Clara | -      | Lasagne    | 200 | -         | 7.80   | +78 -200  | 172
    Till 2 | 10:30 | Clara | Silver | Cappuccino | -   | 1.50      | 3.20   | +32 -150  | 54
"""
"""`use`: points as a discount, typed by the cashier. `by points`: what of the price they settle as a tender."""


@pytest.fixture
def shop_with_points(shop: WholeShop) -> Iterator[WholeShop]:
    """The shop with its programme; the other scenarios' members earn nothing."""
    publish(shop, **PROGRAMME)
    yield shop
    publish(shop, earn_points="0", tier_1="", tier_1_from="")


def test_a_day_of_points(shop_with_points: WholeShop) -> None:
    shop = shop_with_points
    last = [play(shop, row) for row in rows_of(PURCHASES)][-1]

    # The last purchase comes back: what it earned goes, what settled it returns as points.
    till = shop.tills[1]
    assert till.register.void(last.sale).done
    paper = till.next_paper().text
    assert "CANCELLATION" in paper
    assert balance_on(paper) == ("+150 -32", "172")
    shop.wait_all_in_step()
    page = clara(shop)
    assert "Points 172 worth €1.00" in page
    assert "Silver" in page

    # A correction by hand, and its undoing, reach the till.
    members_page = shop.office.page(clara_path(shop))
    corrected = shop.office.submit(members_page, "/accounts$", unit="points", amount="-100", reason="Wrong card")
    assert "The correction is booked" in corrected.text
    shop.office.submit(corrected, "/undo$")
    assert "Points 172" in clara(shop)

    # At night what the day earned expires, and the books are looked at.
    shop.clock.show(shop.clock.moment("Tuesday", "04:05"))
    wait_for("the night in the back-office", lambda: "172 points expired" in shop.office.page("/reconciliation").text)
    assert "All sums of the ledger are right" in shop.office.page("/reconciliation").text
    assert "Points 0" in clara(shop)
    shop.clock.show(shop.clock.moment("Tuesday", "09:00"))
    shop.wait_all_in_step()
    shop.till.tap("Clara")
    shop.till.pay(shop.till.ring_up("Espresso"))
    assert balance_on(shop.till.next_paper().text) == ("+23", "23")


def play(shop: WholeShop, row: Row) -> Paid:
    """One purchase: card, goods, points; then the paper must say what the table says, and all tills learn of it."""
    till = next(each for each in shop.tills if each.name == row["till"])
    shop.clock.show(max(shop.clock.moment("Monday", row["time"]), shop.clock.shown))
    till.tap(row["card"], SPENDING_CARD)
    till.wait_shown(row["tier"])
    sale = till.ring_up(row["basket"])
    if row["use"] != "-":
        use_points(till, row["use"])
        till.again(sale)
    by_points = int(row["by points"].replace(".", "")) if row["by points"] != "-" else 0
    assert money(sale.to_pay_minor) == row["to pay"], row
    tenders = {"points": by_points, "cash": sale.to_pay_minor - by_points} if by_points else {"cash": sale.to_pay_minor}
    answer = till.register.commit(sale, tenders=tenders)
    assert answer.done, answer
    till.begun.remove(sale)
    paper = till.next_paper().text
    assert balance_on(paper) == (row["points"], row["balance"]), paper
    assert ("Points used" in paper) == (row["use"] != "-"), paper
    shop.wait_all_in_step()
    return Paid(sale, answer, sale.receipt_id)


def use_points(till: TillCounter, points: str) -> None:
    """Type a number of points on the cashier screen."""
    (sale,) = till.begun
    assert sale.quote is not None
    wanted = {"sale_ref": sale.quote.transaction_id, "points": points}
    answer = till.daemon.client.post("/screen/points", data=wanted, headers={"Origin": till.url})
    assert answer.is_success, answer.text


def balance_on(paper: str) -> tuple[str, str]:
    """What a receipt says of points: what changed, and the balance."""
    found = re.search(r"^Points (.*?)\s+Balance (-?\d+)", paper, re.MULTILINE)
    assert found, paper
    return found[1].strip(), found[2]


def publish(shop: WholeShop, **fields: str | list[str]) -> None:
    """Fill in the page of the programme, and wait until every till works by it."""
    page = shop.office.submit(shop.office.page("/programme"), "/programme$", **fields)
    assert "The programme is published" in page.text

    def taken_over() -> bool:
        return all(till["newest_set"] == till["active_set"] for till in shop.office.tills().values())

    shop.clock.show(shop.clock.shown + timedelta(minutes=1))
    wait_for("the programme on every till", taken_over, 60.0)


def clara_path(shop: WholeShop) -> str:
    found = re.search(r'href="(/members/[0-9a-f-]{36})"', shop.office.page("/members?q=Clara").html)
    assert found
    return found[1]


def clara(shop: WholeShop) -> str:
    """What the member's page says."""
    return shop.office.page(clara_path(shop)).text
