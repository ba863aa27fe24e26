"""Many rows in one statement, in the words of either database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Insert, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backoffice.db import Base


def upsert(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of this session's database."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def execute_many(session: Session, statement: Insert, rows: Sequence[dict[str, Any]]) -> None:
    """Run one insert for many rows by the driver's executemany; nothing when there are none."""
    if rows:
        session.connection().execute(statement, rows)


def refresh_statistics(session: Session, *tables: type[Base]) -> None:
    """Let PostgreSQL see what this very transaction has filled; before it commits nobody else can tell the planner.

    Without it a table that was empty at the last look is searched from end to end for each row of an import.
    """
    if session.get_bind().dialect.name == "postgresql":
        for table in tables:
            session.execute(text(f"ANALYZE {table.__tablename__}"))
