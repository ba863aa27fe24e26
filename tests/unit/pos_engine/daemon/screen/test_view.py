from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pos_engine import words
from pos_engine.checkout.answers import Message
from pos_engine.checkout.screen import ParkedSale, ScreenMode, ScreenState
from pos_engine.core.outcome import POINTS_DISCOUNT
from pos_engine.daemon.screen.speech import Speech
from pos_engine.daemon.screen.view import ScreenView, parked_rows, receipt_rows, screen_view
from tests.support.screens import CLOSED, FULL, IDLE, RECEIPT, SALE, TROUBLE, line, offer


def view(state: ScreenState) -> ScreenView:
    return screen_view(state, Speech.of(state))


def test_coupons_within_reach_are_at_most_three_best_saving_first() -> None:
    notes = tuple(offer(str(saving), f"offer {saving}", saving, "add 1.00") for saving in (100, 400, 200, 300))
    shown = view(replace(FULL, applied=(), declined=(), available=notes)).offers
    assert [card.name for card in shown] == ["offer 400", "offer 300", "offer 200"]
    assert [card.saving for card in shown] == ["saves €4.00", "saves €3.00", "saves €2.00"]
    assert {card.note for card in shown} == {"add 1.00"}


def test_a_tap_leaves_an_applied_offer_out_and_puts_a_declined_one_back() -> None:
    shown = view(FULL).offers
    assert [(card.place, card.wanted, card.key) for card in shown] == [
        ("applied", "no", "1"),
        ("applied", "no", "2"),
        ("declined", "yes", "3"),
        ("available", "", ""),
        ("available", "", ""),
    ]
    assert shown[0].saving == "-€1.29"


def test_an_offer_that_was_left_out_is_not_shown_as_within_reach_too() -> None:
    both = replace(FULL, available=(*FULL.available, *FULL.declined))
    assert [card.name for card in view(both).offers].count("One coffee free") == 1


def test_only_nine_offers_have_a_digit_key() -> None:
    many = tuple(offer(str(number), f"offer {number}", 10) for number in range(12))
    keys = [card.key for card in view(replace(FULL, applied=many, declined=(), available=())).offers]
    assert keys == [*"123456789", "", "", ""]


def test_a_closed_sale_shows_what_was_taken_off_and_offers_no_tap() -> None:
    shown = view(CLOSED)
    assert [(card.place, card.wanted) for card in shown.offers] == [("applied", ""), ("applied", "")]
    assert shown.sale is not None
    assert (shown.sale.due, shown.sale.due_label, shown.sale.closed) == ("€26.23", "Paid", True)
    assert shown.help == "Receipt 17"


def test_trouble_is_said_in_order_of_what_just_happened() -> None:
    said = [(banner.severity, banner.text) for banner in view(TROUBLE).banners]
    assert said == [
        ("error", "This card is not known here. The sale goes on without it."),
        ("error", "The printer is out of paper. Put in a new roll."),
        ("warning", "This coupon was used on 3 Nov."),
    ]


def test_the_same_sentence_is_said_once() -> None:
    twice = replace(TROUBLE, message=Message("coupon_used", "warning", TROUBLE.coupons[0].text), devices=())
    assert [banner.text for banner in view(twice).banners] == ["This coupon was used on 3 Nov."]


def test_campaigns_of_a_newer_program_are_told() -> None:
    assert "2" in view(replace(IDLE, inactive_campaigns=2)).banners[0].text


def test_being_off_line_is_a_sign_with_the_number_that_waits() -> None:
    assert view(IDLE).offline == ""
    assert "4" in view(TROUBLE).offline


def test_lines_show_the_price_before_and_after_a_discount() -> None:
    sale = replace(SALE, lines=(line("1", "Goulash", 1290, 129), line("2", "", 640, quantity=2)))
    panel = view(replace(FULL, sale=sale)).sale
    assert panel is not None
    first, second = panel.lines
    assert (first.name, first.quantity, first.value, first.due, first.reduced) == (
        "Goulash", "", "€12.90", "€11.61", True,
    )  # fmt: skip
    assert (second.name, second.quantity, second.reduced) == ("p-2", "2", False), (
        "a line without a name shows its number"
    )
    assert panel.count == "3 pcs"


@pytest.mark.parametrize("mode", ["not_enrolled", "idle", "card_waiting"])
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_empty_screen_says_what_to_do(mode: ScreenMode, language: str) -> None:
    shown = view(replace(IDLE, mode=mode, language=language))
    assert shown.title
    assert shown.help
    assert language == "en" or shown.title != view(replace(IDLE, mode=mode)).title


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Anna Nováková", "AN"), ("Ada Marie van Dyck", "AD"), ("  Čeněk ", "Č"), ("李雷", "李"), ("", "")],
)
def test_initials(name: str, initials: str) -> None:
    assert FULL.member is not None
    customer = view(replace(FULL, member=replace(FULL.member, display_name=name))).customer
    assert customer is not None
    assert customer.initials == initials


def test_amounts_follow_currency_and_language() -> None:
    state = replace(FULL, currency="JPY", language="de")
    panel = view(state).sale
    assert panel is not None
    assert panel.due == "2.623 ¥".replace(" ", "\u00a0")


def test_parked_sales_wait_in_order_and_show_the_shops_time() -> None:
    later = ParkedSale("2", "Anna", 1, 500, datetime(2026, 7, 1, 8, 30, tzinfo=UTC))
    sooner = ParkedSale("1", "Petr", 3, 1210, datetime(2026, 7, 1, 8, 5, tzinfo=UTC))
    state = replace(IDLE, parked=(later, sooner))
    rows = parked_rows(state, Speech.of(state))
    assert [(row.label, row.since, row.due) for row in rows] == [
        ("Petr", "10:05", "€12.10"),
        ("Anna", "10:30", "€5.00"),
    ]
    assert view(state).parked_count == 2


def test_receipts_show_number_day_time_and_whether_they_are_void() -> None:
    rows = receipt_rows((RECEIPT, replace(RECEIPT, kind="void", total_discount_minor=0)), Speech.of(IDLE))
    first, second = rows
    assert (first.number, first.day, first.time, first.due, first.discount, first.is_void) == (
        "17", words.date_text(RECEIPT.business_day, "en"), "10:30", "€26.23", "-€1.77", False,
    )  # fmt: skip
    assert (second.is_void, second.discount) == (True, "")


def test_a_members_accounts_and_the_field_for_points() -> None:
    assert FULL.member is not None
    rich = replace(
        FULL.member,
        tier="gold",
        tier_name="Gold card",
        value_minor=1250,
        stamps=(("coffee", 7),),
        points_usable=1200,
        points_step=100,
        provisional=True,
    )
    shown = view(replace(FULL, member=rich))
    assert shown.customer is not None
    assert (shown.customer.tier, shown.customer.points) == ("Gold card", "1240")
    assert shown.customer.others == ("€12.50 stored value", "coffee: 7 stamps", "provisional, off line")
    assert shown.points is not None
    assert (shown.points.step, shown.points.most) == (100, 1200)
    assert view(FULL).points is None
    assert view(replace(CLOSED, member=rich)).points is None, "what is paid is paid"
    off_line = view(replace(FULL, member=replace(rich, points_off_line=500))).customer
    assert off_line is not None
    assert off_line.others[-2:] == ("500 points can be used here while off line", "provisional, off line")


def test_a_pin_is_offered_where_it_lets_the_customer_spend_and_not_after_the_sale() -> None:
    assert not view(FULL).allow_spending
    assert view(replace(FULL, asks_factor=True, offline=True)).allow_spending
    assert not view(replace(CLOSED, asks_factor=True)).allow_spending


def test_points_that_can_be_used_are_tapped_like_an_offer() -> None:
    usable = replace(offer("points", "Points used", 300, "300 points"), offer_id=POINTS_DISCOUNT)
    shown = view(replace(FULL, applied=(), declined=(), available=(usable,))).offers
    assert [(card.place, card.wanted, card.tap_text, card.note) for card in shown] == [
        ("available", "yes", "Use", "300 points")
    ]
    used = view(replace(FULL, applied=(usable,), declined=(), available=())).offers
    assert [(card.place, card.wanted, card.note, card.saving) for card in used] == [
        ("applied", "no", "300 points", "-€3.00")
    ]
