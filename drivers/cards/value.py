"""The value on a card, inside one authenticated session: read, then change value and record in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from drivers.cards import desfire
from drivers.cards.exchange import BOUNDARY_ERROR, CardError, CardRefusalError, NotGenuineError, Wire
from drivers.cards.keys import KeySet, Role
from drivers.cards.loyalty_application import (
    APPLICATION,
    KEY_NUMBERS,
    RECORD_BYTES,
    RECORD_FILE,
    RECORD_MODE,
    SEQUENCE_MAX,
    VALUE_FILE,
    VALUE_MODE,
    CardFormatError,
    MoveRecord,
)
from drivers.cards.session import Session


class NotEnoughError(CardError):
    """Less lies on the card than is to be taken."""


class LimitError(CardError):
    """More would lie on the card than it may hold."""


class KeyMissingError(CardError):
    """This till holds no key for that."""


@dataclass(frozen=True)
class ValueState:
    """What the card says. `moves`: the newest records, oldest first; the first ever has sequence 0."""

    balance_minor: int
    moves: tuple[MoveRecord, ...]

    @property
    def currency(self) -> str:
        """ISO 4217."""
        return self.moves[-1].currency

    @property
    def sequence(self) -> int:
        """Of the newest move."""
        return self.moves[-1].sequence


class ValueSession:
    """One card, one role. Nothing has happened until `commit` returned; what it raises from may have."""

    def __init__(self, session: Session, state: ValueState) -> None:
        self._session = session
        self.state = state

    def prepare(self, kind: Literal["debit", "credit"], amount_minor: int, move_id: bytes) -> ValueState:
        """Value and record as they will be. NotEnoughError, LimitError: the card refuses, and nothing happened."""
        before = self.state
        sign = -1 if kind == "debit" else 1
        balance = before.balance_minor + sign * amount_minor
        if balance < 0:
            raise NotEnoughError(f"{before.balance_minor} lie on the card, {amount_minor} are to be taken")
        record = MoveRecord(kind[0].upper(), before.sequence + 1, amount_minor, balance, move_id, before.currency)
        if record.sequence > SEQUENCE_MAX:
            raise LimitError("the card's move counter is used up")
        change = desfire.debit if kind == "debit" else desfire.credit
        try:
            change(self._session, VALUE_FILE, VALUE_MODE, amount_minor)
        except CardRefusalError as refusal:
            if refusal.status != BOUNDARY_ERROR:
                raise
            raise LimitError(f"{balance} is more than this card may hold") from refusal
        desfire.write_record(self._session, RECORD_FILE, RECORD_MODE, record.encoded())
        return ValueState(balance, (*before.moves, record))

    def commit(self) -> None:
        """Make it happen. Any error means: not known, ask the card at its next tap."""
        desfire.commit(self._session)

    def abort(self) -> None:
        """Leave the card as it was."""
        desfire.abort(self._session)


def open_value(wire: Wire, uid: bytes, key_sets: Sequence[KeySet], role: Role) -> ValueSession:
    """Authenticate with the role's key and read the card.

    KeyMissingError, NotGenuineError, CardGoneError, CardFormatError, CardRefusalError.
    """
    held = [keys for keys in key_sets if keys.has(role)]
    if not held:
        raise KeyMissingError(f"this till holds no key of the role {role.value}")
    for keys in held:
        desfire.select(wire, APPLICATION)
        try:
            session = desfire.authenticate(wire, KEY_NUMBERS[role], keys.card_key(role, uid, APPLICATION))
        except NotGenuineError:
            continue
        balance = desfire.get_value(session, VALUE_FILE, VALUE_MODE)
        records = desfire.read_records(session, RECORD_FILE, RECORD_MODE, RECORD_BYTES)
        moves = tuple(MoveRecord.decoded(record) for record in records)
        if moves[-1].balance_minor != balance:
            raise CardFormatError(f"the card's value is {balance}, its newest record says {moves[-1].balance_minor}")
        return ValueSession(session, ValueState(balance, moves))
    raise NotGenuineError(f"the card knows none of the keys of the role {role.value}")
