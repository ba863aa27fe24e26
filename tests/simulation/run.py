"""A seed from its first event to the last check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from random import Random
from unittest.mock import patch

from pos_engine.checkout import active_rules
from pos_engine.sync import rounds, set_check
from pos_engine.wire.campaigns import load_set
from tests.simulation.actions import CLOCKS, WEIGHTS, free_disks, heal_lines, publish, right_clocks
from tests.simulation.hub_lines import HUB_FAULTS
from tests.simulation.invariants import check
from tests.simulation.lines import FAULTS
from tests.simulation.office_copies import COPY_FAULTS
from tests.simulation.simulation import EVENTS_MIN, Simulation

QUIET_ROUNDS_MAX = 60
"""Rounds of sync in which a healed till must come to rest."""

SET_PAUSE = timedelta(minutes=20)
"""Longer than the longest pause before a refused or unreachable campaign set is asked for again."""

PAGE_ROWS = (20, 60, 200)
"""Rows a till asks for at once, drawn by the seed: so few that a day's changes fill pages, as a year's do in a shop."""

EVERY_FAULT = (
    *FAULTS,
    *HUB_FAULTS,
    "reordered",
    "unreadable_receipt",
    "till_restarted",
    "till_cut",
    "fsync_lost",
    "fsync_kept",
    "cut_before",
    "cut_after",
    "disk_full",
    "restored_from_image",
    "restored_from_backup",
    "replica_damaged",
    *(name for name, _ in CLOCKS),
    "till_cut_off",
    "store_cut_off",
    "hub_cut_off",
    "office_restarted",
    "office_away_3_days",
    *COPY_FAULTS,
)
"""What must have happened at least once in a run of many seeds; else the run proved less than it says."""


@dataclass(frozen=True)
class Result:
    """What became of a seed. `broken`: the promise that was not kept; empty: all were. `receipts`: acknowledged."""

    seed: int
    events: int
    receipts: int
    happened: Counter[str]
    broken: str = ""


SETS_KEPT = 32
"""Campaign sets that are read once for all tills of a process: in a shop each till is a process of its own."""


_read_once = lru_cache(maxsize=SETS_KEPT)(load_set)


def play(seed: int, trace: Callable[[str], None] | None = None) -> Result:
    """Play one seed. Nothing is raised for a broken promise: it is in the result."""
    run = Simulation(seed, trace=trace)
    broken = ""
    try:
        with patch.object(active_rules, "load_set", _read_once), patch.object(set_check, "load_set", _read_once):
            with patch.object(rounds, "PAGE_ROWS", Random(f"pages {seed}").choice(PAGE_ROWS)):
                live(run)
            heal(run)
            check(run)
    except Exception as error:  # noqa: BLE001 - whatever it is, this seed found it
        broken = f"{type(error).__name__}: {error}"
        run.say(f"BROKEN: {broken}")
    finally:
        run.close()
    receipts = sum(len(place.register.told) for place in run.places)
    return Result(run.seed, run.events, receipts, run.happened, broken)


def live(run: Simulation) -> None:
    """Days of a shop in which everything may happen."""
    while run.events < EVENTS_MIN:
        run.pause()
        action = run.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        action(run)


def heal(run: Simulation) -> None:
    """Everything works again, what is under way arrives, and every till comes to rest."""
    run.say("-- everything is healed")
    run.network.rate = 0.0
    run.let_everything_arrive()
    heal_lines(run)
    right_clocks(run)
    free_disks(run)
    for place in run.places:
        run.running(place).journal.disk.plan_nothing()
        run.at_till(place, place.register.ask_again)
    # A set whose last fetch was cut short is asked for again after a pause.
    run.pass_time(SET_PAUSE)
    for place in run.places:
        if place.till.journal.outbox_count():
            run.at_till(place, lambda place=place: come_to_rest(run, place.till.loop.drain))  # type: ignore[misc]
    # What the first ones brought up is news for the others, and for those that came before it.
    _all_come_to_rest(run)
    if run.office_put_back:
        # Tills may have newer sets than the copy remembers; it knows that now. Staff publish again.
        publish(run)
        run.pass_time(SET_PAUSE)
        _all_come_to_rest(run)


def _all_come_to_rest(run: Simulation) -> None:
    for place in run.places:
        run.at_till(place, lambda place=place: come_to_rest(run, place.till.loop.drain))  # type: ignore[misc]


def come_to_rest(run: Simulation, drain: Callable[[], bool]) -> None:
    """Sync until the back-office answered and nothing is left."""
    for _ in range(QUIET_ROUNDS_MAX):
        if drain():
            return
        run.pass_time(timedelta(seconds=25))
    message = "a healed till does not come to rest"
    raise AssertionError(message)
