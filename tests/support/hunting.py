"""Looking for a fault that was planted, with a state machine, the same way each time."""

from __future__ import annotations

from hypothesis import Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def hunt(
    machine: type[RuleBasedStateMachine], like: settings, *, runs_max: int, runs_at_once: int, first_seed: int
) -> None:
    """Run the machine until it fails, with one seed after the other; what it says when it does goes through.

    Whether a fault is found must not depend on luck: the seeds are the same each time. `runs_at_once`: with each seed;
    short hunts from many places find more than a long one, which comes back to where it has been. `first_seed`: one
    with which the fault is found soon; when the rules have changed another may be quicker, and any finds it.
    """
    short = settings(
        like,
        max_examples=runs_at_once,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    for number in range(first_seed, first_seed + runs_max // runs_at_once):
        hunter = type(machine.__name__, (machine,), {})
        run_state_machine_as_test(seed(number)(hunter), settings=short)
