"""Calls to a card that end in time even when the reader does not: stopped before the commit, or in doubt.

Law: the reader is the card's alone from authentication to commit; the card is found by its UID and believed by its key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from drivers.cards.exchange import CardError, CardGoneError, Wire

T = TypeVar("T")

CALL_WAIT_S = 8.0  # a debit is a dozen exchanges of 10 to 30 ms; a reader's own patience with a card is 5 s at most

OnCard = Callable[[Wire, bytes], T]
"""What is done with a card: its frames and its UID in, what came of it out."""


class Finder(Protocol):
    """Finds the card of that id on a reader and does the work there, the reader ours alone meanwhile.

    CardAbsentError, CardGoneError, DeviceError, and what the work raised.
    """

    def __call__(self, card_id: str, work: OnCard[T]) -> T:
        """What the work gave."""


class CardAbsentError(Exception):
    """No reader has this card."""


class CallBusyError(Exception):
    """The call before this one has not come back from the reader."""


class CallLateError(Exception):
    """The reader took longer than anybody waits."""


class Stage:
    """How far a call has come, agreed on by the thread that works and the one that waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given_up = False
        self.committing = False

    def enter_commit(self) -> None:
        """From here on the outcome is the card's. CardGoneError when nobody waits any more."""
        with self._lock:
            if self._given_up:
                raise CardGoneError("the call took too long")
            self.committing = True

    def give_up(self) -> None:
        """Nobody waits any more."""
        with self._lock:
            self._given_up = True


def announce(stage: Stage, about_to_commit: Callable[[], None], abort: Callable[[], None]) -> None:
    """Let the caller write down what is about to happen; when it cannot, the card stays as it was."""
    try:
        about_to_commit()
        stage.enter_commit()
    except BaseException:
        with suppress(CardError):
            abort()
        raise


class CardCalls:
    """One call at a time, on whichever reader has the card."""

    def __init__(self, find: Finder, wait_s: float = CALL_WAIT_S) -> None:
        """`wait_s`: the longest a call may take."""
        self._find = find
        self._wait_s = wait_s
        self._worker: threading.Thread | None = None

    def call(self, card_id: str, work: OnCard[T], stage: Stage) -> T:
        """Do the work on that card. CallBusyError, CallLateError, what the finder and the work raised."""
        if self._worker is not None and self._worker.is_alive():
            raise CallBusyError("The reader still works on the call before. Try again in a moment.")
        done: list[T] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                done.append(self._find(card_id, work))
            except BaseException as error:  # noqa: BLE001 (handed to the thread that waits)
                failed.append(error)

        self._worker = threading.Thread(target=run, name="card call", daemon=True)
        self._worker.start()
        self._worker.join(self._wait_s)
        if failed:
            raise failed[0]
        if done:
            return done[0]
        stage.give_up()
        raise CallLateError(f"The reader gave no answer in {self._wait_s:g} s.")
