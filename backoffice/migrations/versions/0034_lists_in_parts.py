"""A large mailing's list of recipients is written in parts: how far it came stands with the mailing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column("mailing", sa.Column("preparing", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Take this revision back."""
    op.drop_column("mailing", "preparing")
