"""Files of a DESFire application. What is written waits until the transaction is committed, or is forgotten."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import Any, Generic, TypeVar

from typing_extensions import override

from firmware_sim.cards.desfire.status import BOUNDARY_ERROR, PARAMETER_ERROR, Refusal

FREE, NEVER = 0xE, 0xF


Waiting = TypeVar("Waiting")


class StagedFile(ABC, Generic[Waiting]):
    """One file: its mode (0 plain, 1 MAC, 3 enciphered), its four rights as key numbers, what waits for a commit."""

    TYPE = -1

    def __init__(self, mode: int, rights: bytes) -> None:
        self.mode = mode
        self.rights = rights
        self.change, self.both = rights[0] & 0x0F, rights[0] >> 4
        self.write, self.read = rights[1] & 0x0F, rights[1] >> 4
        self._waiting: Waiting | None = None

    @property
    def pending(self) -> bool:
        """Whether something waits for the commit."""
        return self._waiting is not None

    def commit(self) -> None:
        """What waits has happened."""
        if self._waiting is not None:
            self._happen(self._waiting)
            self._waiting = None

    def abort(self) -> None:
        """What waits never happened."""
        self._waiting = None

    @abstractmethod
    def _happen(self, waiting: Waiting) -> None:
        """Make it the file's content."""

    @abstractmethod
    def settings(self) -> bytes:
        """What GetFileSettings tells after type, mode and rights."""


class DataFile(StagedFile[bytearray]):
    """Standard data (type 0): written at once; or backup data (type 1): written at the commit."""

    def __init__(self, mode: int, rights: bytes, size: int, *, backup: bool) -> None:
        super().__init__(mode, rights)
        self.TYPE = 1 if backup else 0
        self._content = bytearray(size)

    def read_at(self, offset: int, length: int) -> bytes:
        """Committed bytes; length 0: to the end."""
        end = offset + length if length else len(self._content)
        if offset >= len(self._content) or end > len(self._content):
            raise Refusal(BOUNDARY_ERROR)
        return bytes(self._content[offset:end])

    def write_at(self, offset: int, data: bytes) -> None:
        """Write inside the file."""
        if offset + len(data) > len(self._content):
            raise Refusal(BOUNDARY_ERROR)
        target = self._content
        if self.TYPE == 1:
            self._waiting = self._waiting or bytearray(self._content)
            target = self._waiting
        target[offset : offset + len(data)] = data

    @override
    def _happen(self, waiting: bytearray) -> None:
        self._content = waiting

    @override
    def settings(self) -> bytes:
        return len(self._content).to_bytes(3, "little")


class ValueFile(StagedFile[int]):
    """A number between two limits."""

    TYPE = 2

    def __init__(self, mode: int, rights: bytes, lowest: int, highest: int, value: int) -> None:
        super().__init__(mode, rights)
        if not lowest <= value <= highest:
            raise Refusal(PARAMETER_ERROR)
        self._lowest, self._highest = lowest, highest
        self.value = value

    def move(self, amount: int) -> None:
        """Add (negative: take away) at the commit. Credits of an open transaction cannot be spent in it."""
        now = self.value if self._waiting is None else self._waiting
        if not self._lowest <= now + amount <= self._highest:
            raise Refusal(BOUNDARY_ERROR)
        self._waiting = now + amount

    @override
    def _happen(self, waiting: int) -> None:
        self.value = waiting

    @override
    def settings(self) -> bytes:
        numbers = (self._lowest, self._highest, 0)
        return b"".join(number.to_bytes(4, "little", signed=True) for number in numbers) + b"\x00"


class RecordFile(StagedFile[bytearray]):
    """Records of one size. A cyclic file keeps one less than its room and drops the oldest; a linear one gets full."""

    def __init__(self, mode: int, rights: bytes, size: int, room: int, *, cyclic: bool) -> None:
        super().__init__(mode, rights)
        if size < 1 or room < (2 if cyclic else 1):
            raise Refusal(PARAMETER_ERROR)
        self.TYPE = 4 if cyclic else 3
        self._size, self._room = size, room
        self._records: deque[bytes] = deque(maxlen=room - 1 if cyclic else room)

    def write_at(self, offset: int, data: bytes) -> None:
        """Fill the one new record of this transaction."""
        if offset + len(data) > self._size or (self.TYPE == 3 and len(self._records) == self._room):
            raise Refusal(BOUNDARY_ERROR)
        self._waiting = self._waiting or bytearray(self._size)
        self._waiting[offset : offset + len(data)] = data

    def read_records(self, newest: int, count: int) -> bytes:
        """`count` records (0: all) that end `newest` records before the newest, in the order they were written."""
        end = len(self._records) - newest
        begin = end - count if count else 0
        if end <= 0 or begin < 0:
            raise Refusal(BOUNDARY_ERROR)
        return b"".join(list(self._records)[begin:end])

    @override
    def _happen(self, waiting: bytearray) -> None:
        self._records.append(bytes(waiting))

    @override
    def settings(self) -> bytes:
        return b"".join(number.to_bytes(3, "little") for number in (self._size, self._room, len(self._records)))


CardFile = StagedFile[Any]
"""Any of them."""
