"""When the till talks to the back-office, and when it lets it be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pos_engine.daemon.sync_loop import TICKS_AT_ONCE_MAX, TICKS_STILL_MAX, SyncLoop
from pos_engine.sync.report import TickReport
from tests.support.till import HandClock

MOVING = TickReport("on_line", uploaded=500, more=True)
STILL = TickReport("on_line", more=True)
DONE = TickReport("on_line")


class Rounds:
    """Counts the rounds and says what each of them did; the last one again and again."""

    def __init__(self, *reports: TickReport) -> None:
        self.count = 0
        self._reports = reports

    def __call__(self) -> TickReport:
        self.count += 1
        return self._reports[min(self.count, len(self._reports)) - 1]


def loop_of(rounds: Callable[[], TickReport]) -> SyncLoop:
    return SyncLoop(rounds, HandClock(), every_s=5)


def test_a_long_queue_is_handed_over_without_a_pause() -> None:
    rounds = Rounds(*[MOVING] * 40, DONE)
    assert loop_of(rounds).drain()
    assert rounds.count == 41


@pytest.mark.parametrize(
    "fruitless",
    [STILL, replace(STILL, started_epoch=7)],
    ids=["more is announced and never comes", "a new epoch each time"],
)
def test_a_back_office_with_which_nothing_moves_is_let_be(fruitless: TickReport) -> None:
    rounds = Rounds(fruitless)
    assert loop_of(rounds).drain()
    assert rounds.count == TICKS_STILL_MAX


@pytest.mark.parametrize("some", [MOVING, replace(STILL, changes=1), replace(STILL, staged_set_version=3)])
def test_rounds_between_which_something_moves_count_anew(some: TickReport) -> None:
    pattern: Iterator[TickReport] = iter([STILL, STILL, some, STILL, STILL, some, DONE])
    assert loop_of(lambda: next(pattern)).drain()
    assert list(pattern) == []


def test_a_back_office_that_never_ends_leaves_turns_to_others() -> None:
    rounds = Rounds(MOVING)
    assert loop_of(rounds).drain()
    assert rounds.count == TICKS_AT_ONCE_MAX


@pytest.mark.parametrize("state", ["off_line", "waiting", "refused"])
def test_no_answer_ends_it_at_once(state: str) -> None:
    rounds = Rounds(MOVING, replace(STILL, state=state))  # type: ignore[arg-type]
    assert not loop_of(rounds).drain()
    assert rounds.count == 2


def test_a_daemon_that_ends_finishes_the_round_it_is_in() -> None:
    rounds, stop = Rounds(MOVING), threading.Event()
    stop.set()
    assert loop_of(rounds).drain(stop)
    assert rounds.count == 1
