"""DESFire commands as functions (MF3ICDx21, 9; the same codes in EV2 and EV3)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from drivers.cards.ev1 import RandomBytes, authenticate_aes
from drivers.cards.ev2 import authenticate_ev2
from drivers.cards.exchange import ILLEGAL_COMMAND, CardGoneError, CardRefusalError, Wire
from drivers.cards.session import CommMode, Session

CARD_LEVEL = bytes(3)  # the application that is the card itself
AES_KEYS = 0x80  # in the number of keys: they are AES keys
VALUE_BYTES = 4
FREE, NEVER = 0xE, 0xF


@dataclass(frozen=True)
class Rights:
    """Which key gives which right to a file; FREE everybody, NEVER nobody.

    Value files: `read`, `write` and `both` may read and debit, `both` alone may credit.
    """

    read: int
    write: int
    both: int
    change: int

    def encoded(self) -> bytes:
        """As sent: two bytes, least significant first."""
        return bytes([self.both << 4 | self.change, self.read << 4 | self.write])


def authenticate(wire: Wire, number: int, key: bytes, randbytes: RandomBytes = secrets.token_bytes) -> Session:
    """EV2 where the card knows it, EV1 otherwise. NotGenuineError when the card does not have the key."""
    try:
        return authenticate_ev2(wire, number, key, randbytes)
    except CardRefusalError as refusal:
        if refusal.status != ILLEGAL_COMMAND:
            raise
    return authenticate_aes(wire, number, key, randbytes)


def select(wire: Wire, application: bytes) -> None:
    """Turn to an application (three bytes, least significant first); ends any session."""
    wire.ask(0x5A, application)


def create_application(wire: Wire, application: bytes, settings: int, keys: int) -> None:
    """At card level, as a blank card allows without authentication. All keys are AES and zero."""
    wire.ask(0xCA, application + bytes([settings, keys | AES_KEYS]))


def key_version(session: Session, number: int) -> int:
    """The version byte of a key."""
    return _exactly(session.ask(0x64, bytes([number])), 1)[0]


def file_numbers(session: Session) -> frozenset[int]:
    """The files of the application."""
    return frozenset(session.ask(0x6F))


def create_data_file(session: Session, number: int, mode: CommMode, rights: Rights, size: int) -> None:
    """A file of bytes, written at once."""
    session.ask(0xCD, bytes([number, mode]) + rights.encoded() + size.to_bytes(3, "little"))


def create_backup_file(session: Session, number: int, mode: CommMode, rights: Rights, size: int) -> None:
    """A file of bytes, zero at first; what is written into it happens at the commit."""
    session.ask(0xCB, bytes([number, mode]) + rights.encoded() + size.to_bytes(3, "little"))


def create_value_file(session: Session, number: int, mode: CommMode, rights: Rights, highest: int) -> None:
    """A number from 0 to `highest`, beginning at 0."""
    limits = bytes(VALUE_BYTES) + highest.to_bytes(VALUE_BYTES, "little") + bytes(VALUE_BYTES)
    session.ask(0xCC, bytes([number, mode]) + rights.encoded() + limits + b"\x00")


def create_cyclic_file(session: Session, number: int, mode: CommMode, rights: Rights, *, size: int, kept: int) -> None:
    """Records of which the newest are kept; the card needs room for one more."""
    room = (kept + 1).to_bytes(3, "little")
    session.ask(0xC0, bytes([number, mode]) + rights.encoded() + size.to_bytes(3, "little") + room)


def read_data(session: Session, number: int, mode: CommMode, length: int) -> bytes:
    """The first bytes of a data file."""
    head = bytes([number]) + bytes(3) + length.to_bytes(3, "little")
    return _exactly(session.ask(0xBD, head, access="read", mode=mode), length)


def write_data(session: Session, number: int, mode: CommMode, data: bytes, at: int = 0) -> None:
    """Write into a data file from the byte `at` on; a backup file keeps it for the commit."""
    session.ask(0x3D, _place(number, data, at), data, access="write", mode=mode)


def get_value(session: Session, number: int, mode: CommMode) -> int:
    """The committed value."""
    answer = session.ask(0x6C, bytes([number]), access="read", mode=mode)
    return int.from_bytes(_exactly(answer, VALUE_BYTES), "little", signed=True)


def debit(session: Session, number: int, mode: CommMode, amount: int) -> None:
    """Take away at the commit. CardRefusalError BOUNDARY_ERROR when there is not enough."""
    session.ask(0xDC, bytes([number]), amount.to_bytes(VALUE_BYTES, "little"), access="write", mode=mode)


def credit(session: Session, number: int, mode: CommMode, amount: int) -> None:
    """Add at the commit. CardRefusalError BOUNDARY_ERROR above the file's limit."""
    session.ask(0x0C, bytes([number]), amount.to_bytes(VALUE_BYTES, "little"), access="write", mode=mode)


def write_record(session: Session, number: int, mode: CommMode, record: bytes) -> None:
    """One more record at the commit."""
    session.ask(0x3B, _place(number, record), record, access="write", mode=mode)


def read_records(session: Session, number: int, mode: CommMode, size: int) -> tuple[bytes, ...]:
    """All committed records, oldest first. CardRefusalError BOUNDARY_ERROR when there is none."""
    answer = session.ask(0xBB, bytes([number]) + bytes(6), access="read", mode=mode)
    if not answer or len(answer) % size:
        raise CardGoneError("the records have a wrong length")
    return tuple(answer[at : at + size] for at in range(0, len(answer), size))


def commit(session: Session) -> None:
    """Everything since the authentication happens now, at once. CardGoneError: perhaps it did, perhaps not."""
    session.ask(0xC7)


def abort(session: Session) -> None:
    """Forget what was not committed."""
    session.ask(0xA7)


def _place(number: int, data: bytes, at: int = 0) -> bytes:
    return bytes([number]) + at.to_bytes(3, "little") + len(data).to_bytes(3, "little")


def _exactly(answer: bytes, length: int) -> bytes:
    if len(answer) != length:
        raise CardGoneError(f"the answer has {len(answer)} bytes instead of {length}")
    return answer
