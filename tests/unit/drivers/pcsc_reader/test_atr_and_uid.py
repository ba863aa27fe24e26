import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.pcsc_reader.atr import FOREIGN, CardKind, parse_atr
from drivers.pcsc_reader.uid import expected_length, read_identity
from pos_engine.ports.devices import CardIdentity, CardTrouble
from tests.unit.drivers.vectors import vectors

NTAG = CardKind("iso14443a", "ultralight_ntag")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ATR MIFARE Classic 1K", CardKind("iso14443a", "mifare_classic_1k")),
        ("ATR MIFARE Ultralight/NTAG", NTAG),
        ("ATR DESFire", CardKind("iso14443a", "desfire")),
    ],
)
def test_published_answers_to_reset(name: str, kind: CardKind) -> None:
    (vector,) = vectors(name)
    assert parse_atr(bytes.fromhex(vector["inputs"]["atr"])) == kind


@pytest.mark.parametrize(
    ("atr", "kind"),
    [
        ("3B8F8001804F0CA000000306070003000000006C", CardKind("iso14443b", "ultralight_ntag")),
        ("3B8F8001804F0CA0000003060B00140000000077", CardKind("", "storage")),  # ISO 15693: not ours
        ("3B8F8001804F0CA0000003060300010000000069", FOREIGN),  # wrong check byte
        ("3B80800101", CardKind("iso14443a", "iso14443_4")),  # a phone: no historical bytes
        ("3B8280018080", FOREIGN),  # one historical byte too few
        ("3B00", FOREIGN),
        ("3F67251C3B", FOREIGN),
        ("", FOREIGN),
    ],
)
def test_other_answers_to_reset(atr: str, kind: CardKind) -> None:
    assert parse_atr(bytes.fromhex(atr)) == kind


@given(st.binary(max_size=40))
def test_any_answer_to_reset_is_some_kind(atr: bytes) -> None:
    assert isinstance(parse_atr(atr), CardKind)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ("04A1B2C3D4E5F69000", CardIdentity("iso14443a", "04A1B2C3D4E5F6", "ultralight_ntag")),
        ("DEADBEEF9000", CardIdentity("iso14443a", "DEADBEEF", "ultralight_ntag")),
        ("0102030405060708090A9000", CardIdentity("iso14443a", "0102030405060708090A", "ultralight_ntag")),
        ("08A1B2C39000", CardTrouble.PHONE),
        ("08A1B2C3D4E5F69000", CardIdentity("iso14443a", "08A1B2C3D4E5F6", "ultralight_ntag")),  # 7 bytes: not random
        ("9000", CardTrouble.UNREADABLE),
        ("04A1B2C3D49000", CardTrouble.FOREIGN),
        ("6300", CardTrouble.TWO_CARDS),
        ("6A81", CardTrouble.FOREIGN),
        ("6D00", CardTrouble.FOREIGN),
        ("6E00", CardTrouble.FOREIGN),
        ("6F00", CardTrouble.UNREADABLE),
        ("04A1B2C36282", CardTrouble.UNREADABLE),
        ("", CardTrouble.UNREADABLE),
    ],
)
def test_what_an_answer_to_get_uid_means(answer: str, meaning: object) -> None:
    assert read_identity(NTAG, bytes.fromhex(answer)) == meaning


def test_a_card_of_another_standard_is_foreign() -> None:
    assert read_identity(FOREIGN, bytes.fromhex("04A1B2C3D4E5F69000")) == CardTrouble.FOREIGN


@pytest.mark.parametrize(("answer", "length"), [("6C07", 7), ("6C00", 0), ("9000", None), ("016C07", None), ("", None)])
def test_which_answers_ask_for_another_length(answer: str, length: int | None) -> None:
    assert expected_length(bytes.fromhex(answer)) == length
