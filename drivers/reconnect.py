"""Trying again, a bounded number of times. The long wait for a device that is gone is the daemon's, not a driver's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from pos_engine.ports.devices import DeviceError

Result = TypeVar("Result")

# A service that is being started by its socket needs a moment; together below the 2 s that anything may wait here.
SHORT_DELAYS_S = (0.1, 0.3, 0.6)


def retry_bounded(
    action: Callable[[], Result],
    delays_s: tuple[float, ...] = SHORT_DELAYS_S,
    pause: Callable[[float], object] | None = None,
) -> Result:
    """The first good result of `action`, tried once more after each delay; the last DeviceError when none is good."""
    wait = pause if pause is not None else threading.Event().wait
    for delay_s in delays_s:
        try:
            return action()
        except DeviceError:
            wait(delay_s)
    return action()
