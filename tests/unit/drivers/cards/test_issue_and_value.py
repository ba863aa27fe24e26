"""Issue, identification and value of simulated DESFire cards of each generation, and the card pulled at each command.

The simulated card shares no code with the driver; both are checked against published vectors apart.
"""

from __future__ import annotations

import pytest

from drivers.cards.exchange import CardError, CardGoneError, NotGenuineError, Wire
from drivers.cards.identify import desfire_identity
from drivers.cards.issue import CardOrder, IssueError, issue_card
from drivers.cards.keys import TILL_ROLES_DEFAULT, KeySet, Role, key_set
from drivers.cards.loyalty_application import CardData
from drivers.cards.value import KeyMissingError, LimitError, NotEnoughError, open_value
from tests.support.sim_wire import UID, SimField, sim_card

KEYS = key_set(bytes(range(16)), "Bakery Ltd", 1)
OTHER_KEYS = key_set(bytes(range(16)), "Butcher Ltd", 1)
ORDER = CardOrder("900000000017", "CHF", 50_000)
GENERATIONS = ("desfire_ev1", "desfire", "desfire_ev3")
MOVE = bytes(range(16))


def wire(field: SimField) -> Wire:
    return Wire(field.exchange)


def issued(kind: str = "desfire") -> SimField:
    field = sim_card(kind)
    issue_card(wire(field), UID, KEYS, ORDER)
    field.put_down()
    return field


def move(field: SimField, kind: str, amount: int, move_id: bytes = MOVE) -> int:
    role = Role.DEBIT if kind == "debit" else Role.CREDIT
    value = open_value(wire(field), UID, [KEYS], role)
    after = value.prepare("debit" if kind == "debit" else "credit", amount, move_id)
    value.commit()
    return after.balance_minor


def balance(field: SimField) -> int:
    field.put_down()
    return open_value(wire(field), UID, [KEYS], Role.DEBIT).state.balance_minor


@pytest.mark.parametrize("kind", GENERATIONS)
def test_an_issued_card_proves_who_it_is(kind: str) -> None:
    genuine = desfire_identity(wire(issued(kind)), UID, [KEYS])
    assert genuine is not None
    assert genuine.data == CardData(1, "CHF", "900000000017")


@pytest.mark.parametrize("kind", GENERATIONS)
def test_value_goes_up_and_down_with_its_record(kind: str) -> None:
    field = issued(kind)
    assert move(field, "credit", 5_000) == 5_000
    assert move(field, "debit", 1_234, bytes(16)) == 3_766
    state = open_value(wire(field), UID, [KEYS], Role.DEBIT).state
    assert state.balance_minor == 3_766
    assert [(record.kind, record.amount_minor, record.sequence) for record in state.moves] == [
        ("I", 0, 0),
        ("C", 5_000, 1),
        ("D", 1_234, 2),
    ]


def test_a_card_of_another_organisation_or_version_is_not_genuine() -> None:
    field = issued()
    for keys in (OTHER_KEYS, key_set(bytes(range(16)), "Bakery Ltd", 2), key_set(bytes(16), "Bakery Ltd", 1)):
        field.put_down()
        with pytest.raises(NotGenuineError):
            desfire_identity(wire(field), UID, [keys])
    field.put_down()
    assert desfire_identity(wire(field), UID, [OTHER_KEYS, KEYS]) is not None


def test_the_keys_of_one_card_are_worth_nothing_on_another() -> None:
    field = issued()
    with pytest.raises(NotGenuineError):
        desfire_identity(wire(field), UID[:-1] + b"\x00", [KEYS])


def test_a_blank_card_and_other_chips_prove_nothing() -> None:
    for kind in ("desfire", "ntag424"):
        assert desfire_identity(wire(sim_card(kind)), UID, [KEYS]) is None


def test_what_a_till_holds_cannot_add_value_or_change_a_card() -> None:
    field = issued()
    till = KEYS.only(TILL_ROLES_DEFAULT)
    with pytest.raises(KeyMissingError):
        open_value(wire(field), UID, [till], Role.CREDIT)
    with pytest.raises(KeyError):
        till.card_key(Role.MANAGE, UID, b"")
    # nor does the card let the debit key credit: the till's keys in the hands of a thief
    forged = KeySet("x", 1, {Role.CREDIT: till.keys[Role.DEBIT], Role.DEBIT: till.keys[Role.DEBIT]})
    with pytest.raises(NotGenuineError):
        open_value(wire(field), UID, [forged], Role.CREDIT)
    value = open_value(wire(field), UID, [till], Role.DEBIT)
    with pytest.raises(CardError):
        value.prepare("credit", 100, MOVE)
    assert balance(field) == 0


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    field = issued()
    move(field, "credit", 500)
    with pytest.raises(NotEnoughError):
        move(field, "debit", 501)
    assert balance(field) == 500
    field.put_down()
    with pytest.raises(LimitError):
        move(field, "credit", 49_501)
    assert balance(field) == 500


def test_issue_is_repeated_without_harm_and_refuses_cards_of_others() -> None:
    field = issued()
    move(field, "credit", 700)
    field.put_down()
    issue_card(wire(field), UID, KEYS, ORDER)
    assert balance(field) == 700
    field.put_down()
    with pytest.raises(IssueError):
        issue_card(wire(field), UID, OTHER_KEYS, ORDER)


def test_a_tag_that_is_no_desfire_is_told_as_such() -> None:
    with pytest.raises(IssueError, match="no DESFire card"):
        issue_card(wire(sim_card("ntag424")), UID, KEYS, ORDER)


def test_a_wrong_order_is_told() -> None:
    for order in (CardOrder("é", "CHF", 1), CardOrder("1" * 25, "CHF", 1), CardOrder("1", "CH", 1)):
        with pytest.raises(ValueError, match=r"must have|can't encode"):
            issue_card(wire(sim_card()), UID, KEYS, order)
    with pytest.raises(ValueError, match="limit"):
        issue_card(wire(sim_card()), UID, KEYS, CardOrder("1", "CHF", 0))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", GENERATIONS)
def test_a_card_pulled_at_any_command_of_its_issue_is_finished_at_the_next_try(kind: str, after: bool) -> None:
    whole = sim_card(kind)
    issue_card(wire(whole), UID, KEYS, ORDER)
    for at in range(1, whole.commands + 1):
        field = sim_card(kind)
        field.put_down(at, after=after)
        with pytest.raises(CardGoneError):
            issue_card(wire(field), UID, KEYS, ORDER)
        field.put_down()
        assert issue_card(wire(field), UID, KEYS, ORDER).number == ORDER.number
        assert balance(field) == 0


@pytest.mark.parametrize("kind", GENERATIONS)
@pytest.mark.parametrize(("what", "amount"), [("debit", 300), ("credit", 300)])
def test_a_pulled_card_has_moved_wholly_or_not_at_all(kind: str, what: str, amount: int) -> None:
    whole = issued(kind)
    move(whole, "credit", 1_000)
    whole.put_down()
    move(whole, what, amount)
    for at in range(1, whole.commands + 1):
        for after in (False, True):
            field = issued(kind)
            move(field, "credit", 1_000, bytes(16))
            field.put_down(at, after=after)
            with pytest.raises(CardGoneError):
                move(field, what, amount)
            field.put_down()
            state = open_value(wire(field), UID, [KEYS], Role.DEBIT).state
            moved = state.moves[-1].move_id == MOVE
            signed = -amount if what == "debit" else amount
            assert state.balance_minor == 1_000 + (signed if moved else 0)
            assert moved == (at == whole.commands and after), "only the commit makes it happen"
