"""What a card remembers of rights: its bytes, its places, and what a DESFire of each generation keeps of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from drivers.cards.calls import CardCalls
from drivers.cards.card_rights import DesfireRights
from drivers.cards.exchange import Wire
from drivers.cards.identify import desfire_identity
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.keys import TILL_ROLES_DEFAULT, Role, key_set
from drivers.cards.loyalty_application import CardFormatError
from drivers.cards.used_rights import (
    CHANGES_KEPT,
    FILE_BYTES,
    PLACES,
    CardFullError,
    RightUsedError,
    UsedRights,
)
from pos_engine.ports.card_rights import KEPT_AFTER, CardMemory, CardRightsError, RightChange, mark_of
from tests.support.sim_wire import UID, OneReader, SimField, sim_card

TODAY = date(2026, 11, 23)
KEYS = key_set(bytes(range(16)), "Bakery Ltd", 1)
CARD = f"iso14443a:{UID.hex().upper()}"
BLANK = UsedRights(bytes(FILE_BYTES))


def change_id(number: int) -> str:
    return f"{number:032x}"


def use(right: str, units: int = 1, known: int = 0, most: int = 1, until: date = TODAY) -> RightChange:
    return RightChange(right, units, known, most, until)


def test_the_bytes_of_a_use_are_pinned() -> None:
    after, writes = BLANK.changed("00" * 10 + "a1b2c3d4e5f6", [use("coupon|c-1", until=date(2026, 12, 31))], TODAY)
    assert [(write.at, write.data.hex()) for write in writes] == [
        (80, "176b8e2c2e4c959a" + "0001" + "09fc"),  # SHA-256 of the right's name; one unit; day 2556 since 2020
        (10, "01" + "000001" + "a1b2c3d4e5f6"),
    ]
    told = after.told()
    assert (told.used("coupon|c-1"), told.used("coupon|c-2"), told.sequence) == (1, 0, 1)
    assert (1, "a1b2c3d4e5f6") in told.changes


def test_a_right_is_never_used_above_its_worth_wherever_it_was_used_before() -> None:
    once, _ = BLANK.changed(change_id(1), [use("m", known=1, most=2)], TODAY)
    assert once.told().used("m") == 2, "one that was known, and this one"
    with pytest.raises(RightUsedError):
        once.changed(change_id(2), [use("m", most=2)], TODAY)
    back, _ = once.changed(change_id(3), [use("m", -1)], TODAY)
    assert back.changed(change_id(4), [use("m", most=2)], TODAY)[0].told().used("m") == 2


def test_a_full_card_takes_no_more_until_a_right_is_long_over() -> None:
    full = BLANK
    for number in range(PLACES):
        full, _ = full.changed(change_id(number), [use(f"c-{number}")], TODAY)
    assert (full.told().room(TODAY), full.told().room(TODAY + KEPT_AFTER)) == (0, 0)
    with pytest.raises(CardFullError):
        full.changed(change_id(99), [use("new")], TODAY + KEPT_AFTER)
    later = TODAY + KEPT_AFTER + timedelta(days=1)
    assert full.told().room(later) == PLACES
    assert full.changed(change_id(99), [use("new", until=later)], later)[0].told().used("new") == 1


def test_giving_back_what_has_no_place_any_more_takes_none() -> None:
    after, writes = BLANK.changed(change_id(1), [use("long-over", -1)], TODAY)
    assert len(writes) == 1
    assert (after.told().room(TODAY), after.told().sequence) == (PLACES, 1)


def test_the_newest_changes_are_kept() -> None:
    now = BLANK
    for number in range(1, 12):
        now, _ = now.changed(change_id(number), [use("m", most=99)], TODAY)
    kept = dict(now.told().changes)
    assert kept == {n: mark_of(change_id(n)) for n in range(12 - CHANGES_KEPT, 12)}


@pytest.mark.parametrize("content", [b"", bytes(FILE_BYTES - 1), b"\x02" + bytes(FILE_BYTES - 1)])
def test_another_format_is_refused(content: bytes) -> None:
    with pytest.raises(CardFormatError):
        UsedRights(content)


def issued(kind: str = "desfire") -> SimField:
    field = sim_card(kind)
    issue_card(Wire(field.exchange), UID, KEYS, CardOrder("17", "EUR", 50_000))
    return field


@pytest.mark.parametrize("kind", ["desfire_ev1", "desfire", "desfire_ev3"])
def test_every_generation_of_cards_keeps_what_was_written(kind: str) -> None:
    field = issued(kind)
    rights = DesfireRights(CardCalls(OneReader(field)), [KEYS.only(TILL_ROLES_DEFAULT)])
    seen: list[CardMemory] = []
    changes = [use("coupon|c-1"), use("member|o|anna", 2, most=3)]
    after = rights.change(CARD, change_id(7), changes, TODAY, seen.append)
    assert (seen[0].sequence, after.sequence) == (0, 1)
    field.put_down()
    genuine = desfire_identity(Wire(field.exchange), UID, [KEYS.only({Role.IDENTIFY})])
    assert genuine is not None
    assert genuine.used is not None
    assert genuine.used.told() == after
    assert [after.used(right) for right in ("coupon|c-1", "member|o|anna")] == [1, 2]


def test_one_change_that_cannot_be_leaves_all_of_them_undone() -> None:
    field = issued()
    rights = DesfireRights(CardCalls(OneReader(field)), [KEYS])
    with pytest.raises(CardRightsError) as refused:
        rights.change(CARD, change_id(1), [use("a"), use("b", known=1)], TODAY, lambda _memory: None)
    assert refused.value.code == "right_used"
    assert rights.change(CARD, change_id(2), [use("a")], TODAY, lambda _memory: None).sequence == 1


def test_why_a_card_was_not_changed_has_a_code() -> None:
    field = issued()
    for card, keys, code in (
        ("iso14443a:04000000000000", KEYS, "card_absent"),
        (CARD, KEYS.only({Role.IDENTIFY}), "card_keys_missing"),
        (CARD, key_set(bytes(range(16)), "Butcher Ltd", 1), "card_not_genuine"),
    ):
        rights = DesfireRights(CardCalls(OneReader(field)), [keys])
        with pytest.raises(CardRightsError) as refused:
            rights.change(card, change_id(1), [use("a")], TODAY, lambda _memory: None)
        assert refused.value.code == code
