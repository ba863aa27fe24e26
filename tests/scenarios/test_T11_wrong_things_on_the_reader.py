"""T11: whatever is held to the reader, the cashier reads one clear sentence and the sale goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.support.shop_list import CARDS, PEOPLE, STRANGER
from tests.support.story import Story, code_on, money
from tests.support.till_counter import TillCounter
from tests.support.whole_shop import WholeShop

EMIL = next(person for person in PEOPLE if person.first_name == "Emil")

WRONG: dict[str, tuple[Callable[[TillCounter], object], str]] = {
    "a phone": (
        lambda till: till.slot.insert_kind("phone", ""),
        "That is a phone; please hold the customer card to the reader",
    ),
    "two cards at once": (
        lambda till: till.slot.insert_kind("two", ""),
        "Two cards at once; please hold only one to the reader",
    ),
    "a card of another shop": (
        lambda till: till.slot.insert_kind("ntag", STRANGER),
        "This card is not known; the sale goes on without it",
    ),
    "a blocked card": (
        lambda till: till.slot.insert_kind("ntag", EMIL.uid),
        "This card is blocked; please issue a new one",
    ),
    "a broken card": (
        lambda till: till.slot.insert_kind("unreadable", ""),
        "The card could not be read; please try once more",
    ),
}


@pytest.fixture
def lunch(shop: WholeShop) -> Iterator[WholeShop]:
    """Members have 10 % on main dishes; Emil's card is blocked."""
    shop.publish("Lunch 10 %", "weekday_percent", percent="10", goods="Main dishes", weekdays=[], who="members")
    shop.office.block_card(EMIL.number, f"iso14443a:{EMIL.uid}")
    shop.wait_all_in_step()
    yield shop
    shop.office.block_card(EMIL.number, f"iso14443a:{EMIL.uid}", block=False)


def test_one_sentence_each_and_the_sale_goes_on(lunch: WholeShop) -> None:
    till = lunch.till
    for what, (put, sentence) in WRONG.items():
        sale = till.ring_up("Lasagne")
        put(till)
        till.wait_shown(sentence)
        assert till.banners() == sentence, what
        till.slot.remove()
        assert money(till.again(sale).to_pay_minor) == "9.80", what
        till.pay(sale)
        assert "Customer" not in till.next_paper().text
    sale = till.ring_up("Lasagne")
    till.slot.insert_kind("phone", "")
    till.wait_shown("That is a phone")
    till.slot.remove()
    till.tap("Anna")
    assert money(till.again(sale).to_pay_minor) == "8.82", "the right card counts after a wrong one"
    till.pay(sale)
    assert "Customer Anna" in till.next_paper().text


def test_a_card_taken_away_stays_read_and_of_two_the_later_counts(lunch: WholeShop) -> None:
    till = lunch.till
    till.slot.order(["fault", "tear", "1"])
    sale = till.ring_up("Lasagne")
    till.slot.insert_kind("ntag", CARDS["Anna"])
    till.wait_shown("The card could not be read; please try once more")
    till.slot.remove()
    till.tap("Anna")
    assert till.slot.order(["status"]) == "no card"
    assert money(till.again(sale).to_pay_minor) == "8.82"
    till.pay(sale)
    assert "Customer Anna" in till.next_paper().text

    # of two cards, one after the other, the later one counts
    till.tap("Anna")
    sale = till.ring_up("Lasagne")
    till.tap("Ben")
    till.wait_shown("Now Ben F.'s card counts instead of Anna B.'s. To change back, tap the first card again")
    till.again(sale)
    till.pay(sale)
    paper = till.next_paper().text
    assert "Customer Ben" in paper
    assert "Anna" not in paper


def test_who_left_without_buying_earns_nothing_from_the_next_customer(lunch: WholeShop, story: Story) -> None:
    played = story.play("""
        day     | time  | gone | card | after | basket  | to pay | saved | on the receipt | screen
        Tuesday | 12:00 | Anna | -    | -     | Lasagne | 9.80   | 0.00  | -              | No card yet
        Tuesday | 12:05 | Anna | Ben  | -     | Lasagne | 8.82   | 0.98  | Lunch 10 %     | Ben
    """)
    assert "Customer" not in played[0].receipt.text
    assert "Customer Ben" in played[1].receipt.text
    sale = lunch.till.ring_up("Lasagne")
    lunch.till.tap("Anna")
    lunch.till.again(sale)
    lunch.till.send_away()
    assert money(lunch.till.again(sale).to_pay_minor) == "9.80", "taken off the open sale"
    lunch.till.pay(sale)
    assert "Customer" not in lunch.till.next_paper().text


def test_coupons_of_a_customer_who_is_taken_off_go_and_those_of_anybody_stay(shop: WholeShop, story: Story) -> None:
    shop.publish("3 € for you", "next_visit", amount="3.00", minimum_spend="20.00", coupon_medium="card")
    shop.publish("2 € for next time", "next_visit", amount="2.00", minimum_spend="25.00")
    monday = story.play("""
        day     | time  | card | basket              | to pay | saved | on the receipt | prints
        Monday  | 12:30 | Anna | 2 Lasagne, Espresso | 21.90  | 0.00  | -              | -
        Monday  | 12:40 | -    | 3 Lasagne           | 29.40  | 0.00  | -              | anybody's
        Tuesday | 12:20 | -    | Lasagne             | 9.80   | 0.00  | -              | -
    """)
    shown = shop.office.receipt_text(monday[0].paid.receipt_id)
    (annas,) = re.findall(r"Coupons given out (\S+) ·", shown)
    till = shop.till
    sale = till.ring_up("Lasagne")
    till.scan(code_on(story.papers["anybody's"]))
    till.tap("Anna")
    till.scan(annas)
    assert money(till.again(sale).to_pay_minor) == "6.80", "the better of the two, while she stands there"
    till.send_away()
    assert money(till.again(sale).to_pay_minor) == "7.80", "the paper was laid down by whoever stands there"
    assert "belongs to another customer" not in till.screen(), "nobody reads of a coupon of somebody who left"
    till.pay(sale)
    paper = till.next_paper().text
    assert "Customer" not in paper
    taken = [line.split("-€")[0].strip() for line in paper.splitlines() if "-€" in line]
    assert taken == ["2 € for next time", "Discounts"]
    story.play("""
        day     | time  | card | basket  | to pay | saved | on the receipt
        Tuesday | 12:50 | Anna | Lasagne | 6.80   | 3.00  | 3 € for you
    """)
