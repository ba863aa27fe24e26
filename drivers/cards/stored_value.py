"""Value on DESFire cards as the till's StoredValueCard port; how a card is found is an argument.

Laws: the reader is ours alone from authentication to commit; the card is found by its UID and believed by its key; a
call ends in time even when the reader does not: what it was doing is then stopped before the commit, or in doubt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal

from typing_extensions import override

from drivers.cards.exchange import (
    CardError,
    CardGoneError,
    CardRefusalError,
    NotGenuineError,
    Wire,
)
from drivers.cards.keys import KeySet, Role
from drivers.cards.loyalty_application import CardFormatError
from drivers.cards.value import KeyMissingError, LimitError, NotEnoughError, ValueSession, ValueState, open_value
from pos_engine.ports.devices import DeviceError
from pos_engine.ports.stored_value import (
    AboutToCommit,
    CardMove,
    CardValue,
    CardValueCode,
    CardValueError,
    SeenMove,
    StoredValueCard,
)

CALL_WAIT_S = 8.0  # a debit is a dozen exchanges of 10 to 30 ms; a reader's own patience with a card is 5 s at most
ROLES = {"debit": Role.DEBIT, "credit": Role.CREDIT}
KINDS: dict[str, Literal["issue", "debit", "credit"]] = {"I": "issue", "D": "debit", "C": "credit"}

OnCard = Callable[[Wire, bytes], CardValue]
"""What is done with a card: its frames and its UID in, its state out."""
Finder = Callable[[str, OnCard], CardValue]
"""Finds the card of that id on a reader and does the work there, the reader ours alone meanwhile.

CardValueError card_absent, CardGoneError, DeviceError, and what the work raised.
"""


class _Stage:
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

    def give_up(self) -> bool:
        """Whether the commit may have been sent."""
        with self._lock:
            self._given_up = True
            return self.committing


class DesfireValue(StoredValueCard):
    """One call at a time."""

    def __init__(self, find: Finder, key_sets: Sequence[KeySet], wait_s: float = CALL_WAIT_S) -> None:
        """`wait_s`: the longest a call may take."""
        self._find = find
        self._key_sets = tuple(key_sets)
        self._wait_s = wait_s
        self._worker: threading.Thread | None = None

    @override
    def look(self, card_id: str) -> CardValue:
        def work(wire: Wire, uid: bytes) -> CardValue:
            return _told(card_id, open_value(wire, uid, self._key_sets, Role.DEBIT).state)

        return self._bounded(card_id, work, _Stage())

    @override
    def move(self, move: CardMove, about_to_commit: AboutToCommit) -> CardValue:
        stage = _Stage()

        def work(wire: Wire, uid: bytes) -> CardValue:
            value = open_value(wire, uid, self._key_sets, ROLES[move.kind])
            if value.state.currency != move.currency:
                text = f"The card carries {value.state.currency}, not {move.currency}."
                raise CardValueError("card_currency", text)
            before = _told(move.card_id, value.state)
            after = value.prepare(move.kind, move.amount_minor, bytes.fromhex(move.move_id))
            _announce(value, stage, lambda: about_to_commit(before))
            value.commit()
            return _told(move.card_id, after)

        return self._bounded(move.card_id, work, stage)

    def _bounded(self, card_id: str, work: OnCard, stage: _Stage) -> CardValue:
        if self._worker is not None and self._worker.is_alive():
            raise CardValueError("card_busy", "The reader still works on the call before. Try again in a moment.")
        done: list[CardValue | BaseException] = []

        def run() -> None:
            try:
                done.append(self._on_card(card_id, work, stage))
            except BaseException as error:  # noqa: BLE001 (handed to the thread that waits)
                done.append(error)

        self._worker = threading.Thread(target=run, name="card value", daemon=True)
        self._worker.start()
        self._worker.join(self._wait_s)
        if not done and stage.give_up():
            raise CardValueError("card_in_doubt", f"The reader gave no answer in {self._wait_s:g} s.")
        found = done[0] if done else CardValueError("card_pulled", f"The reader took longer than {self._wait_s:g} s.")
        if isinstance(found, BaseException):
            raise found
        return found

    def _on_card(self, card_id: str, work: OnCard, stage: _Stage) -> CardValue:
        try:
            return self._find(card_id, work)
        except (CardError, DeviceError) as error:
            raise CardValueError(_code(error, stage), f"{error}") from error


def _announce(value: ValueSession, stage: _Stage, about_to_commit: Callable[[], None]) -> None:
    """Let the caller write down what is about to happen; when it cannot, the card stays as it was."""
    try:
        about_to_commit()
        stage.enter_commit()
    except BaseException:
        with suppress(CardError):
            value.abort()
        raise


def _told(card_id: str, state: ValueState) -> CardValue:
    moves = tuple(
        SeenMove(record.sequence, record.move_id.hex(), KINDS[record.kind], record.amount_minor)
        for record in state.moves
    )
    return CardValue(card_id, state.currency, state.balance_minor, moves)


_CODES: tuple[tuple[type[Exception], CardValueCode], ...] = (
    (NotEnoughError, "card_value_low"),
    (LimitError, "card_value_limit"),
    (KeyMissingError, "card_keys_missing"),
    (NotGenuineError, "card_not_genuine"),
    (CardFormatError, "card_without_value"),
    (CardRefusalError, "card_without_value"),
    (CardGoneError, "card_pulled"),
)


def _code(error: Exception, stage: _Stage) -> CardValueCode:
    if stage.committing:
        return "card_in_doubt"
    return next((code for kind, code in _CODES if isinstance(error, kind)), "card_reader")
