"""What one round of sync did, for the cashier screen, the log and the daemon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

TickState = Literal["not_enrolled", "waiting", "off_line", "refused", "on_line"]
"""not_enrolled: no identity yet. waiting: the last try failed and the next is not due. off_line: no answer now.
refused: the back-office does not accept this till. on_line: it answered."""


@dataclass(frozen=True)
class Notice:
    """Something a person should know: a stable code (a key of `pos_engine.words`), English text, its parameters."""

    code: str
    text: str
    params: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class TickReport:
    """What a tick did.

    `clock_offset_ms`: the back-office's time minus the till's, None when unknown. `more`: work is left, tick soon.
    """

    state: TickState
    uploaded: int = 0
    quarantined: int = 0
    changes: int = 0
    staged_set_version: int | None = None
    started_epoch: int | None = None
    clock_offset_ms: int | None = None
    more: bool = False
    notices: tuple[Notice, ...] = ()
