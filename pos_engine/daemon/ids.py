"""New identifiers: UUIDv7 (RFC 9562), in the order in which they were made."""

from __future__ import annotations

from uuid import UUID

import uuid_utils
from typing_extensions import override

from pos_engine.ports.clock import Ids


class SystemIds(Ids):
    """Identifiers from the machine's clock and random source."""

    @override
    def new_id(self) -> UUID:
        return UUID(bytes=uuid_utils.uuid7().bytes)
