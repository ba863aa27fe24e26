"""NTAG 424 DNA: a type 4 tag whose address changes at each tap (NXP NT4H2421Gx; AN12196 for keys and mirrors)."""

from __future__ import annotations

import random
from dataclasses import dataclass

from typing_extensions import override

from firmware_sim.cards.card_crypto import BlockCipher, every_second, sun_keys
from firmware_sim.cards.chip import Chip
from firmware_sim.cards.desfire import handshake
from firmware_sim.cards.desfire.application import Application, CardKey
from firmware_sim.cards.desfire.keys import CHANGE_KEY, change_key
from firmware_sim.cards.desfire.sessions import ENCIPHERED, PLAIN, Kind, Session
from firmware_sim.cards.desfire.status import (
    AUTHENTICATION_ERROR,
    BOUNDARY_ERROR,
    FILE_NOT_FOUND,
    ILLEGAL_COMMAND,
    LENGTH_ERROR,
    MORE,
    OK,
    PARAMETER_ERROR,
    Refusal,
)

NDEF_NAME = bytes.fromhex("D2760000850101")
CAPABILITY_FILE = bytes.fromhex("001720010000FF0406E104010000000506E10500808283") + bytes(9)
KEYS = 5
FREE = 0xE
MIRROR = 0x40  # FileOption: SDM and mirroring are on
UID_AND_COUNTER = 0xC1  # SDMOptions: mirror both, as ASCII
PICC_DATA_TAG = 0xC7
COUNTER_MAX = 0xFFFFFF
ISO_OK, ISO_NOT_FOUND, ISO_DENIED, ISO_WRONG = (bytes.fromhex(word) for word in ("9000", "6A82", "6982", "6700"))


@dataclass
class Mirror:
    """Where the tap's data stand in the file, and under which keys."""

    meta_key: int
    file_key: int
    picc_data_at: int
    mac_from: int
    mac_at: int


@dataclass
class TagFile:
    """One of the three files. `rights`: as sent, least significant byte first."""

    content: bytearray
    rights: bytes
    mirror: Mirror | None = None

    def may(self, right: int, key_number: int | None) -> bool:
        """`right` 0 read, 1 write; free, or with the key in use."""
        both, named = self.rights[0] >> 4, self.rights[1] >> 4 if right == 0 else self.rights[1] & 0x0F
        return FREE in {both, named} or key_number in {both, named}


class Ntag424Chip(Chip):
    """As it leaves the factory: five zero keys, an empty NDEF file that everybody may write."""

    def __init__(self, uid: bytes, source: random.Random) -> None:
        self.uid = uid
        self.counter = 0
        self._source = source
        self._keys = Application(0, [CardKey() for _ in range(KEYS)])
        self._files = {
            1: TagFile(bytearray(CAPABILITY_FILE), bytes.fromhex("00E0")),
            2: TagFile(bytearray(256), bytes.fromhex("E0EE")),
            3: TagFile(bytearray(128), bytes.fromhex("3023")),
        }
        self.power_off()

    @override
    def power_off(self) -> None:
        self._session: Session | None = None
        self._second: handshake.Second | None = None
        self._open: TagFile | None = None
        self._selected = False
        self._shown = b""

    @override
    def reader_command(self, apdu: bytes) -> bytes | None:
        return None

    @override
    def command(self, apdu: bytes) -> bytes:
        if apdu[0] == 0x00:
            return self._iso(apdu)
        if apdu[0] != 0x90:
            return b"\x6e\x00"
        data = apdu[5:-1] if len(apdu) > 5 else b""
        if len(apdu) > 5 and len(apdu) != 6 + apdu[4]:
            return b"\x91\x7e"
        try:
            status, answer = self._native(apdu[1], data)
        except Refusal as refusal:
            status, answer = refusal.status, b""
        except IndexError:
            status, answer = LENGTH_ERROR, b""
        if status not in {OK, MORE}:
            self._session, self._second = None, None
        return answer + bytes([0x91, status])

    def _iso(self, apdu: bytes) -> bytes:
        if apdu[1] == 0xA4:
            return self._iso_select(apdu[2], apdu[5 : 5 + apdu[4]] if len(apdu) > 5 else b"")
        if apdu[1] not in {0xB0, 0xD6}:
            return b"\x6d\x00"
        if self._open is None:
            return b"\x69\x85"
        reading = apdu[1] == 0xB0
        if not self._open.may(0 if reading else 1, None):
            return ISO_DENIED
        return self._iso_read(self._open, apdu) if reading else self._iso_write(self._open, apdu)

    def _iso_read(self, file: TagFile, apdu: bytes) -> bytes:
        shown, at = self._tapped(file), int.from_bytes(apdu[2:4], "big")
        if len(apdu) < 5 or at >= len(shown):
            return ISO_WRONG
        return shown[at : at + (apdu[4] or len(shown))] + ISO_OK

    def _iso_write(self, file: TagFile, apdu: bytes) -> bytes:
        at, data = int.from_bytes(apdu[2:4], "big"), apdu[5:]
        if len(apdu) < 5 or len(data) != apdu[4] or at + len(data) > len(file.content):
            return ISO_WRONG
        file.content[at : at + len(data)] = data
        return ISO_OK

    def _iso_select(self, how: int, name: bytes) -> bytes:
        self._session, self._open = None, None
        if how == 0x04:
            self._selected = name == NDEF_NAME
            self._shown = b""
            return ISO_OK if self._selected else ISO_NOT_FOUND
        number = {b"\xe1\x03": 1, b"\xe1\x04": 2, b"\xe1\x05": 3}.get(name)
        if not self._selected or number is None:
            return ISO_NOT_FOUND
        self._open = self._files[number]
        return ISO_OK

    def _tapped(self, file: TagFile) -> bytes:
        """The file as this tap shows it. The counter moves once per selection of the application."""
        if file.mirror is None or self._session is not None:
            return bytes(file.content)
        if not self._shown:
            self.counter = min(self.counter + 1, COUNTER_MAX)
            self._shown = self._mirrored(file.content, file.mirror)
        return self._shown

    def _mirrored(self, content: bytearray, mirror: Mirror) -> bytes:
        shown = bytearray(content)
        plain = bytes([PICC_DATA_TAG]) + self.uid + self.counter.to_bytes(3, "little") + self._source.randbytes(5)
        sent = BlockCipher(self._keys.key(mirror.meta_key).value).encrypt(bytes(16), plain)
        shown[mirror.picc_data_at : mirror.picc_data_at + 32] = sent.hex().upper().encode()
        _enc, mac_key = sun_keys(self._keys.key(mirror.file_key).value, self.uid, self.counter)
        mac = every_second(BlockCipher(mac_key).cmac(bytes(shown[mirror.mac_from : mirror.mac_at])))
        shown[mirror.mac_at : mirror.mac_at + 16] = mac.hex().upper().encode()
        return bytes(shown)

    def _native(self, code: int, data: bytes) -> tuple[int, bytes]:
        if code == MORE:
            second, self._second = self._second, None
            if second is None:
                raise Refusal(ILLEGAL_COMMAND)
            answer, self._session = second(data)
            return OK, answer
        if code == handshake.EV2_FIRST:
            self._session = None
            first, self._second = handshake.begin(code, data[0], self._keys.key(data[0]), self._source)
            return MORE, first
        kinds: dict[int, tuple[Kind, int]] = {
            CHANGE_KEY: ("keys", 1),
            0x5F: ("keys", 1),
            0x64: ("manage", 0),
            0xF5: ("manage", 0),
            0x51: ("read", 0),
            0x8D: ("write", 7),
        }
        if code not in kinds:
            raise Refusal(ILLEGAL_COMMAND)
        kind, head = kinds[code]
        mode = ENCIPHERED if code == 0x51 else PLAIN
        session = self._session
        if session is None:
            if code not in {0x64, 0x8D}:
                raise Refusal(AUTHENTICATION_ERROR)
            return OK, self._run(code, data)
        answer = self._run(code, session.open(code, data, kind, mode, head, -1))
        return OK, answer if self._session is None else session.close(answer, kind, mode)

    def _run(self, code: int, data: bytes) -> bytes:
        if code == CHANGE_KEY:
            if self._session is not None and change_key(self._keys, self._session, data):
                self._session = None
            return b""
        if code == 0x64:
            return bytes([self._keys.key(data[0]).version])
        if code == 0x51:
            return self.uid
        file = self._files.get(data[0])
        if file is None:
            raise Refusal(FILE_NOT_FOUND)
        if code == 0x8D:
            at, length = int.from_bytes(data[1:4], "little"), int.from_bytes(data[4:7], "little")
            if not file.may(1, None if self._session is None else self._session.key_number):
                raise Refusal(AUTHENTICATION_ERROR)
            if at + length > len(file.content) or length != len(data) - 7:
                raise Refusal(BOUNDARY_ERROR)
            file.content[at : at + length] = data[7:]
            return b""
        if code == 0xF5:
            on = MIRROR if file.mirror is not None else 0
            return bytes([0, on]) + file.rights + len(file.content).to_bytes(3, "little")
        return self._change_settings(file, data)

    def _change_settings(self, file: TagFile, data: bytes) -> bytes:
        if self._session is None or self._session.key_number != file.rights[0] & 0x0F:
            raise Refusal(AUTHENTICATION_ERROR)
        if not data[1] & MIRROR:
            file.rights, file.mirror = data[2:4], None
            return b""
        meta_key, file_key = data[6] >> 4, data[6] & 0x0F
        if data[4] != UID_AND_COUNTER or meta_key >= KEYS or file_key >= KEYS or len(data) != 16:
            raise Refusal(PARAMETER_ERROR)
        places = [int.from_bytes(data[at : at + 3], "little") for at in (7, 10, 13)]
        if max(places) + 16 > len(file.content):
            raise Refusal(PARAMETER_ERROR)
        file.rights, file.mirror = data[2:4], Mirror(meta_key, file_key, *places)
        self._shown = b""
        return b""
