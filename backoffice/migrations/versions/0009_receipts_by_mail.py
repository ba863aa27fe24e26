"""Members who asked for their receipts by e-mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.add_column(sa.Column("receipts_by_mail", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_column("receipts_by_mail")
