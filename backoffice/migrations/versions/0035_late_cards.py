"""When the card of a sale came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    with op.batch_alter_table("receipt") as batch_op:
        batch_op.add_column(sa.Column("card_came", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("card_before_end_ms", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("receipt") as batch_op:
        batch_op.drop_column("card_before_end_ms")
        batch_op.drop_column("card_came")
