"""Cards made, known and charged through the real PC/SC daemon: the command, the reader, the value driver."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from typing_extensions import override

from drivers import open_reader
from drivers.address import PcscAddress
from drivers.cards.calls import CardCalls
from drivers.cards.exchange import Wire
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.key_files import read_keys, read_till_keys
from drivers.cards.keys import TILL_ROLES_DEFAULT, key_set
from drivers.cards.ntag424 import issue_tag
from drivers.cards.prover import Prover
from drivers.cards.stored_value import DesfireValue
from drivers.pcsc_reader.value_finder import PcscFinder
from firmware_sim.cards.slot import CardSlot
from pos_engine.checkout.card_value import CardPayError, CardValueDesk
from pos_engine.daemon.commands.card import command
from pos_engine.journal.journal import Journal
from pos_engine.ports.card_proof import TapCounters
from pos_engine.ports.devices import CardPresented, CardRefused, CardTrouble, Reader
from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.sim_wire import UID, SimField, sim_card
from tests.support.till import HandClock, OrderedIds, an_identity

pytestmark = pytest.mark.pcscd
KEYS = key_set(bytes(range(16)), "Bakery Ltd", 1)
CARD = f"iso14443a:{UID.hex().upper()}"
WAIT_S = 20.0


class Counters(TapCounters):
    """In memory."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    @override
    def take(self, card_id: str, counter: int) -> bool:
        fresh = counter > self.seen.get(card_id, -1)
        self.seen[card_id] = max(counter, self.seen.get(card_id, -1))
        return fresh


@pytest.fixture
def slot(pcscd: PrivatePcscd) -> Iterator[CardSlot]:
    slot = CardSlot(pcscd.ports[0], seed=3)
    yield slot
    slot.close()


@pytest.fixture
def reader(pcscd: PrivatePcscd) -> Iterator[Reader]:
    assert pcscd.reader_names
    reader = open_reader("pcsc://", Prover([KEYS.only(TILL_ROLES_DEFAULT)], Counters()))
    reader.open()
    yield reader
    reader.close()


def next_of(reader: Reader, *kinds: type[CardPresented | CardRefused]) -> CardPresented | CardRefused:
    for _ in range(int(WAIT_S / 0.5)):
        event = reader.next_event(0.5)
        if isinstance(event, CardPresented | CardRefused) and isinstance(event, kinds):
            return event
    raise AssertionError("nothing came")


def issued(kind: str = "desfire", keys: object = KEYS) -> SimField:
    field = sim_card(kind)
    assert isinstance(keys, type(KEYS))
    if kind == "ntag424":
        issue_tag(Wire(field.exchange), UID, keys, "https://bakery.example/t")
    else:
        issue_card(Wire(field.exchange), UID, keys, CardOrder("17", "EUR", 50_000))
    field.card.power_off()
    return field


def test_a_tap_is_known_by_the_cards_own_key_and_a_copy_is_not(slot: CardSlot, reader: Reader) -> None:
    slot.insert(issued().card)
    seen = next_of(reader, CardPresented)
    assert isinstance(seen, CardPresented)
    assert (seen.card.card_id, seen.card.proof) == (CARD, "key")
    slot.insert(issued(keys=key_set(bytes(16), "Bakery Ltd", 1)).card)
    refused = next_of(reader, CardPresented, CardRefused)
    assert refused == CardRefused(CardTrouble.NOT_GENUINE)
    slot.insert(issued("ntag424").card)
    tapped = next_of(reader, CardPresented, CardRefused)
    assert isinstance(tapped, CardPresented)
    assert (tapped.card.card_id, tapped.card.proof) == (CARD, "tap")


def test_a_card_that_lies_there_is_proved_once(slot: CardSlot, reader: Reader) -> None:
    field = issued("ntag424")
    slot.insert(field.card)
    assert isinstance(next_of(reader, CardPresented, CardRefused), CardPresented)
    # two of the looks that read the card again go by, and nothing new is told
    assert [reader.next_event(0.7) for _ in range(2)] == [None, None]


def test_a_batch_is_made_one_card_after_the_other(slot: CardSlot, tmp_path: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(command, ["keys", "new", "--organisation", "Bakery", "--out", str(tmp_path / "k")])
    assert made.exit_code == 0, made.output
    batch = tmp_path / "cards.csv"
    batch.write_text("card_number,name\n9001,Anna\n9002,Ben\n9003,Carl\n", encoding="utf-8")
    uids = ["04000000000001", "04000000000002", "04000000000003"]
    done, result_file = threading.Event(), tmp_path / "cards.issued.csv"

    def hands() -> None:
        slot.order(["fault", "pull", "20", "after"])  # the first card is taken away too soon
        for uid in [uids[0], *uids]:
            slot.insert_kind("desfire", uid)
            for _ in range(400):
                made_now = (
                    (tmp_path / "cards.issued.csv").read_text() if (tmp_path / "cards.issued.csv").exists() else ""
                )
                field = slot._field
                if uid in made_now or field is None or not field.on_reader:
                    break
                done.wait(0.05)

    person = threading.Thread(target=hands)
    person.start()
    options = ["--keys", str(tmp_path / "k" / "issuer.keys"), "--currency", "EUR", "--wait", "20"]
    result = runner.invoke(command, ["issue", *options, "--batch", str(batch)])
    person.join(WAIT_S)
    assert result.exit_code == 0, result.output
    assert "taken away too soon" in result.output
    with result_file.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["card_number"], row["name"], row["card_id"]) for row in rows] == [
        ("9001", "Anna", f"iso14443a:{uids[0]}"),
        ("9002", "Ben", f"iso14443a:{uids[1]}"),
        ("9003", "Carl", f"iso14443a:{uids[2]}"),
    ]
    again = runner.invoke(command, ["issue", *options, "--batch", str(batch)])
    assert "All 3 cards are made" in again.output
    shown = runner.invoke(command, ["show", "--keys", str(tmp_path / "k" / "till.keys"), "--wait", "20"])
    assert shown.exit_code == 0, shown.output
    assert "genuine: number 9003, key version 1" in shown.output
    assert "value €0.00, moves:\n  0: issued €0.00\n" in shown.output
    assert (
        read_till_keys([tmp_path / "k" / "till.keys"])[0].version == read_keys(tmp_path / "k" / "issuer.keys").version
    )


@pytest.mark.parametrize("kind", ["classic1k", "ultralight", "ntag"])
def test_a_card_of_another_kind_is_told_as_such_and_ends_no_batch(slot: CardSlot, tmp_path: Path, kind: str) -> None:
    runner, stopped, batch = CliRunner(), threading.Event(), tmp_path / "cards.csv"
    made = runner.invoke(command, ["keys", "new", "--organisation", "Bakery", "--out", str(tmp_path / "k")])
    assert made.exit_code == 0, made.output
    batch.write_text("card_number\n9001\n", encoding="utf-8")

    def hands() -> None:
        slot.insert_kind(kind, "04000000000009")
        stopped.wait(2.5)  # it lies there for longer than three tries take
        slot.insert_kind("desfire", "04000000000001")

    person = threading.Thread(target=hands)
    person.start()
    options = ["--keys", str(tmp_path / "k" / "issuer.keys"), "--currency", "EUR", "--wait", "20"]
    result = runner.invoke(command, ["issue", *options, "--batch", str(batch)])
    stopped.set()
    person.join(WAIT_S)
    assert result.exit_code == 0, result.output
    assert result.output.count("This card is of another kind") == 1
    assert "taken away too soon" not in result.output
    assert "9001: iso14443a:04000000000001  (1 of 1)" in result.output


def test_a_phone_on_the_desk_is_told_as_such_and_the_card_after_it_is_made(slot: CardSlot, tmp_path: Path) -> None:
    runner, told = CliRunner(), threading.Event()
    made = runner.invoke(command, ["keys", "new", "--organisation", "Bakery", "--out", str(tmp_path / "k")])
    assert made.exit_code == 0, made.output

    def hands() -> None:
        slot.insert_kind("phone", "08000000")
        told.wait(2.5)
        slot.insert_kind("desfire", "04000000000001")

    person = threading.Thread(target=hands)
    person.start()
    options = ["--keys", str(tmp_path / "k" / "issuer.keys"), "--currency", "EUR", "--wait", "20"]
    result = runner.invoke(command, ["issue", *options, "--number", "9001"])
    told.set()
    person.join(WAIT_S)
    assert result.exit_code == 0, result.output
    assert result.output.count("That is a phone.") == 1
    assert "9001: iso14443a:04000000000001" in result.output


def test_value_is_moved_and_a_torn_commit_is_found_out(slot: CardSlot, tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db", HandClock(), OrderedIds(1), reserve_bytes=0)
    journal.save_identity(an_identity())
    desk = CardValueDesk(journal, DesfireValue(CardCalls(PcscFinder([PcscAddress("")])), [KEYS]), OrderedIds(2))
    field = issued()

    def put_down() -> None:
        there = slot.insert(field.card)
        assert there.wait_connected(WAIT_S)
        for _ in range(200):
            try:
                desk.look(CARD)
            except CardPayError:
                threading.Event().wait(0.05)
            else:
                return
        raise AssertionError("the card never came")

    try:
        with pytest.raises(CardPayError) as absent:
            desk.pay("s0", CARD, 100, "EUR")
        assert absent.value.code == "card_absent"
        put_down()
        assert desk.top_up("t1", CARD, 5_000, "EUR").balance_minor == 5_000
        before = desk.look(CARD)[0].sequence
        # UID, select, authenticate (2), value, records (2), debit, record: the tenth command is the commit
        for after, moved in (("before", False), ("after", True)):
            slot.order(["fault", "pull", "10", after])
            with pytest.raises(CardPayError) as doubt:
                desk.pay(f"s{after}", CARD, 1_000, "EUR")
            assert doubt.value.code == "card_in_doubt"
            assert len(journal.undecided_card_moves()) == 1
            put_down()
            assert journal.undecided_card_moves() == ()
            assert desk.paid_minor(f"s{after}") == (1_000 if moved else 0)
        seen = desk.look(CARD)[0]
        assert (seen.balance_minor, seen.sequence) == (4_000, before + 1)
        assert journal.card_moved_minor(CARD) == 4_000
    finally:
        journal.close()
