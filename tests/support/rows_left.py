"""What an act left in the database, in a form that compares two databases that began as copies of each other.

Fresh ids are numbered by when they were made, whoever acted is called "actor", sealed bytes are left out: under a key
of their own they never look alike.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from backoffice.db import Base
from tests.support.office import OfficeBench

Row = tuple[tuple[str, Any], ...]
Rows = dict[str, set[Row]]

NOT_COMPARED = frozenset(
    {"api_token", "api_answer", "app_session", "app_user", "app_grant", "audit_head", "job", "change_counter"}
)
"""How somebody got in, and counters that move with whatever is written."""
_SEALED = frozenset({"wrapped", "sealed", "seal"})
_COUNTED = frozenset({("audit_entry", "seq"), ("change_row", "position"), ("member_count", "members")})
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def rows_of(bench: OfficeBench) -> Rows:
    """Every row there is, by table."""
    found: Rows = {}
    with bench.office.database.read() as reader:
        for table in Base.metadata.sorted_tables:
            if table.name not in NOT_COMPARED:
                rows = reader.execute(select(table)).mappings()
                found[table.name] = {_plain(table.name, dict(row)) for row in rows}
    return found


def _plain(table: str, row: dict[str, Any]) -> Row:
    kept = {name: value for name, value in row.items() if name not in _SEALED and (table, name) not in _COUNTED}
    return tuple(
        (name, value.decode("utf-8", "replace") if isinstance(value, bytes) else value) for name, value in kept.items()
    )


def difference(before: Rows, after: Rows, actors: Collection[str]) -> list[str]:
    """What came and what went, a line each, alike for the same act."""
    known = set(_UUID.findall(_text(before)))
    fresh = sorted(set(_UUID.findall(_text(after))) - known)
    names = {uuid: f"<new {number}>" for number, uuid in enumerate(fresh, start=1)}

    def said(sign: str, table: str, row: Row) -> str:
        text = f"{sign} {table}: " + ", ".join(f"{name}={value!r}" for name, value in row)
        text = _UUID.sub(lambda found: names.get(found[0], found[0]), text)
        for actor in actors:
            text = text.replace(actor, "<actor>")
        return text

    lines = [said("-", table, row) for table, rows in before.items() for row in rows - after[table]]
    lines += [said("+", table, row) for table, rows in after.items() for row in rows - before[table]]
    return sorted(lines)


def _text(rows: Rows) -> str:
    return "\n".join(repr(row) for table in rows.values() for row in table)
