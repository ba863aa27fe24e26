"""Bringing a till's database to the newest schema: one plain SQL file per version, `user_version` as the mark.

Laws: a published schema file never changes; version N+1 is one more file; each step is one transaction together with
its mark, so that a power cut leaves the old or the new schema, never half of one. A newer schema is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from pos_engine.journal.engine import Connection, in_our_words
from pos_engine.journal.errors import JournalError


@cache
def schema_steps(prefix: str) -> tuple[tuple[int, str], ...]:
    """The SQL of each version in order: the files `<prefix>_vNNNN.sql` beside this module."""
    name = re.compile(rf"{prefix}_v(\d{{4}})\.sql")
    found = []
    for entry in files("pos_engine.journal").iterdir():
        match = name.fullmatch(entry.name)
        if match:
            found.append((int(match[1]), entry.read_text(encoding="utf-8")))
    return tuple(sorted(found))


def migrate(connection: Connection, path: Path, steps: Sequence[tuple[int, str]]) -> int:
    """Apply the steps that are missing; the version reached. JournalError newer_schema for a file from the future."""
    newest = steps[-1][0]
    with in_our_words(path):
        present = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if present > newest:
            raise JournalError(
                "newer_schema",
                f"{path} was written by a newer program (schema {present}, this program knows {newest}). "
                "Install the newer program; nothing was changed.",
            )
        for version, sql in steps:
            if version > present:
                _apply(connection, version, sql)
    return newest


def _apply(connection: Connection, version: int, sql: str) -> None:
    try:
        # executescript would commit first: the transaction is part of the script.
        connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {version};\nCOMMIT;")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
