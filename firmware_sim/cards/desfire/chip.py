"""A DESFire chip: selection, authentication, frames, and what survives a loss of power (its files do, nothing else)."""

from __future__ import annotations

import random

from typing_extensions import override

from firmware_sim.cards.chip import Chip
from firmware_sim.cards.desfire import handshake
from firmware_sim.cards.desfire.application import Application, CardKey
from firmware_sim.cards.desfire.commands import COMMANDS, Command
from firmware_sim.cards.desfire.files import FREE, CardFile
from firmware_sim.cards.desfire.sessions import PLAIN, Session
from firmware_sim.cards.desfire.status import (
    APPLICATION_NOT_FOUND,
    AUTHENTICATION_ERROR,
    FILE_NOT_FOUND,
    ILLEGAL_COMMAND,
    LENGTH_ERROR,
    MORE,
    OK,
    PERMISSION_DENIED,
    Refusal,
)

FRAME_BYTES = 59
"""Data in one native frame of 60 bytes (MF3ICDx21, 8.1): longer answers come in parts, longer commands are refused."""
LONG_FRAME_BYTES = 249
"""The same from EV2 on, which takes ISO chaining: one short APDU."""
SELECT_APPLICATION, GET_VERSION = 0x5A, 0x60
ISO_CLASS, WRAPPED_CLASS = 0x00, 0x90
CARD_SETTINGS = 0x0F  # a blank card: everybody may list and create applications
GENERATIONS = {
    1: bytes.fromhex("01000101041A05"),
    2: bytes.fromhex("12000102011A05"),
    3: bytes.fromhex("33000103001A05"),
}
"""Per generation: hardware major and minor, then subtype, software major and minor, storage (8 KB), protocol."""


class DesfireChip(Chip):
    """`generation` 1 to 3 (EV1 … EV3). `source` draws the random numbers, so that a run can be repeated."""

    def __init__(self, uid: bytes, generation: int, source: random.Random) -> None:
        self.uid = uid
        self.generation = generation
        self.applications = {bytes(3): Application(CARD_SETTINGS, [CardKey(des=True)])}
        self.selected = bytes(3)
        self.session: Session | None = None
        self._source = source
        self._frames: list[bytes] = []
        self._second: handshake.Second | None = None

    @property
    def application(self) -> Application:
        """The application that is selected."""
        return self.applications[self.selected]

    def version(self) -> bytes:
        """What GetVersion tells: hardware, software, then UID, batch and week."""
        told = GENERATIONS[self.generation]
        hardware = b"\x04\x01\x01" + told[:2] + told[5:]
        software = b"\x04\x01" + told[2:]
        return hardware + software + self.uid + bytes.fromhex("BA65D1D5802223")

    @override
    def power_off(self) -> None:
        self.application.abort()
        self.selected = bytes(3)
        self._forget()

    @override
    def reader_command(self, apdu: bytes) -> bytes | None:
        return None

    @override
    def command(self, apdu: bytes) -> bytes:
        """Wrapped in ISO 7816 (class 90), or native: the command byte and its data alone."""
        if apdu[0] == ISO_CLASS:
            return b"\x6a\x82" if apdu[1:2] == b"\xa4" else b"\x6d\x00"
        wrapped = apdu[0] == WRAPPED_CLASS
        data = _unwrapped(apdu) if wrapped else apdu[1:]
        code = apdu[1] if wrapped else apdu[0]
        status, answer = LENGTH_ERROR, b""
        try:
            if data is not None and len(data) <= (FRAME_BYTES if self.generation == 1 else LONG_FRAME_BYTES):
                status, answer = self._answer(code, data)
        except Refusal as refusal:
            status = refusal.status
        except IndexError:  # a command too short for its own fields
            status = LENGTH_ERROR
        if status not in {OK, MORE}:
            # An error ends the session and undoes what was not committed.
            self.application.abort()
            self._forget()
        return answer + bytes([0x91, status]) if wrapped else bytes([status]) + answer

    def _forget(self) -> None:
        self.session, self._second = None, None
        self._frames = []

    def _answer(self, code: int, data: bytes) -> tuple[int, bytes]:
        if code == MORE:
            return self._more(data)
        self._frames, self._second = [], None
        if code in {handshake.ISO, handshake.AES, handshake.EV2_FIRST}:
            return self._authenticate(code, data)
        if code == SELECT_APPLICATION:
            return self._select(data)
        command = COMMANDS.get(code)
        if command is None:
            raise Refusal(ILLEGAL_COMMAND)
        answer = self._run(code, command, data)
        parts = (
            [answer[:7], answer[7:14], answer[14:]]
            if code == GET_VERSION
            else [answer[at : at + FRAME_BYTES] for at in range(0, len(answer), FRAME_BYTES)]
        )
        self._frames = parts[1:]
        return MORE if self._frames else OK, parts[0] if parts else b""

    def _run(self, code: int, command: Command, data: bytes) -> bytes:
        mode = command.mode
        if command.rights:
            found = self.application.files.get(data[0])
            if found is None:
                raise Refusal(FILE_NOT_FOUND)
            mode = self._mode(found, command.rights)
        session = self.session
        if session is None:
            if command.kind == "keys":
                raise Refusal(AUTHENTICATION_ERROR)
            return command.run(self, data)
        clear = session.open(code, data, command.kind, mode, command.head, command.length(data))
        answer = command.run(self, clear)
        return answer if self.session is None else session.close(answer, command.kind, mode)

    def _mode(self, file: CardFile, rights: tuple[str, ...]) -> int:
        """How data of this file travels now. Refusal when the key in use gives no right to it."""
        keys = {getattr(file, right) for right in rights}
        if self.session is not None and self.session.key_number in keys:
            return file.mode
        if FREE in keys:
            return PLAIN
        raise Refusal(AUTHENTICATION_ERROR if self.session is None else PERMISSION_DENIED)

    def _authenticate(self, code: int, data: bytes) -> tuple[int, bytes]:
        self.application.abort()
        self.session = None
        if code == handshake.EV2_FIRST and self.generation == 1:
            raise Refusal(ILLEGAL_COMMAND)
        number = data[0] & 0x3F
        first, self._second = handshake.begin(code, number, self.application.key(number), self._source)
        return MORE, first

    def _more(self, data: bytes) -> tuple[int, bytes]:
        if self._frames:
            frame = self._frames.pop(0)
            return MORE if self._frames else OK, frame
        if self._second is None:
            raise Refusal(ILLEGAL_COMMAND)
        second, self._second = self._second, None
        answer, self.session = second(data)
        return OK, answer

    def _select(self, data: bytes) -> tuple[int, bytes]:
        if len(data) != 3:
            raise Refusal(LENGTH_ERROR)
        self.application.abort()
        self.session = None
        if data not in self.applications:
            self.selected = bytes(3)
            raise Refusal(APPLICATION_NOT_FOUND)
        self.selected = data
        return OK, b""


def _unwrapped(apdu: bytes) -> bytes | None:
    """The data of `90 INS 00 00 [Lc data] 00`; None when its lengths do not agree."""
    if len(apdu) == 5 and apdu[4] == 0:
        return b""
    if len(apdu) >= 6 and len(apdu) == 6 + apdu[4]:
        return apdu[5:-1]
    return None
