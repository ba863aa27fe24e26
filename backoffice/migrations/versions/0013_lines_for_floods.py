"""Lines and redemptions without what only cost time when a flood of receipts comes in.

They are written by one function, with their receipt and in its transaction, and neither is ever deleted: the check of
each line against its receipt found nothing and took a third of PostgreSQL's time; nobody read the index by product.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0014"
branch_labels = None
depends_on = None

_KEY: Final = ["organisation_id", "workstation_id", "epoch", "seq"]
_TABLES: Final = ("receipt_line", "redemption")


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.drop_index("ix_receipt_line_product", table_name="receipt_line")
    # SQLite: in the order of the primary key, instead of a table and an index that repeats four fifths of it.
    for table in _TABLES:
        with op.batch_alter_table(table, table_kwargs={"sqlite_with_rowid": False}) as batch_op:
            batch_op.drop_constraint(f"fk_{table}_{'_'.join(_KEY)}", type_="foreignkey")
    _compress("lz4")


def downgrade() -> None:
    """Take this revision back."""
    _compress("pglz")
    for table in _TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.create_foreign_key(f"fk_{table}_{'_'.join(_KEY)}", "receipt", _KEY, _KEY)
    op.create_index("ix_receipt_line_product", "receipt_line", ["organisation_id", "product_id"])


def _compress(method: str) -> None:
    """How PostgreSQL packs the bytes of receipts from now on; version 13, and builds without lz4, have one way only."""
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    known = sa.text("SELECT :method = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
    if bind.scalar(known, {"method": method}):
        op.execute(f"ALTER TABLE receipt ALTER COLUMN raw SET COMPRESSION {method}")
