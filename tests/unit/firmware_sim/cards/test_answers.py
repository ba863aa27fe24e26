from __future__ import annotations

import pytest

from firmware_sim.cards.answers import (
    NAME_CLASSIC_1K,
    NAME_CLASSIC_4K,
    NAME_ULTRALIGHT,
    check_byte,
    historical_bytes,
    smart_card_atr,
    storage_card_atr,
)
from firmware_sim.cards.card import DESFIRE_ATS, PHONE_ATS
from tests.unit.firmware_sim.published import published


@pytest.mark.parametrize(
    ("name", "vector"),
    [(NAME_CLASSIC_1K, "ATR MIFARE Classic 1K"), (NAME_ULTRALIGHT, "ATR MIFARE Ultralight/NTAG")],
)
def test_storage_cards_answer_as_published(name: int, vector: str) -> None:
    assert storage_card_atr(name).hex().upper() == published(vector)["inputs"]["atr"]


def test_a_desfire_answers_as_published() -> None:
    assert smart_card_atr(DESFIRE_ATS).hex().upper() == published("ATR DESFire (no hist bytes but 80)")["inputs"]["atr"]


@pytest.mark.parametrize("atr", [storage_card_atr(NAME_CLASSIC_4K), smart_card_atr(PHONE_ATS)])
def test_the_check_byte_closes_the_sum(atr: bytes) -> None:
    assert check_byte(atr) == 0


@pytest.mark.parametrize(
    ("ats", "history"),
    [
        ("067577810280", "80"),
        ("0578807002", ""),
        ("0675778102FF", "FF"),
        ("02004142", ""),
        ("0400AABB", "AABB"),
        ("01", ""),
    ],
)
def test_historical_bytes_begin_after_what_t0_announces(ats: str, history: str) -> None:
    assert historical_bytes(bytes.fromhex(ats)).hex().upper() == history
