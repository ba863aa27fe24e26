"""How many sales a day a card counts in at one till."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    with op.batch_alter_table("counter_policy") as batch_op:
        batch_op.add_column(sa.Column("card_sales_max", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("counter_policy") as batch_op:
        batch_op.alter_column("card_sales_max", existing_type=sa.BigInteger(), server_default=None)


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("counter_policy") as batch_op:
        batch_op.drop_column("card_sales_max")
