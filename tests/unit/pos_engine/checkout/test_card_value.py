"""Value on cards between journal and card: pulled at every command, the disk failing, the till killed; nothing is
granted twice and the sums always agree.

The card is simulated and shares no code with the driver; the journal is a real file.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from typing_extensions import override

from drivers.cards.calls import CardCalls, OnCard
from drivers.cards.exchange import CardGoneError, Wire
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.keys import TILL_ROLES_DEFAULT, key_set
from drivers.cards.loyalty_application import RECORDS_KEPT
from drivers.cards.stored_value import DesfireValue
from pos_engine.checkout.card_value import CardPayError, CardValueDesk, check_tenders
from pos_engine.checkout.requests import CommitRequest
from pos_engine.journal.card_moves import MoveRow
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal
from pos_engine.wire.sync import Tender
from tests.support.sim_wire import UID, OneReader, SimField, sim_card
from tests.support.till import HandClock, OrderedIds, an_identity

T = TypeVar("T")
KEYS = key_set(bytes(range(16)), "Bakery Ltd", 1)
CARD = f"iso14443a:{UID.hex().upper()}"
GENERATIONS = ("desfire_ev1", "desfire")


class Shop:
    """A till with its journal, and a card with 100.00 on it."""

    def __init__(self, folder: Path, kind: str = "desfire", seed: int = 0) -> None:
        self.folder, self.seed = folder, seed
        self.field = sim_card(kind)
        issue_card(Wire(self.field.exchange), UID, KEYS, CardOrder("17", "CHF", 50_000))
        self.reader = OneReader(self.field)
        self.journal = self.open()
        self.journal.save_identity(an_identity())
        self.desk = self.new_desk()
        self.desk.top_up("t0", CARD, 10_000, "CHF")

    def open(self) -> Journal:
        self.seed += 1
        return Journal.open(self.folder / "journal.db", HandClock(), OrderedIds(self.seed), reserve_bytes=0)

    def new_desk(self, keys: object = None) -> CardValueDesk:
        held = [KEYS] if keys is None else [KEYS.only(TILL_ROLES_DEFAULT)]
        return CardValueDesk(self.journal, DesfireValue(CardCalls(self.reader), held), OrderedIds(self.seed + 100))

    def kill(self) -> None:
        """The till loses power and starts again."""
        self.journal.close()
        self.journal = self.open()
        self.desk = self.new_desk()

    def balance(self) -> int:
        return self.desk.look(CARD)[0].balance_minor

    def sums_agree(self) -> None:
        on_card = self.balance()
        assert on_card == self.journal.card_moved_minor(CARD)
        assert self.journal.undecided_card_moves() == ()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.journal.close()


def request(sale_ref: str, amount: int) -> CommitRequest:
    tenders = (Tender(kind="card_value", amount_minor=amount),) if amount else (Tender(kind="cash", amount_minor=1),)
    return CommitRequest(sale_ref=sale_ref, tendered_minor=amount, tenders=tenders)


def test_a_sale_is_paid_once_however_often_it_is_asked(shop: Shop) -> None:
    first = shop.desk.pay("s1", CARD, 350, "CHF", "anna")
    assert (first.amount_minor, first.balance_minor) == (350, 9_650)
    assert shop.desk.pay("s1", CARD, 350, "CHF").move_id == first.move_id
    assert shop.balance() == 9_650
    check_tenders(shop.desk, request("s1", 350))
    with pytest.raises(CardPayError, match="already"):
        shop.desk.pay("s1", CARD, 351, "CHF")


def test_a_register_cannot_settle_with_value_that_was_not_taken(shop: Shop) -> None:
    with pytest.raises(CardPayError) as refused:
        check_tenders(shop.desk, request("s1", 350))
    assert refused.value.code == "tender_differs"
    shop.desk.pay("s1", CARD, 350, "CHF")
    with pytest.raises(CardPayError):
        check_tenders(shop.desk, request("s1", 0))
    with pytest.raises(CardPayError) as no_keys:
        check_tenders(None, request("s1", 350))
    assert no_keys.value.code == "card_keys_missing"
    check_tenders(None, request("s1", 0))
    shop.desk.give_back("s1")
    check_tenders(shop.desk, request("s1", 0))
    assert shop.balance() == 10_000
    shop.sums_agree()


def test_what_cannot_be_is_refused_with_a_code(shop: Shop) -> None:
    for amount, currency, code in (
        (10_001, "CHF", "card_value_low"),
        (100, "EUR", "card_currency"),
        (0, "CHF", "amount_wrong"),
        (-5, "CHF", "amount_wrong"),
    ):
        with pytest.raises(CardPayError) as refused:
            shop.desk.pay("s1", CARD, amount, currency)
        assert refused.value.code == code
    with pytest.raises(CardPayError) as refused:
        shop.desk.top_up("t1", CARD, 40_001, "CHF")
    assert refused.value.code == "card_value_limit"
    with pytest.raises(CardPayError) as refused:
        shop.desk.pay("s1", "iso14443a:04000000000000", 1, "CHF")
    assert refused.value.code == "card_absent"
    with pytest.raises(CardPayError) as refused:
        shop.new_desk("till").top_up("t1", CARD, 1, "CHF")
    assert refused.value.code == "card_keys_missing"
    with pytest.raises(CardPayError) as refused:
        shop.desk.give_back("s9")
    assert refused.value.code == "nothing_taken"
    shop.sums_agree()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("what", ["pay", "top_up"])
@pytest.mark.parametrize("kind", GENERATIONS)
def test_a_card_pulled_at_any_command(tmp_path: Path, kind: str, what: str, after: bool) -> None:
    shop = Shop(tmp_path, kind)
    expected, sign = 10_000, -1 if what == "pay" else 1

    def order(reference: str, amount: int) -> None:
        (shop.desk.pay if what == "pay" else shop.desk.top_up)(reference, CARD, amount, "CHF")

    for number in range(RECORDS_KEPT):  # from now on the card keeps as many records as it can: commands stay the same
        order(f"before{number}", 1)
        expected += sign
    commands = shop.field.commands
    try:
        for at in range(1, commands + 1):
            reference = f"{what}{at}"
            shop.reader.pulls = [(at, after)]
            with pytest.raises(CardPayError) as refused:
                order(reference, 350)
            assert refused.value.code == ("card_in_doubt" if at == commands else "card_pulled")
            assert shop.desk.paid_minor(reference) == 0, "nothing is granted before the card has said so"
            if at % 3 == 0:
                shop.kill()
            order(reference, 350)
            order(reference, 350)
            expected += 350 * sign
            assert shop.balance() == expected, f"pulled {'after' if after else 'before'} command {at}"
            shop.sums_agree()
    finally:
        shop.journal.close()


def test_another_sale_decides_what_was_in_doubt(shop: Shop) -> None:
    shop.desk.pay("s0", CARD, 1, "CHF")
    last = shop.field.commands
    for after, name in ((True, "s1"), (False, "s2")):
        shop.reader.pulls = [(last, after)]
        with pytest.raises(CardPayError):
            shop.desk.pay(name, CARD, 350, "CHF")
    shop.desk.pay("s3", CARD, 50, "CHF")
    assert [shop.desk.paid_minor(sale) for sale in ("s1", "s2", "s3")] == [350, 0, 50]
    shop.sums_agree()
    assert shop.desk.give_back("s1").amount_minor == 350
    assert shop.balance() == 9_949


def test_a_sale_in_doubt_on_one_card_is_not_charged_to_another(shop: Shop) -> None:
    shop.desk.pay("s0", CARD, 1, "CHF")
    shop.reader.pulls = [(shop.field.commands, True)]
    with pytest.raises(CardPayError):
        shop.desk.pay("s1", CARD, 350, "CHF")
    with pytest.raises(CardPayError) as refused:
        shop.desk.pay("s1", "iso14443a:04000000000001", 350, "CHF")
    assert refused.value.code == "card_in_doubt"


def test_moves_of_other_tills_hide_ours_at_last_and_then_nothing_is_guessed(shop: Shop) -> None:
    shop.desk.pay("s0", CARD, 1, "CHF")
    shop.reader.pulls = [(shop.field.commands, True)]
    with pytest.raises(CardPayError):
        shop.desk.pay("s1", CARD, 350, "CHF")
    ours = shop.journal
    shop.folder = shop.folder / "other"
    shop.folder.mkdir()
    shop.journal = shop.open()
    shop.journal.save_identity(an_identity())
    shop.desk = shop.new_desk()
    for number in range(9):
        shop.desk.pay(f"o{number}", CARD, 1, "CHF")
    shop.journal.close()
    shop.journal = ours
    shop.desk = shop.new_desk()
    with pytest.raises(CardPayError) as refused:
        shop.desk.pay("s1", CARD, 350, "CHF")
    assert refused.value.code == "card_in_doubt"
    assert [row.state for row in shop.journal.undecided_card_moves()] == ["unclear"]
    assert shop.balance() == 9_999 - 350 - 9


def test_a_disk_that_fails_before_the_commit_leaves_the_card_as_it_was(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_row: MoveRow) -> None:
        raise JournalError("disk_full", "no space")

    with monkeypatch.context() as broken:
        broken.setattr(shop.journal, "begin_card_move", full)
        with pytest.raises(JournalError):
            shop.desk.pay("s1", CARD, 350, "CHF")
    assert shop.balance() == 10_000
    shop.sums_agree()


def test_a_disk_that_fails_after_the_commit_grants_nothing_until_the_card_is_asked(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_move_id: str, _state: str) -> None:
        raise JournalError("disk_full", "no space")

    with monkeypatch.context() as broken:
        broken.setattr(shop.journal, "finish_card_move", full)
        with pytest.raises(JournalError):
            shop.desk.pay("s1", CARD, 350, "CHF")
    assert shop.desk.paid_minor("s1") == 0
    assert shop.desk.pay("s1", CARD, 350, "CHF").amount_minor == 350
    assert shop.balance() == 9_650
    shop.sums_agree()


class Hanging(OneReader):
    """A reader that stops answering at a chosen command until it is let go."""

    def __init__(self, field: SimField, at: int) -> None:
        super().__init__(field)
        self.at = at
        self.go_on = threading.Event()
        self.finished = threading.Event()

    @override
    def __call__(self, card_id: str, work: OnCard[T]) -> T:
        self.field.put_down()

        def exchange(command: bytes) -> bytes:
            if self.field.commands + 1 == self.at and not self.go_on.wait(20):
                raise CardGoneError("never let go")
            return self.field.exchange(command)

        try:
            return work(Wire(exchange), self.field.card.uid)
        finally:
            self.finished.set()


@pytest.mark.parametrize(("commands_before_the_last", "code"), [(1, "card_pulled"), (0, "card_in_doubt")])
def test_a_reader_that_hangs_is_not_waited_for(shop: Shop, commands_before_the_last: int, code: str) -> None:
    shop.desk.pay("s0", CARD, 1, "CHF")
    hanging = Hanging(shop.field, shop.field.commands - commands_before_the_last)
    card = DesfireValue(CardCalls(hanging, wait_s=0.2), [KEYS])
    desk = CardValueDesk(shop.journal, card, OrderedIds(9))
    with pytest.raises(CardPayError) as refused:
        desk.pay("s1", CARD, 350, "CHF")
    assert refused.value.code == code
    with pytest.raises(CardPayError) as busy:
        desk.pay("s1", CARD, 350, "CHF")
    assert busy.value.code == "card_busy"
    hanging.go_on.set()
    assert hanging.finished.wait(20)
    # what the reader did after it was given up is found out from the card, and charged once
    shop.desk.pay("s1", CARD, 350, "CHF")
    assert shop.balance() == 9_649
    shop.sums_agree()
