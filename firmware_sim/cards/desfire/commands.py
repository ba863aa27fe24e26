"""What each command does, once its protection is taken off (MF3ICDx21, 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from firmware_sim.cards.desfire.application import MAY_CREATE_FREELY, MAY_LIST_FREELY, Application, CardKey
from firmware_sim.cards.desfire.files import CardFile, DataFile, RecordFile, ValueFile
from firmware_sim.cards.desfire.keys import change_key
from firmware_sim.cards.desfire.sessions import ENCIPHERED, PLAIN, Kind
from firmware_sim.cards.desfire.status import (
    APPLICATION_NOT_FOUND,
    AUTHENTICATION_ERROR,
    DUPLICATE,
    FILE_NOT_FOUND,
    LENGTH_ERROR,
    NO_CHANGES,
    PARAMETER_ERROR,
    PERMISSION_DENIED,
    Refusal,
)

if TYPE_CHECKING:
    from firmware_sim.cards.desfire.chip import DesfireChip

AES_KEYS = 0x80
KEYS_MAX = 14
FREE_MEMORY = 4096

File = TypeVar("File", bound=CardFile)
Handler = Callable[["DesfireChip", bytes], bytes]


@dataclass(frozen=True)
class Command:
    """How a command is protected and what it does. `rights`: the file's rights of which one must fit."""

    run: Handler
    kind: Kind = "manage"
    head: int = 0
    length: Callable[[bytes], int] = lambda _data: -1
    rights: tuple[str, ...] = ()
    mode: int = PLAIN


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _any_file(chip: DesfireChip, data: bytes) -> CardFile:
    found = chip.application.files.get(data[0])
    if found is None:
        raise Refusal(FILE_NOT_FOUND)
    return found


def _file(chip: DesfireChip, data: bytes, kind: type[File]) -> File:
    found = _any_file(chip, data)
    if not isinstance(found, kind):
        raise Refusal(PARAMETER_ERROR)
    return found


def _need_master(chip: DesfireChip, freely: int) -> None:
    if chip.application.settings & freely:
        return
    if chip.session is None or chip.session.key_number != 0:
        raise Refusal(AUTHENTICATION_ERROR)


def _create_application(chip: DesfireChip, data: bytes) -> bytes:
    if len(data) < 5:
        raise Refusal(LENGTH_ERROR)
    if chip.selected != bytes(3):
        raise Refusal(PERMISSION_DENIED)
    _need_master(chip, MAY_CREATE_FREELY)
    count = data[4] & 0x0F
    if data[:3] in chip.applications:
        raise Refusal(DUPLICATE)
    if not data[4] & AES_KEYS or not 1 <= count <= KEYS_MAX:
        raise Refusal(PARAMETER_ERROR)
    chip.applications[data[:3]] = Application(data[3], [CardKey() for _ in range(count)])
    return b""


def _delete_application(chip: DesfireChip, data: bytes) -> bytes:
    _need_master(chip, 0)
    if data[:3] == bytes(3) or chip.applications.pop(data[:3], None) is None:
        raise Refusal(APPLICATION_NOT_FOUND)
    return b""


def _create_file(chip: DesfireChip, data: bytes, file: CardFile) -> bytes:
    if chip.selected == bytes(3):
        raise Refusal(PERMISSION_DENIED)
    _need_master(chip, MAY_CREATE_FREELY)
    if data[0] in chip.application.files:
        raise Refusal(DUPLICATE)
    chip.application.files[data[0]] = file
    return b""


def _create_data(chip: DesfireChip, data: bytes, *, backup: bool) -> bytes:
    if len(data) != 7:
        raise Refusal(LENGTH_ERROR)
    return _create_file(chip, data, DataFile(data[1], data[2:4], _number(data[4:7]), backup=backup))


def _create_value(chip: DesfireChip, data: bytes) -> bytes:
    if len(data) != 17:
        raise Refusal(LENGTH_ERROR)
    lowest, highest, value = (int.from_bytes(data[at : at + 4], "little", signed=True) for at in (4, 8, 12))
    return _create_file(chip, data, ValueFile(data[1], data[2:4], lowest, highest, value))


def _create_records(chip: DesfireChip, data: bytes, *, cyclic: bool) -> bytes:
    if len(data) != 10:
        raise Refusal(LENGTH_ERROR)
    size, room = _number(data[4:7]), _number(data[7:10])
    return _create_file(chip, data, RecordFile(data[1], data[2:4], size, room, cyclic=cyclic))


def _read_data(chip: DesfireChip, data: bytes) -> bytes:
    file = _file(chip, data, DataFile)
    return file.read_at(_number(data[1:4]), _number(data[4:7]))


def _write(chip: DesfireChip, data: bytes) -> bytes:
    file = _any_file(chip, data)
    if not isinstance(file, DataFile | RecordFile) or len(data) != 7 + _number(data[4:7]):
        raise Refusal(PARAMETER_ERROR)
    file.write_at(_number(data[1:4]), data[7:])
    return b""


def _read_records(chip: DesfireChip, data: bytes) -> bytes:
    file = _file(chip, data, RecordFile)
    return file.read_records(_number(data[1:4]), _number(data[4:7]))


def _get_value(chip: DesfireChip, data: bytes) -> bytes:
    file = _file(chip, data, ValueFile)
    return file.value.to_bytes(4, "little", signed=True)


def _move(chip: DesfireChip, data: bytes, sign: int) -> bytes:
    file = _file(chip, data, ValueFile)
    amount = int.from_bytes(data[1:5], "little", signed=True)
    if amount < 0:
        raise Refusal(PARAMETER_ERROR)
    file.move(sign * amount)
    return b""


def _commit(chip: DesfireChip, _data: bytes) -> bytes:
    if not chip.application.commit():
        raise Refusal(NO_CHANGES)
    return b""


def _abort(chip: DesfireChip, _data: bytes) -> bytes:
    chip.application.abort()
    return b""


def _file_settings(chip: DesfireChip, data: bytes) -> bytes:
    _need_master(chip, MAY_LIST_FREELY)
    file = _any_file(chip, data)
    return bytes([file.TYPE, file.mode]) + file.rights + file.settings()


def _file_ids(chip: DesfireChip, _data: bytes) -> bytes:
    _need_master(chip, MAY_LIST_FREELY)
    return bytes(sorted(chip.application.files))


def _application_ids(chip: DesfireChip, _data: bytes) -> bytes:
    if chip.selected != bytes(3):
        raise Refusal(PERMISSION_DENIED)
    _need_master(chip, MAY_LIST_FREELY)
    return b"".join(aid for aid in chip.applications if aid != bytes(3))


def _key_settings(chip: DesfireChip, _data: bytes) -> bytes:
    keys = chip.application.keys
    return bytes([chip.application.settings, len(keys) | (0 if keys[0].des else AES_KEYS)])


def _change_key_settings(chip: DesfireChip, data: bytes) -> bytes:
    _need_master(chip, 0)
    chip.application.settings = data[0]
    return b""


def _change_key(chip: DesfireChip, data: bytes) -> bytes:
    if chip.session is None:
        raise Refusal(AUTHENTICATION_ERROR)
    if change_key(chip.application, chip.session, data):
        chip.session = None
    return b""


def _card_uid(chip: DesfireChip, _data: bytes) -> bytes:
    if chip.session is None:
        raise Refusal(AUTHENTICATION_ERROR)
    return chip.uid


def _format(chip: DesfireChip, _data: bytes) -> bytes:
    if chip.selected != bytes(3):
        raise Refusal(PERMISSION_DENIED)
    _need_master(chip, 0)
    for aid in [aid for aid in chip.applications if aid != bytes(3)]:
        del chip.applications[aid]
    return b""


def _amount(_data: bytes) -> int:
    return 4


def _said(data: bytes) -> int:
    return _number(data[4:7])


_READ, _WRITE = ("read", "both"), ("write", "both")
COMMANDS: dict[int, Command] = {
    0xCA: Command(_create_application),
    0xDA: Command(_delete_application),
    0x6A: Command(_application_ids),
    0x45: Command(_key_settings),
    0x54: Command(_change_key_settings, "keys", 0, lambda _data: 1),
    0x64: Command(lambda chip, data: bytes([chip.application.key(data[0] & 0x0F).version])),
    0xC4: Command(_change_key, "keys", 1),
    0x51: Command(_card_uid, "read", mode=ENCIPHERED),
    0x6E: Command(lambda _chip, _data: FREE_MEMORY.to_bytes(3, "little")),
    0x60: Command(lambda chip, _data: chip.version()),
    0xFC: Command(_format),
    0x6F: Command(_file_ids),
    0xF5: Command(_file_settings),
    0xCD: Command(lambda chip, data: _create_data(chip, data, backup=False)),
    0xCB: Command(lambda chip, data: _create_data(chip, data, backup=True)),
    0xCC: Command(_create_value),
    0xC1: Command(lambda chip, data: _create_records(chip, data, cyclic=False)),
    0xC0: Command(lambda chip, data: _create_records(chip, data, cyclic=True)),
    0xBD: Command(_read_data, "read", 7, rights=_READ),
    0x3D: Command(_write, "write", 7, _said, _WRITE),
    0x3B: Command(_write, "write", 7, _said, _WRITE),
    0xBB: Command(_read_records, "read", 7, rights=_READ),
    0x6C: Command(_get_value, "read", 1, rights=("read", "write", "both")),
    0xDC: Command(lambda chip, data: _move(chip, data, -1), "write", 1, _amount, ("read", "write", "both")),
    0x0C: Command(lambda chip, data: _move(chip, data, 1), "write", 1, _amount, ("both",)),
    0xC7: Command(_commit),
    0xA7: Command(_abort),
}
