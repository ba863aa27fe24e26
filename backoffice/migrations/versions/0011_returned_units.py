"""Units of sales that came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "returned_unit",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("original_id", sa.String(length=160), nullable=False),
        sa.Column("line_id", sa.String(length=64), nullable=False),
        sa.Column("unit_index", sa.BigInteger(), nullable=False),
        sa.Column("receipt_id", sa.String(length=160), nullable=False),
        sa.Column("due_minor", sa.BigInteger(), nullable=False),
        sa.Column("refund_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_returned_unit_organisation_id")
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "original_id", "line_id", "unit_index", name=op.f("pk_returned_unit")
        ),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("returned_unit")
