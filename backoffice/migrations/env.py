"""Alembic's environment: it runs on the connection it is given, and compares with every table there is."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from backoffice.db import UtcDateTime
from backoffice.tables import all_tables


def _render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """How a new revision spells our own column type."""
    return "UtcDateTime()" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables(),
    render_as_batch=True,
    compare_type=True,
    render_item=_render,
)
with context.begin_transaction():
    context.run_migrations()
