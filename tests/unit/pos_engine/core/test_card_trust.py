"""The table of what cards may be trusted with: pinned as it is, and only ever stricter."""

from __future__ import annotations

import itertools

import pytest

from pos_engine.core.card_trust import (
    CLASSES,
    GRANT_WORDS,
    RIGHTS,
    TRUST,
    CardClass,
    Grant,
    TrustError,
    allows,
    card_class,
    stricter,
    word_of,
)

PINNED = """
number           yes  yes  yes  second_factor
em4100           yes  yes  yes  second_factor
uid              yes  yes  yes  second_factor
mifare_classic   yes  yes  no   no
ultralight_ntag  yes  yes  no   no
ntag424_tap      yes  yes  yes  no
desfire_key      yes  yes  yes  yes
found            yes  yes  second_factor  no
"""


def test_the_table_is_what_it_was() -> None:
    written = [line.split() for line in PINNED.strip().splitlines()]
    assert [[name, *(word_of(TRUST[name][right]) for right in RIGHTS)] for name in CLASSES] == written


@pytest.mark.parametrize(
    ("technology", "family", "proof", "expected"),
    [
        ("iso14443a", "desfire", "key", "desfire_key"),
        ("iso14443a", "desfire", "none", "uid"),
        ("iso14443a", "ntag424", "tap", "ntag424_tap"),
        ("iso14443a", "ntag424", "none", "uid"),
        ("iso14443a", "mifare_classic_1k", "none", "mifare_classic"),
        ("iso14443a", "mifare_mini", "none", "mifare_classic"),
        ("iso14443a", "ultralight_ntag", "none", "ultralight_ntag"),
        ("iso14443a", "", "none", "uid"),
        ("iso14443b", "storage", "none", "uid"),
        ("em4100", "", "none", "em4100"),
        ("barcode", "", "none", "number"),
        ("magstripe", "", "none", "number"),
    ],
)
def test_each_card_has_its_row(technology: str, family: str, proof: str, expected: CardClass) -> None:
    assert card_class(technology, family, proof) == expected


def test_every_change_is_taken_when_it_is_stricter_and_refused_when_it_is_looser() -> None:
    for kind, right, word in itertools.product(CLASSES, RIGHTS, GRANT_WORDS):
        if GRANT_WORDS[word] > TRUST[kind][right]:
            with pytest.raises(TrustError, match="more than they can bear"):
                stricter({kind: {right: word}})
            continue
        table = stricter({kind: {right: word}})
        changed = {(k, r) for k in CLASSES for r in RIGHTS if table[k][r] != TRUST[k][r]}
        assert changed <= {(kind, right)}
        assert table[kind][right] is GRANT_WORDS[word]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"paper": {"earn": "no"}}, "no kind of card"),
        ({"uid": {"fly": "no"}}, "no right"),
        ({"uid": {"earn": "maybe"}}, "can be no, second_factor, yes"),
    ],
)
def test_what_is_no_row_right_or_grant_is_named(changes: dict[str, dict[str, str]], says: str) -> None:
    with pytest.raises(TrustError, match=says):
        stricter(changes)


def test_a_second_factor_helps_where_the_table_says_so() -> None:
    table = stricter({"uid": {"spend_on_line": "second_factor"}})
    assert not allows(table, "uid", "spend_on_line")
    assert allows(table, "uid", "spend_on_line", second_factor=True)
    assert not allows(table, "mifare_classic", "spend_off_line", second_factor=True)
    assert allows(table, "desfire_key", "spend_off_line")
    assert Grant.NO < Grant.SECOND_FACTOR < Grant.YES
