"""The talk between the till and the process on the cable: every message survives any way of being cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.pass_through.messages import LINE_BYTES_MAX, Lines, encode, encode_decision, printout_of


@given(st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=50)), max_size=8), st.integers(1, 40))
def test_messages_come_out_whole_however_they_are_cut(decisions: list[tuple[int, bytes]], size: int) -> None:
    wire = b"".join(encode_decision(number, printout) for number, printout in decisions)
    lines = Lines()
    heard = [message for at in range(0, len(wire), size) for message in lines.feed(wire[at : at + size])]
    assert [(message["number"], printout_of(message)) for message in heard] == decisions


def test_a_receipt_with_line_ends_and_any_letters_is_one_line() -> None:
    message = encode(say="receipt", number=1, lines=("Bäckerei\n", "収据"))
    assert message.count(b"\n") == 1
    assert Lines().feed(message) == [{"say": "receipt", "number": 1, "lines": ["Bäckerei\n", "収据"]}]


def test_what_is_no_message_is_told() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        Lines().feed(b"hello\n")
    with pytest.raises(ValueError, match="without an end"):
        Lines().feed(b"x" * (LINE_BYTES_MAX + 1))
