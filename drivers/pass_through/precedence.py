"""A place before other work for the process on the cable, as far as the system lets it have one.

At ordinary priority a byte waits for whatever else is running: 5 to 10 ms on a crowded machine, against 2 that a
register may notice. In real time it is passed on at once. Law: a process that takes precedence and never waits for
anything is ended by the kernel after `RUNAWAY_S`, so that a fault of ours cannot hold the machine; the till starts it
again.
"""

from __future__ import annotations

import contextlib
import os
import resource
from typing import Literal

PRIORITY = 10
"""Above everything that is not in real time, below the kernel's own threads (50): LimitRTPRIO= of the service."""
NICE = -10
"""Where real time is refused: LimitNICE= of the service."""
RUNAWAY_S = 1.0
"""Processor time without a wait. A line of 115,200 baud needs a hundredth of the time."""

Precedence = Literal["real_time", "raised", "ordinary"]


def take_precedence(runaway_s: float = RUNAWAY_S) -> Precedence:
    """Ask for real time, else for a lower nice value, else go on as everybody; what was granted."""
    limit_us = round(runaway_s * 1_000_000)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_RTTIME, (limit_us, limit_us))
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
        return "real_time"
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
        return "raised"
    return "ordinary"
