"""Value on DESFire cards as the till's StoredValueCard port; how a card is found is an argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from typing_extensions import override

from drivers.cards.calls import (
    CallBusyError,
    CallLateError,
    CardAbsentError,
    CardCalls,
    OnCard,
    Stage,
    announce,
)
from drivers.cards.exchange import (
    CardError,
    CardGoneError,
    CardRefusalError,
    NotGenuineError,
    Wire,
)
from drivers.cards.keys import KeySet, Role
from drivers.cards.loyalty_application import CardFormatError
from drivers.cards.value import KeyMissingError, LimitError, NotEnoughError, ValueState, open_value
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

ROLES = {"debit": Role.DEBIT, "credit": Role.CREDIT}
KINDS: dict[str, Literal["issue", "debit", "credit"]] = {"I": "issue", "D": "debit", "C": "credit"}


class DesfireValue(StoredValueCard):
    """One call at a time."""

    def __init__(self, calls: CardCalls, key_sets: Sequence[KeySet]) -> None:
        self._calls = calls
        self._key_sets = tuple(key_sets)

    @override
    def look(self, card_id: str) -> CardValue:
        def work(wire: Wire, uid: bytes) -> CardValue:
            return _told(card_id, open_value(wire, uid, self._key_sets, Role.DEBIT).state)

        return self._call(card_id, work, Stage())

    @override
    def move(self, move: CardMove, about_to_commit: AboutToCommit) -> CardValue:
        stage = Stage()

        def work(wire: Wire, uid: bytes) -> CardValue:
            value = open_value(wire, uid, self._key_sets, ROLES[move.kind])
            if value.state.currency != move.currency:
                text = f"The card carries {value.state.currency}, not {move.currency}."
                raise CardValueError("card_currency", text)
            before = _told(move.card_id, value.state)
            after = value.prepare(move.kind, move.amount_minor, bytes.fromhex(move.move_id))
            announce(stage, lambda: about_to_commit(before), value.abort)
            value.commit()
            return _told(move.card_id, after)

        return self._call(move.card_id, work, stage)

    def _call(self, card_id: str, work: OnCard[CardValue], stage: Stage) -> CardValue:
        try:
            return self._calls.call(card_id, work, stage)
        except CallBusyError as error:
            raise CardValueError("card_busy", f"{error}") from error
        except (CardError, CardAbsentError, CallLateError, DeviceError) as error:
            raise CardValueError(_code(error, stage), f"{error}") from error


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
    (CallLateError, "card_pulled"),
    (CardAbsentError, "card_absent"),
)


def _code(error: Exception, stage: Stage) -> CardValueCode:
    if stage.committing:
        return "card_in_doubt"
    return next((code for kind, code in _CODES if isinstance(error, kind)), "card_reader")
