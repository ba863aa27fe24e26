"""Uses of offers per business day, and products with a lowest price."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "offer_usage_day",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_offer_usage_day_organisation_id_workstation_id"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "offer_id", "member_id", "workstation_id", "business_day",
            name=op.f("pk_offer_usage_day"),
        ),
    )  # fmt: skip
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lowest_price_minor", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_column("lowest_price_minor")
    op.drop_table("offer_usage_day")
