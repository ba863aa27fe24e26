"""Wait for a condition with a bound, instead of sleeping and hoping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.05


def wait_for(what: str | Callable[[], str], probe: Callable[[], T | None], timeout_s: float = 30.0) -> T:
    """Ask `probe` until it answers something true; AssertionError names what was waited for."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            message = f"waited {timeout_s:g} s for {what if isinstance(what, str) else what()}"
            raise AssertionError(message)
        time.sleep(POLL_S)
