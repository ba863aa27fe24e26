"""What DESFire cards remember of rights, as the till's CardRights port; how a card is found is an argument."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from typing_extensions import override

from drivers.cards import desfire
from drivers.cards.calls import CallBusyError, CallLateError, CardAbsentError, CardCalls, Stage, announce
from drivers.cards.exchange import (
    FILE_NOT_FOUND,
    CardError,
    CardGoneError,
    CardRefusalError,
    NotGenuineError,
    Wire,
)
from drivers.cards.keys import KeySet, Role
from drivers.cards.loyalty_application import APPLICATION, KEY_NUMBERS, RIGHTS_FILE, RIGHTS_MODE, CardFormatError
from drivers.cards.session import Session
from drivers.cards.used_rights import FILE_BYTES, CardFullError, RightUsedError, UsedRights
from drivers.cards.value import KeyMissingError
from pos_engine.ports.card_rights import (
    AboutToCommit,
    CardMemory,
    CardRights,
    CardRightsCode,
    CardRightsError,
    RightChange,
)
from pos_engine.ports.devices import DeviceError


class NoMemoryError(CardError):
    """A card of ours that was made before cards remembered rights."""


class DesfireRights(CardRights):
    """Shares its calls with whatever else this till does with cards."""

    def __init__(self, calls: CardCalls, key_sets: Sequence[KeySet]) -> None:
        self._calls = calls
        self._key_sets = tuple(key_sets)

    @override
    def change(
        self,
        card_id: str,
        change_id: str,
        changes: Sequence[RightChange],
        today: date,
        about_to_commit: AboutToCommit,
    ) -> CardMemory:
        stage = Stage()

        def work(wire: Wire, uid: bytes) -> CardMemory:
            session, before = open_rights(wire, uid, self._key_sets)

            def tell() -> None:
                about_to_commit(before.told())

            def abort() -> None:
                desfire.abort(session)

            try:
                after, writes = before.changed(change_id, changes, today)
            except (RightUsedError, CardFullError):
                tell()  # what the card remembers may decide what was in doubt, and so what is asked of it
                raise
            for write in writes:
                desfire.write_data(session, RIGHTS_FILE, RIGHTS_MODE, write.data, write.at)
            announce(stage, tell, abort)
            desfire.commit(session)
            return after.told()

        try:
            return self._calls.call(card_id, work, stage)
        except CallBusyError as error:
            raise CardRightsError("card_busy", f"{error}") from error
        except (CardError, CardAbsentError, CallLateError, DeviceError) as error:
            raise CardRightsError(_code(error, stage), f"{error}") from error


def open_rights(wire: Wire, uid: bytes, key_sets: Sequence[KeySet]) -> tuple[Session, UsedRights]:
    """Authenticate with the debit key and read what the card remembers.

    KeyMissingError, NotGenuineError, NoMemoryError, CardGoneError, CardFormatError, CardRefusalError.
    """
    held = [keys for keys in key_sets if keys.has(Role.DEBIT)]
    if not held:
        raise KeyMissingError("this till holds no key of the role debit")
    for keys in held:
        desfire.select(wire, APPLICATION)
        try:
            key = keys.card_key(Role.DEBIT, uid, APPLICATION)
            session = desfire.authenticate(wire, KEY_NUMBERS[Role.DEBIT], key)
        except NotGenuineError:
            continue
        try:
            return session, UsedRights(desfire.read_data(session, RIGHTS_FILE, RIGHTS_MODE, FILE_BYTES))
        except CardRefusalError as refusal:
            if refusal.status == FILE_NOT_FOUND:
                raise NoMemoryError("the card was made before cards remembered rights") from refusal
            raise
    raise NotGenuineError("the card knows none of the debit keys it should have")


_CODES: tuple[tuple[type[Exception], CardRightsCode], ...] = (
    (RightUsedError, "right_used"),
    (CardFullError, "card_full"),
    (KeyMissingError, "card_keys_missing"),
    (NotGenuineError, "card_not_genuine"),
    (NoMemoryError, "card_forgets"),
    (CardFormatError, "card_forgets"),
    (CardRefusalError, "card_forgets"),
    (CardGoneError, "card_pulled"),
    (CallLateError, "card_pulled"),
    (CardAbsentError, "card_absent"),
)


def _code(error: Exception, stage: Stage) -> CardRightsCode:
    if stage.committing:
        return "card_in_doubt"
    return next((code for kind, code in _CODES if isinstance(error, kind)), "card_reader")
