"""What a cashier does beside sales: who may, what is booked, and that every use is on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_engine.checkout.account_moves import AccountRequest
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.pins import PinProof
from pos_engine.core.programme import Programme
from pos_engine.wire.cashiers import CounterPolicy, MemberMark, phone_digits, phone_mark, plate_mark
from tests.support.cashiers import EVA, LOOKUP_KEY, PHONE, PinShop
from tests.support.shop import ANNA_PROVED, COFFEE, RYE, Shop, a_set, line

NOBODY = PinProof("17")


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[PinShop]:
    shop = Shop(tmp_path)
    opened = PinShop(shop)
    yield opened
    opened.journal.close()
    shop.close()


def code_of(act: object) -> str:
    with pytest.raises(CheckoutError) as refused:
        act()  # type: ignore[operator]
    return refused.value.code


def test_voids_and_reprints_ask_for_a_pin_where_the_shop_says_so(counter: PinShop) -> None:
    closed = counter.shop.sell("1", line("1", RYE, 2_100))
    assert code_of(lambda: counter.acts.reprint(closed.receipt_id, NOBODY)) == "pin_needed"
    assert code_of(lambda: counter.acts.void("1", PinProof("17", "0000"))) == "pin_refused"
    assert counter.acts_on_record() == []
    counter.acts.reprint(closed.receipt_id, EVA)
    counter.acts.void("1", EVA)
    assert counter.acts_on_record() == [
        ("17", "reprint", closed.receipt_id, closed.total_due_minor, True),
        ("17", "void_closed", closed.receipt_id, closed.total_due_minor, True),
    ]


def test_without_that_policy_they_are_done_and_on_record_without_a_pin(counter: PinShop) -> None:
    counter.say(CounterPolicy())
    closed = counter.shop.sell("1", line("1", RYE, 2_100))
    counter.acts.reprint(closed.receipt_id, NOBODY)
    assert counter.acts_on_record() == [("17", "reprint", closed.receipt_id, closed.total_due_minor, False)]
    assert code_of(lambda: counter.acts.book(AccountRequest("a", "top_up", 500), NOBODY)) == "pin_needed", (
        "money onto a card never goes without a PIN"
    )


def test_an_open_sale_given_up_names_its_price(counter: PinShop) -> None:
    quote = counter.shop.ring("1", line("1", RYE, 2_100))
    counter.acts.void("1", EVA)
    assert counter.acts_on_record() == [("17", "void_open", "1", quote.total_due_minor, True)]


def test_a_top_up_is_one_receipt_and_can_be_spent_at_once(counter: PinShop) -> None:
    shop = counter.shop
    shop.publish(a_set(2, programme=Programme(version=1, as_tender=True)))
    counter.till.refresh()
    shop.tap(ANNA_PROVED)
    reference = counter.acts.new_reference()
    booked = counter.acts.book(AccountRequest(reference, "top_up", 2_000, tender="card"), EVA)
    again = counter.acts.book(AccountRequest(reference, "top_up", 2_000, tender="card"), EVA)
    assert (booked.amount, booked.balance, booked.repeated) == (2_000, 2_000, False)
    assert (again.receipt_id, again.repeated) == (booked.receipt_id, True)
    (receipt,) = shop.journal.receipts_of_day(shop.clock.shown.date())
    assert (receipt.kind, receipt.member_id, receipt.operator) == ("account", "anna", "17")
    assert [(b.unit, b.kind, b.amount) for b in receipt.bookings] == [("value", "top_up", 2_000)]
    assert [(t.kind, t.amount_minor) for t in receipt.tenders] == [("card", 2_000)]
    assert counter.acts_on_record() == [("17", "top_up", booked.receipt_id, 2_000, True)]
    quote = shop.ring("1", line("1", COFFEE, 250))
    shop.settle("1", quote.total_due_minor, value=quote.total_due_minor)
    assert shop.journal.own_parts("anna").units["value"].amount == 2_000 - quote.total_due_minor


def test_paper_of_a_top_up_says_what_was_paid_and_what_is_there(counter: PinShop) -> None:
    counter.shop.tap(ANNA_PROVED)
    counter.acts.book(AccountRequest("a", "top_up", 2_000), EVA)
    job = counter.journal.next_print_job()
    assert job is not None
    told = str(counter.till.paper(job).blocks)
    assert "TOP-UP" in told
    assert told.count("€20.00") >= 2, "paid, and the balance"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (AccountRequest("a", "top_up", 0), "account_refused"),
        (AccountRequest("a", "top_up", -100), "account_refused"),
        (AccountRequest("a", "top_up", 100_001), "account_refused"),
        (AccountRequest("a", "top_up", 100, unit="points"), "account_refused"),
        (AccountRequest("a", "correction", -121, unit="points"), "account_refused"),
        (AccountRequest("a", "correction", 1, unit="visits"), "account_refused"),
    ],
)
def test_amounts_that_cannot_be_are_refused_and_leave_nothing(
    counter: PinShop, request_: AccountRequest, code: str
) -> None:
    counter.shop.tap(ANNA_PROVED)
    assert code_of(lambda: counter.acts.book(request_, EVA)) == code
    assert counter.acts_on_record() == []
    assert counter.shop.journal.outbox_count() == 0


def test_a_correction_takes_points_and_a_reference_is_one_amount(counter: PinShop) -> None:
    counter.shop.tap(ANNA_PROVED)
    assert counter.acts.book(AccountRequest("a", "correction", -20, unit="points"), EVA).balance == 100
    assert code_of(lambda: counter.acts.book(AccountRequest("a", "correction", -30, unit="points"), EVA)) == (
        "account_refused"
    )


def test_nobody_at_the_till_means_no_booking_and_no_credit(counter: PinShop) -> None:
    assert code_of(lambda: counter.acts.book(AccountRequest("a", "top_up", 100), EVA)) == "account_refused"
    assert code_of(lambda: counter.acts.credit_later("till-1:1:1", EVA)) == "account_refused"
    counter.shop.tap(ANNA_PROVED)
    assert code_of(lambda: counter.acts.credit_later("no code", EVA)) == "receipt_unknown"
    counter.acts.credit_later("till-9:1:1", EVA)
    assert counter.acts_on_record() == [("17", "late_credit", "till-9:1:1", 0, True)]


def test_a_member_found_by_phone_earns_and_spends_on_line_with_a_pin_only(counter: PinShop) -> None:
    shop = counter.shop
    shop.publish(a_set(2, programme=Programme(version=1, points_step=10, step_minor=10, as_tender=True)))
    counter.till.refresh()
    shop.balance("anna", "points", 1_000)
    (found,) = counter.acts.find_members("0171 234 56 78")
    counter.acts.use_member(found.member_id)
    quote = shop.ring("1", line("1", COFFEE, 250))
    assert quote.member is not None
    assert quote.member.member_id == "anna"
    assert code_of(lambda: counter.till.use_points("1", 100)) == "tender_refused"
    counter.till.note_offline(offline=True)
    assert code_of(lambda: counter.acts.allow_spending(EVA)) == "account_refused"
    counter.till.note_offline(offline=False)
    counter.acts.allow_spending(EVA)
    assert counter.till.use_points("1", 100).total_discount_minor >= 100
    assert ("17", "spending_allowed", "", 0, True) in counter.acts_on_record()


@pytest.mark.parametrize("typed", ["fr xy 123", "FR-XY123", "frxy123"])
def test_a_member_is_found_by_any_of_the_plates_until_they_change(counter: PinShop, typed: str) -> None:
    marks = tuple(plate_mark(LOOKUP_KEY, plate) for plate in ("FR-XY 123", "TÜ A 9"))
    counter.shop.put("member_mark", "k:anna", MemberMark(mark="", member_id="anna", plates=marks))
    assert [each.member_id for each in counter.acts.find_members(typed)] == ["anna"]
    assert [each.member_id for each in counter.acts.find_members("tu a9")] == ["anna"]
    assert code_of(lambda: counter.acts.find_members(PHONE)) == "member_unknown"
    counter.shop.put("member_mark", "k:anna", MemberMark(mark="", member_id="anna", plates=marks[1:]))
    assert code_of(lambda: counter.acts.find_members(typed)) == "member_unknown"


def test_an_unknown_number_or_a_shop_that_does_not_allow_it_finds_nobody(counter: PinShop) -> None:
    assert code_of(lambda: counter.acts.find_members("0171 999 99 99")) == "member_unknown"
    assert code_of(lambda: counter.acts.find_members("12")) == "member_unknown"
    counter.say(CounterPolicy(lookup_key=LOOKUP_KEY))
    assert code_of(lambda: counter.acts.find_members(PHONE)) == "member_unknown"
    assert code_of(lambda: counter.acts.use_member("anna")) == "member_unknown"


@pytest.mark.parametrize("typed", ["0171 2345678", "+49 171 234 56 78", "0049-171-2345678", "(0171) 2345678"])
def test_one_number_has_one_mark_however_it_is_written(typed: str) -> None:
    assert phone_digits(typed) == "712345678"
    assert phone_mark(LOOKUP_KEY, typed) == phone_mark(LOOKUP_KEY, PHONE) != phone_mark("5b" * 32, PHONE)
