"""Rights that the customer's card remembers: tills without a line decide exactly, whatever is torn, killed or voided.

The card is simulated and shares no code with the driver; journals are real files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.cards.exchange import Wire
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.used_rights import PLACES
from pos_engine.journal.errors import JournalError
from pos_engine.rights.ids import coupon_right, member_right
from pos_engine.wire.sync import CardBody
from tests.support.card_shop import (
    CARD_ID,
    COFFEE_MINOR,
    COFFEES,
    COUPON_MINOR,
    KEYS,
    THANKS,
    CardShop,
    another_till,
    chip_card,
    remembered,
    take_memory_away,
)
from tests.support.shop import BEA_CARD, COFFEE, RYE, line
from tests.support.sim_wire import UID

COUPON = coupon_right("c-1")
COFFEE_USES = member_right("twice-o", "anna")
GENERATIONS = ("desfire_ev1", "desfire")


@pytest.fixture
def till(tmp_path: Path) -> Iterator[CardShop]:
    (tmp_path / "one").mkdir()
    made = CardShop(tmp_path / "one")
    yield made
    made.close()


@pytest.fixture
def second(till: CardShop, tmp_path: Path) -> Iterator[CardShop]:
    made = another_till(till, tmp_path / "two", "till-2", seed=2)
    yield made
    made.close()


def said(till: CardShop) -> str:
    return till.message_code()


def written_down_only(till: CardShop, sale_ref: str, due: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The card has written the use down, and then the program fails."""

    def fails(*_draft: object, **_also: object) -> None:
        raise RuntimeError("a fault of the program")

    with monkeypatch.context() as broken:
        broken.setattr(till.journal, "append_receipt", fails)
        with pytest.raises(RuntimeError):
            till.settle(sale_ref, due)


def test_two_tills_without_a_line_never_grant_what_the_card_has_given(till: CardShop, second: CardShop) -> None:
    assert [till.buy("a1"), second.buy("b1"), till.buy("a2"), second.buy("b2")] == [COUPON_MINOR, 0, 0, 0]
    assert (till.units(COUPON), second.units(COUPON), remembered(till.card, COUPON)) == (1, 0, 1)
    receipt = till.journal.receipt(till.journal.recent_receipts(10)[-1].receipt_id)
    assert receipt is not None
    assert [(use.right_id, use.root, receipt.card_id) for use in receipt.rights] == [(COUPON, "card", CARD_ID)]


def test_a_members_uses_are_counted_over_all_tills(till: CardShop, second: CardShop) -> None:
    given = [shop.buy(f"s{n}", COFFEE, 300) for n, shop in enumerate((till, second, till, second, till))]
    # Anna's coupon takes the rest of the first coffee's price.
    assert [amount >= COFFEE_MINOR for amount in given] == [True] * COFFEES + [False] * 3
    assert till.units(COFFEE_USES) + second.units(COFFEE_USES) == remembered(till.card, COFFEE_USES) == COFFEES


def test_what_is_known_to_be_used_elsewhere_counts_on_the_card_too(till: CardShop) -> None:
    till.used_elsewhere("twice-o", uses=1, member_id="anna")
    till.buy("s1", COFFEE, 300)
    assert remembered(till.card, COFFEE_USES) == COFFEES
    assert till.buy("s2", COFFEE, 300) == 0


def test_the_cashier_is_told_to_leave_the_card_there_and_nothing_is_given_without_it(till: CardShop) -> None:
    till.hold()
    quote = till.ring_bread("s1")
    assert quote.total_discount_minor == COUPON_MINOR
    assert [message.code for message in quote.messages] == ["card_stay"]
    till.reader.away = True
    assert till.try_settle("s1", quote.total_due_minor) is None
    assert said(till) == "card_needed"
    without = till.ring_bread("s1")
    assert (without.total_discount_minor, [m.code for m in without.messages]) == (0, ["card_needed"])
    till.reader.away = False
    till.hold()
    again = till.ring_bread("s1")
    assert again.total_discount_minor == COUPON_MINOR
    assert till.try_settle("s1", again.total_due_minor) is not None
    assert remembered(till.card, COUPON) == till.units(COUPON) == 1


def test_a_card_that_is_only_named_decides_nothing_and_is_asked_for(till: CardShop) -> None:
    quote = till.ring("s1", line("1", RYE, 2_000), card_id=CARD_ID)
    assert (quote.total_discount_minor, [m.code for m in quote.messages]) == (0, ["card_needed"])
    till.hold()
    assert said(till) == "card_read_quote_again"
    assert till.ring("s1", line("1", RYE, 2_000), card_id=CARD_ID).total_discount_minor == COUPON_MINOR


def test_another_medium_of_a_member_with_a_chip_card_is_no_way_around_it(till: CardShop) -> None:
    till.put("card", BEA_CARD.card_id, CardBody(card_id=BEA_CARD.card_id, member_id="anna"))
    till.tap(BEA_CARD)
    quote = till.ring_bread("s1")
    assert (quote.total_discount_minor, [m.code for m in quote.messages]) == (0, ["card_needed"])


def test_a_till_without_keys_gives_nothing_that_a_card_decides(tmp_path: Path) -> None:
    till = CardShop(tmp_path, keys=None)
    till.hold()
    quote = till.ring_bread("s1")
    assert (quote.total_discount_minor, [m.code for m in quote.messages]) == (0, ["card_unreadable"])
    till.close()


@pytest.mark.parametrize("word", ["old", "several"])
def test_where_no_card_can_decide_the_campaign_is_strict_and_says_why(till: CardShop, word: str) -> None:
    if word == "old":
        take_memory_away(till.card)
    else:
        till.put("card", "iso14443a:04000000000009", CardBody(card_id="iso14443a:04000000000009", member_id="anna"))
    till.hold()
    quote = till.ring_bread("s1")
    assert (quote.total_discount_minor, [m.code for m in quote.messages]) == (0, [f"card_{word}"])
    assert COUPON in till.wishes.next_round(), "a till with a line is lent the right"


def test_an_old_card_gets_its_memory_at_the_desk(till: CardShop) -> None:
    take_memory_away(till.card)
    till.card.put_down()
    issue_card(Wire(till.card.exchange), UID, KEYS, CardOrder("17", "EUR", 50_000))
    assert till.buy("s1") == COUPON_MINOR
    assert remembered(till.card, COUPON) == 1


def test_what_all_customers_share_is_no_cards_to_decide(tmp_path: Path) -> None:
    offer = replace(THANKS.offers[0], limits=replace(THANKS.offers[0].limits, uses_total=100))
    till = CardShop(tmp_path, campaigns=(replace(THANKS, offers=(offer,)),))
    assert till.buy("s1") == 0, "without a line and without a lease"
    assert remembered(till.card, COUPON) == 0
    till.close()


def test_a_full_card_takes_no_more_until_an_old_campaign_is_long_over(till: CardShop) -> None:
    for number in range(2, PLACES + 2):
        till.give(f"c-{number}")
    taken = [till.buy(f"s{number}") for number in range(PLACES + 1)]
    assert taken == [COUPON_MINOR] * PLACES + [0]
    till.hold()
    assert "card_full" in [message.code for message in till.ring_bread("s99").messages]


def test_a_price_that_is_asked_again_without_the_offer_takes_it_off_the_card_too(
    till: CardShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.hold()
    quote = till.ring_bread("s1")
    written_down_only(till, "s1", quote.total_due_minor, monkeypatch)
    assert remembered(till.card, COUPON) == 1
    plain = till.till.decline("s1", "thanks-o")
    assert plain.total_discount_minor == 0
    due = till.ring_bread("s1").total_due_minor
    assert till.try_settle("s1", due) is not None
    till.hold()
    assert remembered(till.card, COUPON) == till.units(COUPON) == 0
    assert till.buy("s2") == COUPON_MINOR


@pytest.mark.parametrize("how", ["given_up", "voided"])
def test_a_sale_that_comes_to_nothing_gives_the_right_back_at_the_next_tap(
    till: CardShop, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "voided":
        assert till.buy("s1") == COUPON_MINOR
    else:
        till.hold()
        quote = till.ring_bread("s1")
        written_down_only(till, "s1", quote.total_due_minor, monkeypatch)
    till.till.void("s1", "17")
    assert remembered(till.card, COUPON) == 1
    till.hold()
    assert remembered(till.card, COUPON) == till.units(COUPON) == 0
    assert till.buy("s2") == COUPON_MINOR
    assert till.buy("s3") == 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", GENERATIONS)
def test_a_card_pulled_at_any_command_grants_once_and_loses_nothing(tmp_path: Path, kind: str, after: bool) -> None:
    till = CardShop(tmp_path, card=chip_card(kind))
    try:
        till.buy("first")
        commands = till.card.commands
        for at in range(1, commands + 1):
            right = coupon_right(f"t-{at}")
            till.days_later(7)  # places of coupons that are long over are free again
            till.give(f"t-{at}", valid_until=till.clock.now().date())
            sale = f"sale-{at}"
            till.hold()
            quote = till.ring_bread(sale)
            assert quote.total_discount_minor == COUPON_MINOR, at
            till.reader.pulls = [(at, after)]
            assert till.try_settle(sale, quote.total_due_minor) is None
            assert said(till) == ("card_in_doubt" if at == commands else "card_needed")
            assert till.units(right) == 0, "nothing is granted before the card has said so"
            if at % 3 == 0:
                till.restart()
            till.hold()
            again = till.ring_bread(sale)
            assert again.total_discount_minor == COUPON_MINOR, f"lost at command {at}"
            assert till.try_settle(sale, again.total_due_minor) is not None
            assert till.units(right) == remembered(till.card, right) == 1
            assert till.buy(f"after-{at}") == 0, "never twice"
    finally:
        till.close()


def test_changes_at_other_tills_hide_ours_at_last_and_then_nothing_is_granted(till: CardShop, second: CardShop) -> None:
    till.buy("first")
    commands = till.card.commands
    till.give("c-2")
    till.hold()
    quote = till.ring_bread("s1")
    till.reader.pulls = [(commands, True)]
    assert till.try_settle("s1", quote.total_due_minor) is None
    for number in range(10, 19):
        second.give(f"c-{number}", valid_from=second.clock.now().date())
        assert second.buy(f"o{number}") == COUPON_MINOR
    till.hold()
    assert till.ring_bread("s1").total_discount_minor == 0
    assert till.units(coupon_right("c-2")) == 0


def test_a_disk_that_fails_before_the_commit_leaves_the_card_as_it_was(
    till: CardShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.hold()
    quote = till.ring_bread("s1")

    def full(_row: object) -> None:
        raise JournalError("disk_full", "no space")

    with monkeypatch.context() as broken:
        broken.setattr(till.desk.book, "begin", full)
        with pytest.raises(JournalError):
            till.settle("s1", quote.total_due_minor)
    assert remembered(till.card, COUPON) == 0
    assert till.try_settle("s1", quote.total_due_minor) is not None
    assert remembered(till.card, COUPON) == 1


def test_what_was_given_back_in_doubt_is_never_given_back_twice(till: CardShop, second: CardShop) -> None:
    till.buy("first")
    commands = till.card.commands
    till.give("c-2")
    assert till.buy("s1") == COUPON_MINOR
    till.till.void("s1", "17")
    # Giving back writes the same as using does; its last command is the commit.
    till.reader.pulls = [(commands, True)]
    till.hold()
    assert remembered(till.card, coupon_right("c-2")) == 0, "given back, and the till does not know it"
    second.give("c-2")
    assert second.buy("o1") == COUPON_MINOR
    for number in range(10, 18):
        second.give(f"c-{number}")
        assert second.buy(f"o{number}") == COUPON_MINOR
    till.hold()
    till.hold()
    assert remembered(till.card, coupon_right("c-2")) == second.units(coupon_right("c-2")) == 1


def test_a_correction_in_doubt_is_decided_before_the_sale_is_closed(
    till: CardShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.give("c-2")
    till.hold()
    both = till.ring("s1", line("1", RYE, 2_000), line("2", COFFEE, 300))
    assert both.total_discount_minor > COFFEE_MINOR
    written_down_only(till, "s1", both.total_due_minor, monkeypatch)
    till.till.decline("s1", "twice-o")
    less = till.ring("s1", line("1", RYE, 2_000), line("2", COFFEE, 300))
    till.reader.pulls = [(till.card.commands - 1, True)]  # one right fewer to write than before
    assert till.try_settle("s1", less.total_due_minor) is None
    assert said(till) == "card_in_doubt"
    assert remembered(till.card, COFFEE_USES) == 0
    till.till.accept("s1", "twice-o")
    till.hold()
    again = till.ring("s1", line("1", RYE, 2_000), line("2", COFFEE, 300))
    assert till.try_settle("s1", again.total_due_minor) is not None
    assert till.units(COFFEE_USES) == remembered(till.card, COFFEE_USES) == 1


def test_training_writes_nothing_onto_cards(till: CardShop) -> None:
    till.practising = True
    assert till.buy("s1") == COUPON_MINOR
    till.hold()
    assert remembered(till.card, COUPON) == 0
    till.practising = False
    till.till.void("s1", "17")
    assert till.buy("s2") == COUPON_MINOR
    assert remembered(till.card, COUPON) == 1
