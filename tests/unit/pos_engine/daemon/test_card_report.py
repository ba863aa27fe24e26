"""What `card show` says of simulated cards, which share no code with the driver."""

from __future__ import annotations

import pytest

from drivers.cards.exchange import NotGenuineError, Wire
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.keys import TILL_ROLES_DEFAULT, Role, key_set
from drivers.cards.ntag424 import issue_tag
from drivers.cards.value import open_value
from pos_engine.daemon.card_report import report
from tests.support.sim_wire import UID, SimField, sim_card

KEYS = key_set(bytes(range(16)), "Bakery Ltd", 1)
OTHER_KEYS = key_set(bytes(range(16)), "Butcher Ltd", 1)
TILL = KEYS.only(TILL_ROLES_DEFAULT)
BASE = "https://bakery.example/t"


def tag(base: str = BASE) -> SimField:
    field = sim_card("ntag424")
    issue_tag(Wire(field.exchange), UID, KEYS, base)
    field.put_down()
    return field


def test_a_card_with_its_value_and_moves_in_the_cards_own_money() -> None:
    field = sim_card("desfire")
    issue_card(Wire(field.exchange), UID, KEYS, CardOrder("9003", "EUR", 50_000))
    for role, kind, amount in ((Role.CREDIT, "credit", 5_000), (Role.DEBIT, "debit", 350)):
        field.put_down()
        value = open_value(Wire(field.exchange), UID, [KEYS], role)
        value.prepare("credit" if kind == "credit" else "debit", amount, bytes([amount % 256]) * 16)
        value.commit()
    field.put_down()
    said = report(Wire(field.exchange), UID, [TILL])
    assert said[0] == "genuine: number 9003, key version 1"
    assert said[1].startswith("remembers 0 used rights in 14 places")
    assert said[2:] == ["value €46.50, moves:", "  0: issued €0.00", "  1: top-up €50.00", "  2: payment €3.50"]


def test_a_tag_is_checked_and_not_only_read() -> None:
    field = tag()
    for number in (1, 2):
        field.put_down()
        address, said = report(Wire(field.exchange), UID, [OTHER_KEYS, TILL])
        assert address.startswith(f"{BASE}?e=")
        assert said == f"genuine: a fresh tap, the tag's number {number}, key version 1"


def test_tags_that_prove_nothing_here() -> None:
    field = tag()
    _, said = report(Wire(field.exchange), UID, [OTHER_KEYS])
    assert said.startswith("cannot prove that it is genuine")
    field.put_down()
    assert report(Wire(field.exchange), UID[:-1] + b"\x00", [TILL])[1].startswith("cannot prove that it is genuine")
    field.put_down()
    assert report(Wire(field.exchange), UID, [KEYS.only({Role.IDENTIFY})])[1] == "not checked: these keys know no tags"


@pytest.mark.parametrize("kind", ["desfire", "ntag424"])
def test_a_blank_chip_has_nothing_of_ours(kind: str) -> None:
    assert report(Wire(sim_card(kind).exchange), UID, [TILL]) == ["no application of ours"]


def test_a_card_of_another_organisation_is_told_as_such() -> None:
    field = sim_card("desfire")
    issue_card(Wire(field.exchange), UID, OTHER_KEYS, CardOrder("17", "EUR", 50_000))
    field.put_down()
    with pytest.raises(NotGenuineError):
        report(Wire(field.exchange), UID, [TILL])
