"""What the process on the cable is granted under a service's limits, and that it cannot run away with the machine."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys

import pytest

from tests.support.programs import environment

NOBODY = 65534
ASK = f"""
import os, resource
from drivers.pass_through.precedence import take_precedence
for limit, value in {{limits}}:
    resource.setrlimit(limit, (value, value))
if {{drop}} and os.geteuid() == 0:
    os.setuid({NOBODY})
granted = take_precedence(0.2)
print(granted, os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK, os.getpriority(os.PRIO_PROCESS, 0), flush=True)
"""
SPIN = "while True: pass"


def asked(limits: dict[int, int], then: str = "", *, drop: bool = True) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as a user without rights when `drop` is set."""
    for limit, value in limits.items():
        if value > resource.getrlimit(limit)[1] != resource.RLIM_INFINITY:
            pytest.skip("limits cannot be raised here")
    script = ASK.format(limits=list(limits.items()), drop=drop) + then
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False, env=environment()
    )


def test_without_any_right_it_goes_on_as_everybody() -> None:
    done = asked({resource.RLIMIT_RTPRIO: 0, resource.RLIMIT_NICE: 0})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"ordinary {os.SCHED_OTHER}")


def test_where_real_time_is_refused_it_takes_the_nice_value_of_the_service() -> None:
    done = asked({resource.RLIMIT_RTPRIO: 0, resource.RLIMIT_NICE: 30})
    assert done.stdout == f"raised {os.SCHED_OTHER} -10\n", done.stderr


def test_the_services_limit_grants_real_time_to_a_user_without_rights() -> None:
    done = asked({resource.RLIMIT_RTPRIO: 10, resource.RLIMIT_NICE: 0})
    if done.stdout.startswith("ordinary"):
        pytest.skip("this kernel gives no real time to this group of processes")
    assert done.stdout.startswith(f"real_time {os.SCHED_RR}"), done.stderr


def test_one_that_never_waits_is_ended_by_the_kernel() -> None:
    if not asked({}, drop=False).stdout.startswith("real_time"):
        pytest.skip("no real time for this user, or in this group of processes")
    done = asked({}, SPIN, drop=False)
    assert done.stdout.startswith("real_time")
    assert done.returncode == -signal.SIGKILL
