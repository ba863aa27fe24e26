"""Each campaign as its owner makes it: from the overview to a customer who has got what it promises.

A journey is given the shop and a hand. It returns when the till has redeemed; it asserts what the customer paid.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import expect

from tests.e2e.journeys.new_shop import ADDRESS, PAGE_WAIT_MS, PASSWORD, NewShop
from tests.support.keystrokes import Hand
from tests.support.story import code_on
from tests.support.waiting import wait_for


def sign_in(shop: NewShop, hand: Hand) -> None:
    """On another day: who was signed in is asked again."""
    page = hand.page
    page.goto(shop.office.url)
    if page.get_by_role("heading", name="Sign in").is_visible():
        hand.write(page.get_by_label("E-mail address"), ADDRESS)
        hand.next(PASSWORD)
        hand.enter()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def begin(hand: Hand, typed: str, title: str, name: str) -> None:
    """From the overview to the form of a new campaign; the first kind that is found is taken with Enter."""
    page = hand.page
    hand.press(page.get_by_role("link", name="New campaign").first)
    page.wait_for_url(re.compile("/campaigns/new"))
    hand.look("kinds")
    hand.write_slowly(page.get_by_label("Search a kind of campaign"), typed)
    expect(page.locator("[data-filter-item]:not([hidden])").first).to_contain_text(title)
    hand.enter()
    page.wait_for_url(re.compile("preset="))
    hand.write(page.get_by_label("Name, as customers read it"), name)


def goods(hand: Hand, label: str, typed: str, wanted: str) -> None:
    """A few letters into a picker, and Enter for the first thing that it offers."""
    hand.write_slowly(hand.page.get_by_label(label, exact=True), typed)
    expect(hand.page.get_by_role("button", name=re.compile(f"^{wanted}"))).to_be_visible()
    hand.enter()
    expect(hand.page.locator(".chip", has_text=wanted)).to_be_visible()


def publish(hand: Hand, says: str) -> None:
    """The words beside the form are read, Publish is pressed, and the till has it."""
    page = hand.page
    expect(page.locator("[data-sentences]")).to_contain_text(says)
    expect(page.locator("[data-trial]")).to_be_visible()
    hand.look("form")
    hand.press(page.get_by_role("button", name="Publish"))
    expect(page.get_by_role("status")).to_contain_text("is published")
    expect(page.locator("[data-tills]").get_by_text("active", exact=True)).to_be_visible(timeout=PAGE_WAIT_MS)
    hand.look("published")


def redeemed(hand: Hand, cost: str) -> None:
    """The campaign's page says by itself what it cost."""
    expect(hand.page.get_by_text(cost).first).to_be_visible(timeout=PAGE_WAIT_MS)
    hand.look("redeemed")


def percent_coupon(shop: NewShop, hand: Hand) -> None:
    """V3, a percentage: a coupon on Anna's card."""
    _coupon(hand, "20 percent for Anna")
    hand.write(hand.page.get_by_label("How much").first, "20")
    publish(hand, "20% off the whole basket.")
    assert shop.sell("5001", card=True).to_pay_minor == 784
    redeemed(hand, "€1.96")


def amount_coupon(shop: NewShop, hand: Hand) -> None:
    """V3, an amount."""
    _coupon(hand, "2 off for Anna")
    hand.press(hand.page.get_by_text("Amount", exact=True))
    hand.write(hand.page.get_by_label("How much").nth(1), "2")
    publish(hand, "€2.00 off the whole basket.")
    assert shop.sell("5001", card=True).to_pay_minor == 780
    redeemed(hand, "€2.00")


def free_coupon(shop: NewShop, hand: Hand) -> None:
    """V3, a free product."""
    _coupon(hand, "Espresso for Anna")
    hand.press(hand.page.get_by_text("Free product", exact=True))
    goods(hand, "Which product; with several, the customer chooses", "esp", "Espresso")
    publish(hand, "1 free: Espresso.")
    assert shop.sell("2001", "4101", card=True).to_pay_minor == 180
    redeemed(hand, "€2.30")


def _coupon(hand: Hand, name: str) -> None:
    begin(hand, "coupon m", "Coupon for members", name)
    goods(hand, "Single members", "anna", "Anna Becker")


def mondays(shop: NewShop, hand: Hand) -> None:
    """V6: Mondays 10 % on all main dishes."""
    begin(hand, "certain", "Percent off on certain days", "Mondays 10 % on all main dishes")
    goods(hand, "On which goods", "main", "Main dishes")
    publish(hand, "10% off Main dishes.")
    assert shop.sell("5001", "2001").to_pay_minor == 882 + 230
    redeemed(hand, "€0.98")


def friday_bread(shop: NewShop, hand: Hand) -> None:
    """V6: Friday 10 % on every kind of bread."""
    begin(hand, "certain", "Percent off on certain days", "Friday bread")
    goods(hand, "On which goods", "bread", "Bread")
    hand.press(hand.page.get_by_text("Monday", exact=True))
    hand.press(hand.page.get_by_text("Friday", exact=True))
    publish(hand, "On: Friday.")
    assert shop.sell("4001").to_pay_minor == 450
    shop.go_to("Friday")
    assert shop.sell("4001").to_pay_minor == 405
    redeem_later(shop, hand, "€0.45")


def wednesday_coffee(shop: NewShop, hand: Hand) -> None:
    """V6: next Wednesday one coffee free."""
    begin(hand, "product for free", "A product for free", "Wednesday coffee")
    goods(hand, "Which product; with several, the customer chooses", "esp", "Espresso")
    wednesday = shop.clock.day("next Wednesday")
    for label in ("First day", "Last day"):
        hand.write(hand.page.get_by_label(label), wednesday)
    publish(hand, "1 free: Espresso.")
    assert shop.sell("2001", card=True).to_pay_minor == 230
    shop.go_to("next Wednesday")
    assert shop.sell("2001", card=True).to_pay_minor == 0
    redeem_later(shop, hand, "€2.30")


def redeem_later(shop: NewShop, hand: Hand, cost: str) -> None:
    """On a later day somebody looks at the page again; that is not part of making the campaign."""
    shown = hand.page.url
    sign_in(shop, Hand(hand.page))
    hand.page.goto(shown)
    redeemed(hand, cost)


def birthday(shop: NewShop, hand: Hand) -> None:
    """Double points around the birthday. The shop has no points yet, and the form says so."""
    page = hand.page
    _anna_is_born_on(shop, Hand(page), shop.clock.day("Wednesday"))
    begin(hand, "birthday double", "Double points in the birthday week", "Double birthday points")
    hand.look("points-missing")
    with page.expect_popup() as opened:
        hand.press(page.locator("#preview").get_by_role("link", name="Points and tiers"))
    points = Hand(opened.value, hand.look)
    points.press(opened.value.get_by_role("button", name="Save and publish"))
    expect(opened.value.get_by_role("status")).to_contain_text("The programme is published")
    hand.effort += points.effort
    opened.value.close()
    # A headless browser shows all its pages at once: none of them ever comes back.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    publish(hand, "From 3 days before the member's birthday")
    shop.sell("4101", card=True, times=5)
    assert "+18" in shop.receipt, shop.receipt


def _anna_is_born_on(shop: NewShop, hand: Hand, day: str) -> None:
    """Whatever week it is by now: somebody has corrected it, which is no part of making the campaign."""
    page = hand.page
    page.goto(f"{shop.office.url}/members")
    page.get_by_role("link", name="Anna Becker").click()
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Birthday").fill(day)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Anna Becker")).to_be_visible()
    sign_in(shop, hand)


def voucher(shop: NewShop, hand: Hand) -> None:
    """For each full 100 spent a voucher of 20."""
    begin(hand, "voucher", "A voucher for each full 100", "20 for your next visit")
    publish(hand, "at most 5 on a receipt")
    shop.sell("5001", times=11)
    code = code_on(shop.till.next_paper())
    shop.go_to("Tuesday")
    assert shop.sell("5001", times=3, coupons=(code,)).to_pay_minor == 2940 - 2000
    redeem_later(shop, hand, "€20.00")


def stamps(shop: NewShop, hand: Hand) -> None:
    """The tenth coffee is free."""
    begin(hand, "stamp", "Stamp card", "The tenth coffee is free")
    hand.write(hand.page.get_by_label("Its name on the receipt"), "Coffee")
    goods(hand, "Which goods give a stamp", "esp", "Espresso")
    publish(hand, "9 stamps fill the card “Coffee”")
    assert shop.sell("2001", card=True, times=9).to_pay_minor == 9 * 230
    shop.till.wait_uploaded()
    shop.clock.show(shop.clock.shown + timedelta(minutes=2))
    sale = shop.ring_up("2001", card=True)
    wait_for("the coupon of the full card at the till", lambda: shop.till.again(sale).to_pay_minor == 0, 60)
    shop.pay(sale)
    redeemed(hand, "€2.30")


def win_back(shop: NewShop, hand: Hand) -> None:
    """Everybody who was away for four weeks gets a coupon."""
    shop.sell("4001", card=True)
    shop.go_to("in 5 weeks Tuesday")
    sign_in(shop, hand)
    page = hand.page
    hand.press(page.get_by_role("link", name="Segments", exact=True))
    hand.look("segments")
    hand.press(page.get_by_role("link", name="New segment").first)
    hand.press(page.get_by_role("link", name=re.compile("No visit for some weeks")))
    hand.look("segment")
    hand.write(page.get_by_label("Name"), "Away for 4 weeks")
    hand.enter()
    hand.look("who-is-away")
    hand.press(page.get_by_role("link", name="Give them a coupon"))
    hand.write(page.get_by_label("Name, as customers read it"), "We have missed you")
    publish(hand, "1 member gets it now.")
    assert shop.sell("5001", card=True).to_pay_minor == 882
    redeemed(hand, "€0.98")


@dataclass(frozen=True)
class Journey:
    """What the person wants, in the words of the page that reports it, and how they come there."""

    code: str
    wish: str
    play: Callable[[NewShop, Hand], None]


JOURNEYS = (
    Journey("V6-mondays", "Mondays 10 % on all main dishes", mondays),
    Journey("V3-percent", "20 % for one member's card", percent_coupon),
    Journey("V3-amount", "2 off for one member's card", amount_coupon),
    Journey("V3-free", "A free espresso for one member's card", free_coupon),
    Journey("V6-friday", "Friday 10 % on every kind of bread", friday_bread),
    Journey("V6-wednesday", "Next Wednesday one coffee free", wednesday_coffee),
    Journey("birthday", "Double points around the birthday", birthday),
    Journey("voucher", "For each full 100 spent a voucher of 20", voucher),
    Journey("stamps", "The tenth coffee is free", stamps),
    Journey("win-back", "Win back everybody away for four weeks", win_back),
)
