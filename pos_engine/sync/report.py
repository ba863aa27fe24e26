"""What one round of sync did, for the cashier screen, the log and the daemon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

TickState = Literal["not_enrolled", "waiting", "off_line", "refused", "on_line"]
"""not_enrolled: no identity yet. waiting: the last try failed and the next is not due. off_line: no answer now.
refused: the back-office does not accept this till. on_line: it answered."""


SetCode = Literal[
    "set_disagrees",
    "set_expired",
    "set_foreign",
    "set_rolled_back",
    "set_tampered",
    "set_too_large",
    "set_unreadable",
    "set_unsigned",
    "set_unusable",
]
"""Why a campaign set was not taken over."""

NoticeCode = (
    SetCode
    | Literal[
        "backoffice_restored",
        "backoffice_unreachable",
        "clock_wrong",
        "receipts_quarantined",
        "refused",
        "set_unreachable",
        "till_restored",
        "till_unknown",
        "till_waits",
    ]
)
"""Everything sync has to tell. `pos_engine.words` has a sentence `sync.<code>` for each."""


@dataclass(frozen=True)
class Notice:
    """Something a person should know: a stable code, English text for the log, parameters of the sentence in words."""

    code: NoticeCode
    text: str
    params: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class TickReport:
    """What a tick did.

    `clock_offset_ms`: the back-office's time minus the till's, None when unknown. `more`: work is left, tick soon.
    `notices`: what this tick met. `troubles`: what is the matter until a later tick finds it mended.
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
    troubles: tuple[Notice, ...] = ()
