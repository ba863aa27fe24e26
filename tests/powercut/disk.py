"""What a disk may hold after a power cut: everything that was synced, and any part of what was not.

The model is no kinder than POSIX: without a sync nothing is promised, neither data nor size nor order; a sector of 512
bytes is written as a whole or not at all; a name appears, changes or goes for certain only once its folder was synced;
sectors that a file grew by but that never came hold zeros, or rubbish.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.powercut.recording import Operation

SECTOR_BYTES = 512

Content = bytearray


@dataclass
class File:
    """One file: what is certain, and the calls since."""

    certain: Content = field(default_factory=bytearray)
    waiting: list[Operation] = field(default_factory=list)


Survives = Callable[[random.Random, list[Operation]], list[Operation]]
"""Which of the waiting calls, or of their sectors, reached the disk."""


def nothing(_chance: random.Random, _waiting: list[Operation]) -> list[Operation]:
    """The cache never got to it."""
    return []


def everything(_chance: random.Random, waiting: list[Operation]) -> list[Operation]:
    """The cache was just empty."""
    return waiting


def a_beginning(chance: random.Random, waiting: list[Operation]) -> list[Operation]:
    """In order, up to some call, and that one torn at a sector."""
    if not waiting:
        return []
    upto = chance.randrange(len(waiting))
    torn = waiting[upto]
    sectors = -(-len(torn.data) // SECTOR_BYTES)
    kept = torn.data[: chance.randint(0, sectors) * SECTOR_BYTES]
    last = [Operation(torn.kind, torn.path, torn.offset, kept)] if kept or torn.kind == "t" else []
    return [*waiting[:upto], *last]


def scattered(chance: random.Random, waiting: list[Operation]) -> list[Operation]:
    """Any sectors, in no order."""
    kept: list[Operation] = []
    share = chance.choice((0.1, 0.5, 0.9))
    for operation in waiting:
        if operation.kind == "t":
            kept += [operation] if chance.random() < share else []
            continue
        for start in range(0, len(operation.data), SECTOR_BYTES):
            if chance.random() < share:
                piece = operation.data[start : start + SECTOR_BYTES]
                kept.append(Operation("w", operation.path, operation.offset + start, piece))
    return kept


SURVIVALS: tuple[Survives, ...] = (nothing, everything, a_beginning, scattered)


def apply(content: Content, operation: Operation, filler: Callable[[int], bytes]) -> None:
    """Do one call; a gap is filled with what the disk held there before."""
    if operation.kind == "t":
        if operation.offset < len(content):
            del content[operation.offset :]
        else:
            content += filler(operation.offset - len(content))
        return
    if operation.offset > len(content):
        content += filler(operation.offset - len(content))
    content[operation.offset : operation.offset + len(operation.data)] = operation.data


class Disk:
    """Follows the calls of a program; `images` are drawn from where it stands."""

    def __init__(self) -> None:
        self.names: dict[str, File] = {}
        self.certain_names: dict[str, File] = {}
        self.waiting_names: list[Operation] = []

    def do(self, operation: Operation) -> None:
        """One more call."""
        if operation.kind in "cur":
            self._rename(self.names, operation)
            self.waiting_names.append(operation)
        elif operation.kind == "s" and not operation.path:
            self.certain_names = dict(self.names)
            self.waiting_names.clear()
        elif operation.kind == "s":
            file = self.names[operation.path]
            for waiting in file.waiting:
                apply(file.certain, waiting, bytes)
            file.waiting.clear()
        else:
            self.names[operation.path].waiting.append(operation)

    def _rename(self, names: dict[str, File], operation: Operation) -> None:
        if operation.kind == "c":
            names[operation.path] = self.names[operation.path] if operation.path in self.names else File()
        elif operation.kind == "u":
            names.pop(operation.path, None)
        elif operation.path in names:
            names[operation.data.decode()] = names.pop(operation.path)

    def image(self, chance: random.Random) -> dict[str, bytes]:
        """The files after a power cut now, as chance wants it."""
        names = dict(self.certain_names)
        for operation in self.waiting_names[: chance.randint(0, len(self.waiting_names))]:
            self._rename(names, operation)
        survives = chance.choice(SURVIVALS)
        rubbish = chance.random() < 1 / 3
        image: dict[str, bytes] = {}
        for path, file in names.items():
            content = bytearray(file.certain)
            for operation in survives(chance, file.waiting):
                apply(content, operation, chance.randbytes if rubbish else bytes)
            image[path] = bytes(content)
        return image
