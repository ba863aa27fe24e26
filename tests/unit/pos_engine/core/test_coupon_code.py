from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36

from pos_engine.core.coupon_code import (
    ALPHABET,
    CODE_LENGTH,
    NUMBER_MAX,
    RUN_CODE_LENGTH,
    RunCode,
    make_coupon_code,
    make_run_code,
    parts_of_run_code,
    read_coupon_code,
)

codes = st.binary(min_size=8, max_size=8).map(make_coupon_code)

run_codes = st.builds(
    RunCode,
    st.text(ALPHABET, min_size=4, max_size=4),
    st.integers(0, NUMBER_MAX),
    st.integers(0, 2**40 - 1),
)


@given(run_codes)
def test_a_code_of_a_print_run_is_taken_apart_as_it_was_made(parts: RunCode) -> None:
    code = make_run_code(parts)
    assert len(code) == RUN_CODE_LENGTH
    found = parts_of_run_code(code)
    assert found is not None
    assert (found.tag, found.number, found.signature) == (parts.tag, parts.number, parts.signature)
    assert read_coupon_code(f"{code[:6].lower()} {code[6:12]}-{code[12:]}") == code
    assert mod_37_36.is_valid(code[1:], alphabet=ALPHABET)


@given(run_codes, st.integers(1, RUN_CODE_LENGTH - 1), st.sampled_from(ALPHABET))
def test_a_wrong_character_in_a_code_of_a_print_run_is_found(parts: RunCode, place: int, wrong: str) -> None:
    code = make_run_code(parts)
    mistyped = code[:place] + wrong + code[place + 1 :]
    assert read_coupon_code(mistyped) == (code if mistyped == code else None)


@pytest.mark.parametrize("parts", [RunCode("AB", 1, 1), RunCode("ABIL", 1, 1), RunCode("7K2M", NUMBER_MAX + 1, 1)])
def test_what_no_code_has_room_for_is_refused(parts: RunCode) -> None:
    with pytest.raises(ValueError, match="no code has room"):
        make_run_code(parts)
    assert parts_of_run_code("C04HMASW9NF6YH") is None


def test_the_form_is_pinned() -> None:
    assert make_coupon_code(bytes(8)) == "C0000000000004"
    assert make_coupon_code(bytes([0xFF] * 8)) == "CZZZZZZZZZZZZA"
    assert make_coupon_code(bytes.fromhex("0123456789abcdef")) == "C04HMASW9NF6YH"


@given(codes)
def test_the_check_is_the_standards(code: str) -> None:
    assert mod_37_36.is_valid(code[1:], alphabet=ALPHABET)


@given(codes)
def test_a_code_reads_back_as_itself_however_it_is_written(code: str) -> None:
    assert len(code) == CODE_LENGTH
    assert read_coupon_code(code) == code
    assert read_coupon_code(code.lower()) == code
    assert read_coupon_code(f" {code[:5]}-{code[5:10]} {code[10:]}\r\n") == code
    assert read_coupon_code(code[0] + code[1:].replace("1", "l").replace("0", "o")) == code


@given(codes, st.integers(1, CODE_LENGTH - 1), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(code: str, place: int, wrong: str) -> None:
    mistyped = code[:place] + wrong + code[place + 1 :]
    assert read_coupon_code(mistyped) == (code if mistyped == code else None)


def test_nearly_every_swap_of_neighbours_is_found() -> None:
    swaps = missed = 0
    for number in range(2_000):
        code = make_coupon_code(hashlib.sha256(bytes([number >> 8, number & 0xFF])).digest()[:8])
        for place in range(1, CODE_LENGTH - 1):
            if code[place] != code[place + 1]:
                swaps += 1
                swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
                missed += read_coupon_code(swapped) is not None
    assert missed * 200 < swaps, f"{missed} of {swaps} swaps were read as good codes"


@pytest.mark.parametrize(
    "text", ["", "C", "4001234567890", "X04HMASW9NF6YF", "C04HMASW9NF6", "C04HMASW9NF6YFF", "C04HMASW9NF6U0", "Ç" * 14]
)
def test_what_is_no_coupon_code_is_none(text: str) -> None:
    assert read_coupon_code(text) is None


@pytest.mark.parametrize("count", [0, 7, 9])
def test_another_number_of_bytes_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="8 random bytes"):
        make_coupon_code(bytes(count))
