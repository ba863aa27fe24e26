"""What systemd is told: ready, alive, stopping. Does nothing where there is no systemd."""

from __future__ import annotations

import os

import sdnotify


class ServiceManager:
    """Speaks to `$NOTIFY_SOCKET`."""

    def __init__(self) -> None:
        self._notifier = sdnotify.SystemdNotifier()

    @property
    def watchdog_s(self) -> float:
        """How often to say that the daemon lives: a third of what systemd waits; 5 s where it does not wait."""
        period_us = os.environ.get("WATCHDOG_USEC", "")
        return int(period_us) / 3_000_000 if period_us.isdigit() and int(period_us) else 5.0

    def ready(self, text: str) -> None:
        """Everything runs."""
        self._notifier.notify(f"READY=1\nSTATUS={text}")

    def alive(self) -> None:
        """Registers can be served. Not told for `WatchdogSec=`, systemd ends the till and starts it again."""
        self._notifier.notify("WATCHDOG=1")

    def stopping(self) -> None:
        """The end was asked for."""
        self._notifier.notify("STOPPING=1")
