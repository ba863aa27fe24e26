"""Keys of personal data: nothing opens in another place, under another key, or after a changed bit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.vault import Vault, VaultError, seal, unseal

MASTER = bytes(range(32))
PLACE = "member_person:o:m:sealed"


@given(value=st.binary(max_size=300))
def test_what_is_sealed_comes_back(value: bytes) -> None:
    vault = Vault(MASTER)
    key = vault.new_key()
    wrapped = vault.wrap(key, "member_key:o:m:wrapped")
    assert unseal(Vault(MASTER).unwrap(wrapped, "member_key:o:m:wrapped"), seal(key, value, PLACE), PLACE) == value


@given(at=st.integers(min_value=0, max_value=40), bit=st.integers(min_value=0, max_value=7))
def test_one_changed_bit_is_noticed(at: int, bit: int) -> None:
    key = Vault.new_key()
    sealed = bytearray(seal(key, b"Ada Lovelace", PLACE))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(VaultError, match="cannot be opened"):
        unseal(key, bytes(sealed), PLACE)


@given(length=st.integers(min_value=0, max_value=39))
def test_a_value_that_was_cut_off_is_noticed(length: int) -> None:
    key = Vault.new_key()
    with pytest.raises(VaultError, match="cannot be opened"):
        unseal(key, seal(key, b"Ada Lovelace", PLACE)[:length], PLACE)


def test_a_value_does_not_open_in_another_place() -> None:
    key = Vault.new_key()
    with pytest.raises(VaultError, match="member_person:o:other:sealed"):
        unseal(key, seal(key, b"x", PLACE), "member_person:o:other:sealed")


def test_another_installation_opens_nothing_and_marks_differently() -> None:
    ours, theirs = Vault(MASTER), Vault(bytes(32))
    with pytest.raises(VaultError):
        theirs.unwrap(ours.wrap(ours.new_key(), PLACE), PLACE)
    assert ours.mark("o", "ada") != theirs.mark("o", "ada")


def test_marks_are_the_same_each_time_and_of_one_organisation() -> None:
    marks = {Vault(MASTER).mark(organisation, word) for organisation in "op" for word in ("ada", "adam", "")}
    assert len(marks) == 6
    assert Vault(MASTER).mark("o", "ada") in marks
    assert all(-(2**63) <= mark < 2**63 for mark in marks)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(VaultError, match="16 bytes"):
        Vault(bytes(16))
