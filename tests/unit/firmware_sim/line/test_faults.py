from __future__ import annotations

import pytest

from firmware_sim.line.faults import DELAY_S, KINDS, FaultyLine
from firmware_sim.line.orders import OrderError

FRAME = b"\x02ABCDEFGH\x03"


def sent(line: FaultyLine) -> bytes:
    return b"".join(piece.data for piece in line.pieces(FRAME))


def test_without_an_order_every_frame_leaves_whole() -> None:
    assert sent(FaultyLine()) == FRAME


@pytest.mark.parametrize(
    ("order", "bytes_sent"), [("drop", b""), ("repeat", FRAME * 2), ("delay", FRAME), ("half", FRAME[:5])]
)
def test_a_fault_strikes_once_and_then_no_more(order: str, bytes_sent: bytes) -> None:
    line = FaultyLine()
    line.order([order])
    assert sent(line) == bytes_sent
    assert sent(line) == FRAME


def test_a_delay_tears_the_frame_in_the_middle() -> None:
    line = FaultyLine()
    line.order(["delay"])
    assert [piece.wait_s for piece in line.pieces(FRAME)] == [0.0, DELAY_S]


def test_corruption_flips_exactly_one_bit() -> None:
    line = FaultyLine(seed=3)
    line.order(["corrupt", "20"])
    for _ in range(20):
        damaged = sent(line)
        assert len(damaged) == len(FRAME)
        assert sum((a ^ b).bit_count() for a, b in zip(damaged, FRAME, strict=True)) == 1


def test_silence_lasts_until_it_is_lifted() -> None:
    line = FaultyLine()
    line.order(["silent"])
    assert sent(line) + sent(line) == b""
    line.order(["none"])
    assert sent(line) == FRAME


def test_the_same_seed_gives_the_same_misfortunes() -> None:
    runs = [[sent(line) for _ in range(200)] for line in (FaultyLine(5, 0.4), FaultyLine(5, 0.4))]
    assert runs[0] == runs[1]
    assert 40 < sum(frame != FRAME for frame in runs[0]) < 120
    assert runs[0] != [sent(line) for line in [FaultyLine(6, 0.4)] for _ in range(200)]


@pytest.mark.parametrize("words", [["explode"], ["drop", "many"], ["chance", "2"], []])
def test_an_order_that_is_none_names_the_right_ones(words: list[str]) -> None:
    with pytest.raises(OrderError, match=KINDS[0]):
        FaultyLine().order(words)


def test_the_same_seed_given_at_run_time_gives_the_same_misfortunes() -> None:
    line = FaultyLine(seed=1)
    line.order(["chance", "0.5"])
    runs = []
    for _ in range(2):
        line.order(["seed", "99"])
        runs.append([sent(line) for _ in range(40)])
    assert runs[0] == runs[1]
    assert {FRAME} < set(runs[0])
