"""What a register was answered under its duplicate key: asked again, it is told the same, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pos_engine.journal.engine import Connection
from pos_engine.journal.errors import JournalError


@dataclass(frozen=True)
class RegisterAnswer:
    """A stored answer and the hash of the request it belongs to."""

    request_sha256: str
    answer: bytes


def stored(connection: Connection, organisation_id: str, key: str) -> RegisterAnswer | None:
    """The answer given under this key; None when there is none (or it was too long ago)."""
    row = connection.execute(
        "SELECT request_sha256, answer FROM register_answers WHERE organisation_id = ? AND key = ?",
        (organisation_id, key),
    ).fetchone()
    return None if row is None else RegisterAnswer(*row)


def last_key(connection: Connection, organisation_id: str, prefix: str) -> str | None:
    """The key stored last among those that begin so; None when there is none."""
    row = connection.execute(
        "SELECT key FROM register_answers WHERE organisation_id = ? AND substr(key, 1, ?) = ?"
        " ORDER BY stored_at DESC, key DESC LIMIT 1",
        (organisation_id, len(prefix), prefix),
    ).fetchone()
    return None if row is None else str(row[0])


def store(
    connection: Connection, organisation_id: str, key: str, request_sha256: str, answer: bytes, now: datetime
) -> None:
    """Keep an answer. The first one stays; JournalError answer_differs when another request used the same key."""
    connection.execute(
        "INSERT INTO register_answers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (organisation_id, key, request_sha256, answer, now.isoformat()),
    )
    kept = stored(connection, organisation_id, key)
    if kept is None or kept.request_sha256 != request_sha256:
        raise JournalError(
            "answer_differs",
            f"The register used its message number {key} for two different requests. Give each its own.",
        )
