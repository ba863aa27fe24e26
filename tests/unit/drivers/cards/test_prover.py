"""What cards prove at the till: DESFire keys, taps of NTAG 424 tags, and what a copy of either is worth."""

from __future__ import annotations

import pytest
from typing_extensions import override

from drivers.cards.exchange import CardGoneError, Wire
from drivers.cards.issue import CardOrder, IssueError, issue_card
from drivers.cards.keys import TILL_ROLES_DEFAULT, key_set
from drivers.cards.ntag424 import issue_tag, read_address
from drivers.cards.prover import Prover
from drivers.cards.tag_address import address_in, layout_for, tap_in
from pos_engine.ports.card_proof import TapCounters
from pos_engine.ports.devices import CardIdentity, CardTrouble
from tests.support.sim_wire import UID, SimField, sim_card

KEYS = key_set(bytes(range(16)), "Bakery Ltd", 1)
TILL_KEYS = KEYS.only(TILL_ROLES_DEFAULT)
OTHER_KEYS = key_set(bytes(range(16)), "Butcher Ltd", 1)
BASE = "https://bakery.example/t"
SEEN = CardIdentity("iso14443a", UID.hex().upper(), "desfire")


class Counters(TapCounters):
    """In memory."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    @override
    def take(self, card_id: str, counter: int) -> bool:
        fresh = counter > self.seen.get(card_id, -1)
        if fresh:
            self.seen[card_id] = counter
        return fresh


def prover(keys: object = TILL_KEYS) -> Prover:
    assert isinstance(keys, type(TILL_KEYS))
    return Prover([keys], Counters())


def tag() -> SimField:
    field = sim_card("ntag424")
    issue_tag(Wire(field.exchange), UID, KEYS, BASE)
    field.put_down()
    return field


def card() -> SimField:
    field = sim_card("desfire")
    issue_card(Wire(field.exchange), UID, KEYS, CardOrder("17", "CHF", 50_000))
    field.put_down()
    return field


def test_a_desfire_proves_its_key_and_is_the_same_card_as_before() -> None:
    found = prover().prove(SEEN, card().exchange)
    assert isinstance(found, CardIdentity)
    assert (found.proof, found.card_id) == ("key", SEEN.card_id)


def test_a_copy_of_a_card_without_its_key_is_refused() -> None:
    copy = sim_card("desfire")
    issue_card(Wire(copy.exchange), UID, OTHER_KEYS, CardOrder("17", "CHF", 50_000))
    copy.put_down()
    assert prover().prove(SEEN, copy.exchange) is CardTrouble.NOT_GENUINE


def test_a_chip_that_is_not_ours_proves_nothing_and_keeps_its_uid() -> None:
    for kind in ("desfire", "ntag424"):
        assert prover().prove(SEEN, sim_card(kind).exchange) == SEEN
    classic = CardIdentity("iso14443a", "04A1B2C3", "mifare_classic_1k")
    assert prover().prove(classic, sim_card("classic1k").exchange) == classic


@pytest.mark.parametrize("at", range(1, 6))
def test_a_card_taken_away_too_soon_is_unreadable(at: int) -> None:
    field = card()
    field.put_down(at)
    assert prover().prove(SEEN, field.exchange) is CardTrouble.UNREADABLE


def test_each_tap_of_a_tag_counts_once() -> None:
    field, judge = tag(), prover()
    for _ in range(3):
        field.put_down()
        found = judge.prove(SEEN, field.exchange)
        assert isinstance(found, CardIdentity)
        assert (found.proof, found.family, found.card_id) == ("tap", "ntag424", SEEN.card_id)
    field.put_down()
    address = read_address(Wire(field.exchange))
    assert address is not None
    assert address.startswith(BASE + "?e=")
    first = judge.scanned(address)
    assert isinstance(first, CardIdentity)
    assert first.proof == "none", "a picture of an address can be sent to anybody"
    assert judge.scanned(address) is CardTrouble.STALE_TAP
    field.put_down()
    assert isinstance(judge.prove(SEEN, field.exchange), CardIdentity)
    assert judge.scanned(address) is CardTrouble.STALE_TAP


def test_an_address_that_was_copied_onto_another_chip_is_no_tap() -> None:
    field, judge = tag(), prover()
    address = read_address(Wire(field.exchange))
    assert address is not None
    copy = sim_card("ntag424", bytes.fromhex("04FFEEDDCCBBAA"))
    content = layout_for(BASE).content
    content = content[: len(content) - 51] + address[-51:].encode()
    assert address_in(content) == address
    copy.exchange(bytes.fromhex("00A4040C07D276000085010100"))
    copy.exchange(bytes.fromhex("00A4000C02E104"))
    copy.exchange(bytes.fromhex("00D60000") + bytes([len(content)]) + content)
    other = CardIdentity("iso14443a", "04FFEEDDCCBBAA", "desfire")
    assert judge.prove(other, copy.exchange) is CardTrouble.NOT_GENUINE


def test_other_shops_tags_and_changed_addresses() -> None:
    field = tag()
    address = read_address(Wire(field.exchange))
    assert address is not None
    assert prover(OTHER_KEYS.only(TILL_ROLES_DEFAULT)).scanned(address) is None
    field.put_down()
    assert prover(OTHER_KEYS).prove(SEEN, field.exchange) is CardTrouble.NOT_GENUINE
    wrong = address[:-1] + ("0" if address[-1] != "0" else "1")
    assert prover().scanned(wrong) is CardTrouble.NOT_GENUINE
    for text in ("", "4006381333931", "https://bakery.example/t", address[:-1], address.replace("?e=", "?x=")):
        assert prover().scanned(text) is None


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_tag_pulled_at_any_command_of_its_issue_is_finished_at_the_next_try(after: bool) -> None:
    whole = sim_card("ntag424")
    issue_tag(Wire(whole.exchange), UID, KEYS, BASE)
    for at in range(1, whole.commands + 1):
        field = sim_card("ntag424")
        field.put_down(at, after=after)
        with pytest.raises(CardGoneError):
            issue_tag(Wire(field.exchange), UID, KEYS, BASE)
        field.put_down()
        issue_tag(Wire(field.exchange), UID, KEYS, BASE)
        field.put_down()
        found = prover().prove(SEEN, field.exchange)
        assert isinstance(found, CardIdentity)
        assert found.proof == "tap"


def test_somebody_elses_tag_cannot_be_made_ours() -> None:
    field = tag()
    with pytest.raises(IssueError, match="blank tag"):
        issue_tag(Wire(field.exchange), UID, OTHER_KEYS, BASE)
    with pytest.raises(IssueError, match="no NTAG 424"):
        issue_tag(Wire(sim_card("desfire").exchange), UID, KEYS, BASE)


@pytest.mark.parametrize("base", ["http://x.example", "https://x.example/?a=1", "https://x.example/" + "a" * 120, "x"])
def test_an_address_that_does_not_fit_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="must be an address"):
        layout_for(base)


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x00", bytes(256), b"\x00\x05\xd1\x01\x01U\x99", b"\x00\x06\xd1\x01\x02U\x04\xff"]
)
def test_a_file_without_an_address(content: bytes) -> None:
    assert address_in(content) is None


def test_only_whole_taps_are_taps() -> None:
    good = f"{BASE}?e={'A' * 32}&c={'B' * 16}"
    assert tap_in(good) is not None
    assert tap_in(good + "&c=00") is not None
    assert tap_in(good.replace("A" * 32, "G" * 32)) is None
