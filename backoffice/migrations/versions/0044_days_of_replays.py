"""The days that somebody chose for a replay."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    with op.batch_alter_table("campaign_replay") as batch_op:
        batch_op.add_column(sa.Column("first_day", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("last_day", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("campaign_replay") as batch_op:
        batch_op.drop_column("last_day")
        batch_op.drop_column("first_day")
