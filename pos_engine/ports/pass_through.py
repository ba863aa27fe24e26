"""What the till expects of a cable between a register and its printer that runs through this machine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from pos_engine.ports.document import Document

Decide = Callable[[tuple[str, ...]], tuple[Document, ...]]
"""The lines of a receipt that is to be cut → what is printed before the cut. On a thread of its own; never raises."""


class PassThrough(ABC):
    """One register, one printer, and this machine between them."""

    @abstractmethod
    def open(self) -> str:
        """Claim both lines; how the bytes go before other work here, for the log. DeviceError: which line, and why."""

    @abstractmethod
    def serve(self, decide: Decide, timeout_s: float) -> None:
        """Pass bytes both ways for at most about that long. DeviceError when a line is gone."""

    @abstractmethod
    def close(self) -> None:
        """Give both lines back. Never raises."""
