"""Card ids as people type them."""

from __future__ import annotations

import pytest

from backoffice.errors import InputError
from backoffice.members.card_ids import canonical_card_id


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("iso14443a:04A1B2C3D4E5F6", "iso14443a:04A1B2C3D4E5F6"),
        (" 04:a1:b2:c3:d4:e5:f6 ", "iso14443a:04A1B2C3D4E5F6"),
        ("04-A1-B2-C3-D4-E5-F6", "iso14443a:04A1B2C3D4E5F6"),
        ("DEADBEEF", "iso14443a:DEADBEEF"),
        ("0030CE754C", "em4100:0030CE754C"),
        ("EM4100: 0030ce754c", "em4100:0030CE754C"),
        ("E004010012345678", "iso15693:E004010012345678"),
        ("barcode:2900000012345", "barcode:2900000012345"),
        ("magstripe:12-34", "magstripe:12-34"),
        ("iso14443b:12345678", "iso14443b:12345678"),
    ],
)
def test_three_ways_of_writing_are_one_card(typed: str, canonical: str) -> None:
    assert canonical_card_id(typed) == canonical
    assert canonical_card_id(canonical) == canonical


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "hex digits"),
        ("Anna", "hex digits"),
        ("felica:0102030405060708", "technology"),
        ("iso14443a:04A1B2", "has 6 hex digits"),
        ("em4100:04A1B2C3D4E5F6", "em4100"),
        ("08123456", "random id"),
        ("iso14443a:08AABBCC", "random id"),
        ("barcode:a b", "not a card number"),
        ("barcode:" + "1" * 60, "not a card number"),
    ],
)
def test_what_cannot_be_a_card_is_refused_in_words(typed: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        canonical_card_id(typed)


def test_a_seven_byte_uid_that_begins_with_08_is_no_random_one() -> None:
    assert canonical_card_id("08A1B2C3D4E5F6") == "iso14443a:08A1B2C3D4E5F6"
