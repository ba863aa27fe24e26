"""What a simulated card with a memory of its own must be able to do."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Chip(ABC):
    """The part of a card that answers commands. Its memory outlives being taken off the reader; its sessions do not."""

    @abstractmethod
    def command(self, apdu: bytes) -> bytes:
        """The answer with its status, for a command that is meant for the card."""

    @abstractmethod
    def reader_command(self, apdu: bytes) -> bytes | None:
        """The answer to a command of class FF that the reader carries out on the card; None when it cannot."""

    @abstractmethod
    def power_off(self) -> None:
        """The card left the field or was reset: what was not finished has not happened."""
