"""Members who asked for their receipts by e-mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision. Not in a batch: a table made anew takes along what refers to it."""
    op.add_column("member", sa.Column("receipts_by_mail", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take this revision back."""
    op.drop_column("member", "receipts_by_mail")
