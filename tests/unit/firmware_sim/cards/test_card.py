from __future__ import annotations

import random

import pytest

from firmware_sim.cards.card import KINDS, make_card

UID = "04A1B2C3D4E5F6"


@pytest.mark.parametrize(
    ("kind", "command", "answer"),
    [
        ("ntag", "FFCA000000", UID + "9000"),
        ("ntag", "FFCA000007", UID + "9000"),
        ("ntag", "FFCA000004", "6C07"),
        ("ntag", "FFCA000010", UID + "6282"),
        ("ntag", "FFCA010000", "6A81"),
        ("ntag", "FFCA0000", "6700"),
        ("ntag", "FFCA00", "6700"),
        ("ntag", "FFB0000410", "00" * 16 + "9000"),
        ("ntag", "FF00000000", "6A81"),
        ("ntag", "00A4040000", "6E00"),
        ("classic1k", "FFCA000000", UID + "9000"),
        ("desfire", "FFCA000000", UID + "9000"),
        ("desfire", "FFCA010000", "0675778102809000"),
        ("desfire", "9099000000", "911C"),
        ("desfire", "00A4040000", "6A82"),
        ("desfire", "00B0000000", "6D00"),
        ("ntag424", "8000000000", "6E00"),
        ("desfire", "60", "AF04010112001A05"),
        ("two", "FFCA000000", "6300"),
        ("unreadable", "FFCA000000", "6F00"),
    ],
)
def test_each_command_has_its_answer(kind: str, command: str, answer: str) -> None:
    card = make_card(kind, UID, random.Random(1))
    assert card.answer(bytes.fromhex(command)).hex().upper() == answer


def test_a_phone_has_a_new_random_uid_at_each_tap() -> None:
    source = random.Random(7)
    uids = [make_card("phone", UID, source).uid for _ in range(5)]
    assert len(set(uids)) == 5
    assert all(len(uid) == 4 and uid[0] == 0x08 for uid in uids)
    again = random.Random(7)
    assert uids == [make_card("phone", "", again).uid for _ in range(5)]


@pytest.mark.parametrize("uid", ["04A1B2", "zz", "04A1B2C3D4E5F6F7"])
def test_a_uid_that_no_chip_has_is_refused(uid: str) -> None:
    with pytest.raises(ValueError, match="UID"):
        make_card("ntag", uid, random.Random(1))


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="ntag"):
        make_card("paper", UID, random.Random(1))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_answer_is_without_a_status(kind: str) -> None:
    card = make_card(kind, UID, random.Random(1))
    source = random.Random(99)
    for _ in range(300):
        command = source.randbytes(source.randrange(0, 12))
        # a native command of a DESFire is answered by one status byte, everything else by a status word
        native = kind.startswith("desfire") and command[:1] not in {b"", b"\x00", b"\x90", b"\xff"}
        assert len(card.answer(command)) >= (1 if native else 2)
