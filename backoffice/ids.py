"""New identifiers: UUIDv7, which sort by the time they were made."""

from __future__ import annotations

from typing import Protocol

import uuid_utils
from typing_extensions import override


class Ids(Protocol):
    """Makes identifiers; a port."""

    def new_id(self) -> str:
        """A fresh identifier, never given before."""
        ...


class UuidIds(Ids):
    """UUID version 7 in its canonical text form."""

    @override
    def new_id(self) -> str:
        return str(uuid_utils.uuid7())
