"""How one device is, kept by its thread and read by everybody else.

Laws: health comes from the last good exchange; three misses in a row make a device missing; a thread that has not come
back from its device for `STUCK_MS` is trouble, whatever the device said last. Waits between tries are bounded.
"""

from __future__ import annotations

import threading
from datetime import datetime

from pos_engine.ports.clock import Clock
from pos_engine.ports.devices import DeviceCode, DeviceError, DeviceHealth, DeviceKind, DeviceState

MISSES_UNTIL_MISSING = 3
# A reader that was plugged in again is there within a second; a service that restarts all night must not be hammered
RETRY_DELAYS_S = (0.5, 1.0, 2.0, 5.0)
STUCK_MS = 30_000  # above the longest wait any driver may make: a printer that works off a metre of paper


class HealthRecord:
    """One device's health. Thread-safe."""

    def __init__(self, name: str, kind: DeviceKind, clock: Clock) -> None:
        self.name = name
        self.kind = kind
        self._clock = clock
        self._lock = threading.Lock()
        self._state: DeviceState = "starting"
        self._code: DeviceCode | None = None
        self._text = ""
        self._last_good_at: datetime | None = None
        self._misses = 0
        self._beat_ms = clock.monotonic_ms()

    def good(self) -> None:
        """The device answered and can work."""
        self._set("ok", None, "", misses=0, answered=True)

    def answered_with_trouble(self, code: DeviceCode, text: str, state: DeviceState = "trouble") -> None:
        """The device answered, and said what is the matter (no paper); `state` ok for a mere warning."""
        self._set(state, code, text, misses=0, answered=True)

    def missed(self, error: DeviceError) -> float:
        """The device could not be used; how long to wait before it is tried again, in seconds."""
        misses = self._misses + 1
        state: DeviceState = "missing" if misses >= MISSES_UNTIL_MISSING else "trouble"
        self._set(state, error.code, str(error), misses=misses, answered=False)
        return RETRY_DELAYS_S[min(misses, len(RETRY_DELAYS_S)) - 1]

    def beat(self) -> None:
        """The thread is alive and about to turn to its device."""
        with self._lock:
            self._beat_ms = self._clock.monotonic_ms()

    def health(self, waiting: int = 0) -> DeviceHealth:
        """The health now."""
        with self._lock:
            state, code, text = self._state, self._code, self._text
            if self._clock.monotonic_ms() - self._beat_ms > STUCK_MS:
                state, code = "trouble", "device_stuck"
                text = f"{self.name} has not answered for a while. Unplug it and plug it in again."
            return DeviceHealth(self.name, self.kind, state, code, text, self._last_good_at, waiting)

    def _set(self, state: DeviceState, code: DeviceCode | None, text: str, *, misses: int, answered: bool) -> None:
        with self._lock:
            self._state, self._code, self._text, self._misses = state, code, text, misses
            self._beat_ms = self._clock.monotonic_ms()
            if answered:
                self._last_good_at = self._clock.now()
