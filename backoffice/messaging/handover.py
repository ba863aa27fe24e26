"""The port to whoever carries messages: one line per channel, and what can happen when a message is handed over.

A line either returns the provider's id for a message that was taken, or raises one of these. Only `HandoverDoubtError`
leaves open whether the message went out; all others are sure that it did not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from typing_extensions import override


class HandoverError(Exception):
    """A message was not taken; the text says why, in the provider's words."""


class BusyError(HandoverError):
    """This recipient cannot be reached now; later perhaps."""


class NoSuchAddressError(HandoverError):
    """Nobody is there, or the server behind the address wants nothing from us."""


class MessageRefusedError(HandoverError):
    """The message itself is not wanted as it is; the next one may be."""


class BlockedError(HandoverError):
    """The provider knows that this recipient said stop."""


class LineDownError(HandoverError):
    """The provider cannot be used now by anybody: it is off, or does not let us in."""


class HandoverDoubtError(HandoverError):
    """The line broke while the message was being taken: it may have gone out or not."""


@dataclass(frozen=True)
class EmailParcel:
    """An e-mail to one address. `return_path`: where bounces of exactly this one go."""

    message: EmailMessage
    return_path: str
    address: str


@dataclass(frozen=True)
class SmsParcel:
    """An SMS to one number in E.164. `segments`: parts that it is sent and paid in; `callback`: who is told."""

    number: str
    text: str
    segments: int
    callback: str


Parcel = EmailParcel | SmsParcel


class Line(ABC):
    """A way to a provider, open for a batch of messages. A port."""

    @abstractmethod
    def hand_over(self, parcel: Parcel) -> str:
        """Hand over one message; the provider's id of it, may be empty. HandoverError."""

    def close(self) -> None:  # noqa: B027 - most lines hold nothing open
        """Let go of the provider."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class NoLine(Line):
    """Where no provider is set: everything waits, and says for what."""

    def __init__(self, missing: str) -> None:
        """`missing`: the setting that is to be filled."""
        self._missing = missing

    @override
    def hand_over(self, parcel: Parcel) -> str:
        raise LineDownError(f"No provider is set: {self._missing}")
