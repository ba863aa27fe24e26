"""Making a blank DESFire card one of ours. Each step looks first: a card that was pulled away is simply put down again.

Laws: the card's own key and the application's master key are changed last of their kind, so that whoever holds the
card in between can do nothing that survives; value is never created here: every card begins at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.cards import desfire
from drivers.cards.ev1 import authenticate_iso_des
from drivers.cards.exchange import (
    BOUNDARY_ERROR,
    DUPLICATE,
    CardError,
    CardRefusalError,
    NotGenuineError,
    Wire,
)
from drivers.cards.keys import UID_BYTES, KeySet, Role
from drivers.cards.loyalty_application import (
    APPLICATION,
    DATA_BYTES,
    DATA_FILE,
    DATA_MODE,
    DATA_RIGHTS,
    IDENTIFY_KEY,
    KEY_NUMBERS,
    KEYS,
    MANAGE_KEY,
    MOVE_ID_BYTES,
    RECORD_BYTES,
    RECORD_FILE,
    RECORD_MODE,
    RECORD_RIGHTS,
    RECORDS_KEPT,
    RIGHTS_FILE,
    RIGHTS_MODE,
    RIGHTS_RIGHTS,
    SETTINGS,
    VALUE_FILE,
    VALUE_MODE,
    VALUE_RIGHTS,
    CardData,
    MoveRecord,
)
from drivers.cards.session import AES_KEY_BYTES, Session
from drivers.cards.used_rights import FILE_BYTES

ZERO_KEY = bytes(AES_KEY_BYTES)
AES_FLAG = 0x80  # number of the card's own key with "becomes an AES key" (MF3ICDx21, 9.3.4)
HIGHEST_MAX = 0x7FFFFFFF  # a value file's number has 31 bits


class IssueError(CardError):
    """This card cannot be made one of ours; the text says why and what to do."""


@dataclass(frozen=True)
class CardOrder:
    """What to make. `highest_minor`: the most that may ever lie on the card."""

    number: str
    currency: str
    highest_minor: int


def issue_card(wire: Wire, uid: bytes, keys: KeySet, order: CardOrder) -> CardData:
    """Make this card, or finish making it; the data read back under its own keys.

    ValueError for an order that cannot be; IssueError for a card of somebody else; CardGoneError: put it down again.
    """
    if len(uid) != UID_BYTES:
        raise IssueError(f"a DESFire card has a UID of {UID_BYTES} bytes, this one has {len(uid)}; is it a random one?")
    if not 0 < order.highest_minor <= HIGHEST_MAX:
        raise ValueError(f"the limit must be 1 to {HIGHEST_MAX}, not {order.highest_minor}")
    data = CardData(keys.version, order.currency, order.number)
    content = data.encoded()
    _claim_card(wire, uid, keys)
    _create(wire)
    session, finished = _open_application(wire, uid, keys)
    _make_files(session, order.highest_minor)
    found = desfire.read_data(session, DATA_FILE, DATA_MODE, DATA_BYTES)
    if finished and found != content:
        known = CardData.decoded(found)
        raise IssueError(f"This card is number {known.number} already. Put it aside and take a blank one.")
    if found != content:
        desfire.write_data(session, DATA_FILE, DATA_MODE, content)
    _change_keys(session, uid, keys)
    _first_record(wire, uid, keys, order.currency)
    return _read_back(wire, uid, keys, data)


def _claim_card(wire: Wire, uid: bytes, keys: KeySet) -> None:
    """Give the card's own key ours, so that nobody else can wipe it."""
    try:
        desfire.select(wire, desfire.CARD_LEVEL)
    except CardRefusalError as refusal:
        raise IssueError("This chip is no DESFire card. Put it aside and take one.") from refusal
    ours = keys.card_key(Role.MANAGE, uid, desfire.CARD_LEVEL)
    try:
        desfire.authenticate(wire, 0, ours)
    except (NotGenuineError, CardRefusalError):
        pass
    else:
        return
    desfire.select(wire, desfire.CARD_LEVEL)
    try:
        session = authenticate_iso_des(wire, 0, ZERO_KEY)
    except (NotGenuineError, CardRefusalError) as error:
        raise IssueError(
            "The card's own key is neither a blank card's nor ours. Use a blank card, or the keys it was made with."
        ) from error
    session.change_key(AES_FLAG, ours, keys.version, ZERO_KEY)


def _create(wire: Wire) -> None:
    desfire.select(wire, desfire.CARD_LEVEL)
    try:
        desfire.create_application(wire, APPLICATION, SETTINGS, KEYS)
    except CardRefusalError as refusal:
        if refusal.status != DUPLICATE:
            raise


def _open_application(wire: Wire, uid: bytes, keys: KeySet) -> tuple[Session, bool]:
    """Authenticated with the application's master key, be it still zero or already ours: then all is written."""
    for key in (keys.card_key(Role.MANAGE, uid, APPLICATION), ZERO_KEY):
        desfire.select(wire, APPLICATION)
        try:
            return desfire.authenticate(wire, MANAGE_KEY, key), key is not ZERO_KEY
        except NotGenuineError:
            continue
    raise IssueError("The card has our application under another key. It was made with other key files than these.")


def _make_files(session: Session, highest_minor: int) -> None:
    made = desfire.file_numbers(session)
    makers: dict[int, Callable[[], None]] = {
        DATA_FILE: lambda: desfire.create_data_file(session, DATA_FILE, DATA_MODE, DATA_RIGHTS, DATA_BYTES),
        VALUE_FILE: lambda: desfire.create_value_file(session, VALUE_FILE, VALUE_MODE, VALUE_RIGHTS, highest_minor),
        RECORD_FILE: lambda: desfire.create_cyclic_file(
            session, RECORD_FILE, RECORD_MODE, RECORD_RIGHTS, size=RECORD_BYTES, kept=RECORDS_KEPT
        ),
        RIGHTS_FILE: lambda: desfire.create_backup_file(session, RIGHTS_FILE, RIGHTS_MODE, RIGHTS_RIGHTS, FILE_BYTES),
    }
    for number, make in makers.items():
        if number not in made:
            make()


def _change_keys(session: Session, uid: bytes, keys: KeySet) -> None:
    """Every key from zero to ours, the session's own last: its change ends the session."""
    for role, number in KEY_NUMBERS.items():
        if _is_blank(session, number, keys.version):
            session.change_key(number, keys.card_key(role, uid, APPLICATION), keys.version, ZERO_KEY)
    if _is_blank(session, MANAGE_KEY, keys.version):
        session.change_key(MANAGE_KEY, keys.card_key(Role.MANAGE, uid, APPLICATION), keys.version, ZERO_KEY)


def _is_blank(session: Session, number: int, version: int) -> bool:
    found = desfire.key_version(session, number)
    if found not in {0, version}:
        raise IssueError(f"Key {number} of the card has version {found}; these key files have version {version}.")
    return found == 0


def _first_record(wire: Wire, uid: bytes, keys: KeySet, currency: str) -> None:
    """So that there is always a record to read: a card answers the question for none with an error."""
    debit_key = keys.card_key(Role.DEBIT, uid, APPLICATION)
    desfire.select(wire, APPLICATION)
    session = desfire.authenticate(wire, KEY_NUMBERS[Role.DEBIT], debit_key)
    try:
        desfire.read_records(session, RECORD_FILE, RECORD_MODE, RECORD_BYTES)
    except CardRefusalError as refusal:
        if refusal.status != BOUNDARY_ERROR:
            raise
    else:
        return
    desfire.select(wire, APPLICATION)
    session = desfire.authenticate(wire, KEY_NUMBERS[Role.DEBIT], debit_key)
    record = MoveRecord("I", 0, 0, 0, bytes(MOVE_ID_BYTES), currency)
    desfire.write_record(session, RECORD_FILE, RECORD_MODE, record.encoded())
    desfire.commit(session)


def _read_back(wire: Wire, uid: bytes, keys: KeySet, wanted: CardData) -> CardData:
    desfire.select(wire, APPLICATION)
    session = desfire.authenticate(wire, IDENTIFY_KEY, keys.card_key(Role.IDENTIFY, uid, APPLICATION))
    found = CardData.decoded(desfire.read_data(session, DATA_FILE, DATA_MODE, DATA_BYTES))
    if found != wanted:
        raise IssueError(f"The card says it is number {found.number!r} instead of {wanted.number!r}. Try again.")
    return found
