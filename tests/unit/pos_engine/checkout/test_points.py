"""Points, stamps and stored value at the till: facts, bookings, and what may be used with and without a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import ALL_POINTS, QuoteRequest
from pos_engine.core.bookings import Booking
from pos_engine.core.campaign import Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.birthday import Birthday
from pos_engine.core.conditions.nth_visit import NthVisit
from pos_engine.core.conditions.segment import Segment
from pos_engine.core.conditions.tender import Tender
from pos_engine.core.offer_parts import Selector
from pos_engine.core.outcome import POINTS_DISCOUNT, Outcome
from pos_engine.core.programme import OfflineRule, PointsExpiry, Programme
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.points_multiplier import PointsMultiplier
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.wire.sync import MemberBody, PendingPart, ProductBody, ReceiptDocument, TillPart
from tests.support.shop import ANNA_CARD, ANNA_PROVED, COFFEE, RYE, Shop, a_campaign, a_set, line

EARNING = a_campaign(
    "earning",
    Offer("euro", "A point a euro", AllOf(), Points(1, 100), phase="points"),
    Offer("cup", "A stamp a coffee", AllOf(), Stamps("coffee", 1, "unit"), Selector(products=(COFFEE,)), "points"),
)
PROGRAMME = Programme(
    version=3,
    points_step=10,
    step_minor=10,
    points_min=50,
    as_tender=True,
    expiry=PointsExpiry("months", 12),
    points_offline=OfflineRule("bounded", 60),
    value_offline=OfflineRule("strict"),
    top_up_product_id="top-up",
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    made.publish(a_set(2, EARNING, programme=PROGRAMME))
    made.till.refresh()
    made.put("member", "anna", MemberBody(member_id="anna", display_name="Anna", tier="gold", tier_name="Gold"))
    made.balance("anna", "points", 200)
    yield made
    made.close()


def points_of(shop: Shop) -> int:
    member = shop.till.screen().member
    assert member is not None
    return member.points


def receipt_of(shop: Shop, receipt_id: str) -> ReceiptDocument:
    receipt = shop.journal.receipt(receipt_id)
    assert receipt is not None
    return receipt


def quote_points(shop: Shop, sale_ref: str, points: int, minor: int = 1000) -> int:
    """What a sale costs when a register asks for points."""
    request = QuoteRequest(sale_ref=sale_ref, lines=(line("1", RYE, minor),), points=points)
    return shop.till.quote(request).total_due_minor


def test_a_sale_books_and_tells_what_it_earned(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    closed = shop.sell("1", line("1", RYE, 1250), line("2", COFFEE, 300, 2))
    receipt = receipt_of(shop, closed.receipt_id)
    assert receipt.bookings == (
        Booking("points", "accrual", 18, date(2027, 11, 23)),
        Booking("stamps:coffee", "accrual", 2),
        Booking("visits", "visit", 1),
    )
    assert [(told.unit, told.earned, told.balance, told.provisional) for told in receipt.balances] == [
        ("points", 18, 218, False),
        ("stamps:coffee", 2, 2, False),
    ]
    message = shop.till.screen().message
    assert message is not None
    assert message.text.endswith("Points +18, balance 218")
    paper = shop.till.receipt_text(closed.receipt_id)
    assert "Points +18                     Balance 218" in paper
    assert "Stamps coffee +2                 Balance 2" in paper
    shop.tap(ANNA_CARD)
    shop.ring("2", line("1", COFFEE, 300))
    assert (points_of(shop), shop.till.screen().member.stamps) == (218, (("coffee", 2),))  # type: ignore[union-attr]


def test_what_arrived_over_there_does_not_count_twice(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.sell("1", line("1", RYE, 1000))
    # The news: this receipt is counted there now, and 7 points came from the other till.
    parts = (
        TillPart(workstation_id="till-1", epoch=1, amount=10),
        TillPart(workstation_id="till-2", epoch=4, amount=7),
    )
    shop.balance("anna", "points", 217, tills=parts)
    shop.tap(ANNA_CARD)
    shop.ring("2", line("1", COFFEE, 300))
    assert points_of(shop) == 217
    # In a new epoch the old one stands as it was counted there.
    shop.journal.start_epoch(2)
    assert quote_points(shop, "2", 0) == 1000
    assert points_of(shop) == 217


def test_points_as_a_discount_in_whole_steps_and_part_of_them(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    assert quote_points(shop, "1", 55) == 950
    assert quote_points(shop, "1", ALL_POINTS) == 800
    closed = shop.settle("1", 800)
    receipt = receipt_of(shop, closed.receipt_id)
    assert [(b.kind, b.amount) for b in receipt.bookings if b.unit == "points"] == [
        ("accrual", 8),
        ("points_redemption", -200),
    ]
    assert closed.outcome.vat[0].due_minor == 800
    paper = shop.till.receipt_text(closed.receipt_id)
    assert "Points used" in paper
    assert "Points +8 -200                   Balance 8" in paper


def test_points_as_a_tender_leave_the_price_alone(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("1", line("1", RYE, 1000))
    closed = shop.settle("1", 1000, points=150)
    assert (closed.total_due_minor, closed.outcome.vat[0].due_minor, closed.outcome.points_spent) == (1000, 1000, None)
    bookings = receipt_of(shop, closed.receipt_id).bookings
    assert [(b.kind, b.amount) for b in bookings if b.unit == "points"] == [
        ("accrual", 10),
        ("points_redemption", -150),
    ]
    shop.till.void("1", "17")
    shop.tap(ANNA_CARD)
    shop.ring("2", line("1", COFFEE, 300))
    assert points_of(shop) == 200, "a full return leaves no points and gives the used ones back"


def test_a_void_mirrors_points_stamps_and_visits(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    assert quote_points(shop, "1", 100) == 900
    shop.settle("1", 900)
    shop.till.void("1", "17")
    void, sale = (receipt_of(shop, row.receipt_id) for row in shop.till.recent_receipts(2))
    assert [b.amount for b in void.bookings] == [-b.amount for b in sale.bookings]
    outcome = msgspec.json.decode(void.outcome, type=Outcome)
    assert outcome.points_spent is not None
    assert (outcome.points_spent.points, outcome.points[0].points) == (-100, -9)
    assert "CANCELLATION" in shop.till.receipt_text(shop.till.recent_receipts(1)[0].receipt_id)


@pytest.mark.parametrize(
    ("tenders", "says"),
    [
        ({"points": 300}, "Not enough points: 200 can be used, 300 were asked for"),
        ({"points": 1100}, "more than is to be paid"),
        ({"value": 100}, "Not enough on the card: €0.00"),
    ],
)
def test_what_cannot_settle_closes_nothing(shop: Shop, tenders: dict[str, int], says: str) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("1", line("1", RYE, 1000))
    with pytest.raises(CheckoutError) as refused:
        shop.settle("1", 1000, **tenders)
    assert refused.value.code == "tender_refused"
    assert says in refused.value.text
    assert shop.settle("1", 1000).total_due_minor == 1000


def test_without_a_card_no_points_and_no_top_up(shop: Shop) -> None:
    shop.ring("1", line("1", RYE, 1000))
    with pytest.raises(CheckoutError, match="need a customer card"):
        shop.settle("1", 1000, points=100)
    quote = shop.till.quote(QuoteRequest("2", (line("1", RYE, 1000),), points=100))
    assert [message.code for message in quote.messages] == ["points_no_member"]
    shop.ring("3", line("1", "top-up", 5000))
    with pytest.raises(CheckoutError, match="the amount is put onto it"):
        shop.settle("3", 5000)


def test_off_line_the_ceiling_holds_over_several_sales(shop: Shop) -> None:
    shop.till.note_offline(offline=True)
    shop.tap(ANNA_PROVED)
    request = QuoteRequest(sale_ref="1", lines=(line("1", RYE, 1000),), points=100)
    quote = shop.till.quote(request)
    assert quote.total_due_minor == 940
    assert "off line: 60 points can be used now, 100 were asked for" in quote.messages[0].text
    said = shop.till.resume("1").messages
    assert said == (), "said once, with the quote"
    closed = shop.settle("1", 940)
    paper = shop.till.receipt_text(closed.receipt_id).replace("\n", " ")
    assert "Provisional, counted from Nov 23, 2026 10:00" in paper
    shop.tap(ANNA_PROVED)
    assert quote_points(shop, "2", 100) == 1000, "the ceiling is used up until the receipt has arrived"
    shop.journal.acknowledge(1, 1)
    assert quote_points(shop, "2", 100) == 940
    shop.till.note_offline(offline=False)
    assert quote_points(shop, "2", 100) == 900


def test_strict_stored_value_waits_for_the_line(shop: Shop) -> None:
    shop.balance("anna", "value", 2000)
    shop.till.note_offline(offline=True)
    shop.tap(ANNA_PROVED)
    shop.ring("1", line("1", RYE, 1000))
    with pytest.raises(CheckoutError, match=r"off line: €0\.00 of the stored value"):
        shop.settle("1", 1000, value=1000)
    shop.till.note_offline(offline=False)
    closed = shop.settle("1", 1000, value=1000)
    assert "Stored value -€10.00        Balance €10.00" in shop.till.receipt_text(closed.receipt_id)


def test_a_top_up_is_no_sale_and_earns_nothing(shop: Shop) -> None:
    shop.put("product", "top-up", ProductBody(product_id="top-up", name="Top-up", vat_bp=1900))
    shop.tap(ANNA_CARD)
    closed = shop.sell("1", line("1", "top-up", 5000))
    assert (closed.outcome.vat[0].vat_bp, closed.outcome.points) == (0, ())
    assert [(b.unit, b.kind, b.amount) for b in receipt_of(shop, closed.receipt_id).bookings] == [
        ("value", "top_up", 5000),
        ("visits", "visit", 1),
    ]
    shop.tap(ANNA_CARD)
    shop.ring("2", line("1", "top-up", 1000))
    with pytest.raises(CheckoutError, match="more than is to be paid"):
        shop.settle("2", 1000, value=1000)


def test_pending_points_count_and_cannot_be_used_yet(shop: Shop) -> None:
    pending = PendingPart(usable_from=date(2026, 11, 24), amount=120)
    shop.balance("anna", "points", 200, pending=(pending,))
    shop.tap(ANNA_CARD)
    assert quote_points(shop, "1", ALL_POINTS) == 920
    shop.days_later(1)
    assert quote_points(shop, "1", ALL_POINTS) == 800
    shop.balance("anna", "points", 49)
    assert quote_points(shop, "1", ALL_POINTS) == 1000, "below the least balance"


def test_two_parked_sales_cannot_use_the_same_points(shop: Shop) -> None:
    for sale_ref in ("1", "2"):
        shop.tap(ANNA_CARD)
        assert quote_points(shop, sale_ref, 200) == 800
        shop.till.park(sale_ref)
    shop.till.resume("1")
    shop.settle("1", 800)
    shop.till.resume("2")
    with pytest.raises(CheckoutError) as refused:
        shop.settle("2", 800)
    assert refused.value.code == "total_differs"
    assert shop.settle("2", 1000).total_due_minor == 1000


def test_the_cashier_taps_the_points(shop: Shop) -> None:
    shop.tap(ANNA_CARD)
    shop.ring("1", line("1", RYE, 150))
    offered = shop.till.screen().available[0]
    assert (offered.offer_id, offered.saving_minor, offered.text) == (POINTS_DISCOUNT, 150, "150 points")
    assert shop.till.accept("1", POINTS_DISCOUNT).total_due_minor == 0
    assert shop.till.screen().applied[-1].offer_id == POINTS_DISCOUNT
    assert shop.till.use_points("1", 20).total_due_minor == 130
    shop.restart()
    assert shop.till.screen().sale is None or shop.till.resume("1").total_due_minor in {130, 150}
    assert shop.ring("1", line("1", RYE, 150)).total_due_minor == 130, "the choice outlives a restart"
    assert shop.till.decline("1", POINTS_DISCOUNT).total_due_minor == 150


def test_a_tap_on_points_that_are_not_there_says_why(shop: Shop) -> None:
    shop.balance("anna", "points", 5)
    shop.tap(ANNA_CARD)
    shop.ring("1", line("1", RYE, 150))
    with pytest.raises(CheckoutError, match="Not enough points"):
        shop.till.use_points("1", 10)


def test_a_set_without_a_programme_earns_and_uses_nothing_up(shop: Shop) -> None:
    shop.publish(a_set(3, EARNING))
    shop.till.refresh()
    shop.tap(ANNA_CARD)
    assert quote_points(shop, "1", 100) == 1000
    with pytest.raises(CheckoutError, match="cannot be used for paying here"):
        shop.settle("1", 1000, points=100)
    assert receipt_of(shop, shop.settle("1", 1000).receipt_id).bookings[0] == Booking("points", "accrual", 10)


def test_a_programme_that_cannot_be_read_is_named_and_the_set_still_counts(shop: Shop) -> None:
    raw = a_set(3, EARNING, programme=replace(PROGRAMME, points_step=0))
    shop.publish(raw)
    assert shop.till.refresh()
    assert shop.till.inactive_campaigns() == {"programme": "campaign_unreadable"}


def test_conditions_see_the_member_the_goods_and_the_tender(shop: Shop) -> None:
    minor = {"birthday": 1, "segment": 2, "third": 4, "brand": 8}
    offers = (
        Offer("birthday", "b", Birthday(3, 3), Amount(1)),
        Offer("segment", "s", Segment(("lost",)), Amount(2)),
        Offer("third", "t", NthVisit(3), Amount(4)),
        Offer("brand", "r", AllOf(), Amount(8), Selector(brands=("Bosch",), families=("oil",), attributes=("bio",))),
    )
    stacked = tuple(replace(offer, policy="stack") for offer in offers)
    double = Offer("double", "d", Tender(("voucher",)), PointsMultiplier(20_000), phase="points")
    shop.publish(a_set(3, EARNING, a_campaign("all", *stacked, double), programme=PROGRAMME))
    shop.till.refresh()
    body = MemberBody(member_id="anna", display_name="Anna", segments=("lost",), birth_month=11, birth_day=25)
    shop.put("member", "anna", body)
    shop.put(
        "product",
        RYE,
        ProductBody(product_id=RYE, name="Oil", brand="Bosch", family="oil", attributes=("bio", "5 l")),
    )
    shop.balance("anna", "visits", 2, last_on=date(2026, 11, 1))
    shop.tap(ANNA_CARD)
    quote = shop.ring("1", line("1", RYE, 1000))
    assert {a.offer_id: a.discount_minor for a in quote.outcome.applied if a.discount_minor} == minor
    closed = shop.settle("1", quote.total_due_minor, voucher=quote.total_due_minor)
    assert receipt_of(shop, closed.receipt_id).bookings[0].amount == 19, "how it was settled is known at the end"
    shop.clock.forward(timedelta(minutes=1))
    shop.tap(ANNA_CARD)
    later = shop.ring("2", line("1", RYE, 1000))
    assert "third" not in {a.offer_id for a in later.outcome.applied}, "this till's own visit counts"
