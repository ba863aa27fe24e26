"""Time and identity as arguments: nobody else may ask the operating system for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from uuid import UUID


class Clock(ABC):
    """Where the time comes from."""

    @abstractmethod
    def now(self) -> datetime:
        """The instant, aware, in UTC. It may jump when the machine's clock is set."""

    @abstractmethod
    def monotonic_ms(self) -> int:
        """Milliseconds since an unnamed start; never goes back while the machine runs."""


class Ids(ABC):
    """Where new identifiers come from."""

    @abstractmethod
    def new_id(self) -> UUID:
        """A fresh UUIDv7 (RFC 9562)."""
