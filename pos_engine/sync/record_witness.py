"""The till as a witness of the back-office's record: it remembers the newest entry it was told of, and says so again.

A record of who did what that was changed or cut short afterwards no longer holds that entry under that seal; the
back-office finds out at this till's next contact (`backoffice.audit.chain`).
"""

from __future__ import annotations

from typing import Final, Protocol

from pos_engine.wire.heartbeat import HeartbeatAnswer

RECORD_NOTE: Final = "backoffice_record"


class Notes(Protocol):
    """Small durable facts; the journal keeps them."""

    def note(self, key: str) -> str | None:
        """The fact kept under this key."""
        ...

    def set_note(self, key: str, value: str) -> None:
        """Remember it."""
        ...


def record_told(notes: Notes, organisation_id: str) -> tuple[int, str]:
    """Number and seal (hex) of the newest entry this organisation's back-office told of; (0, "") before the first."""
    kept = (notes.note(RECORD_NOTE) or "").split(" ")
    if len(kept) != 3 or kept[0] != organisation_id:  # noqa: PLR2004 - organisation, number, seal
        return 0, ""
    return int(kept[1]), kept[2]


def remember_record(notes: Notes, organisation_id: str, answer: HeartbeatAnswer) -> None:
    """Keep what the answer tells; a write only when it is news."""
    told = answer.record_seq, answer.record_seal
    if answer.record_seq and record_told(notes, organisation_id) != told:
        notes.set_note(RECORD_NOTE, f"{organisation_id} {answer.record_seq} {answer.record_seal}")
