"""Rights that customers' cards may have written down, and what a person decided of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0029"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "card_right",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("change_id", sa.String(length=64), nullable=False),
        sa.Column("card_id", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("taken", sa.String(length=16), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=254), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_card_right_organisation_id_workstation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "workstation_id", "change_id", name=op.f("pk_card_right")),
    )
    with op.batch_alter_table("card_right", schema=None) as batch_op:
        batch_op.create_index("ix_card_right_begun", ["organisation_id", "begun_at"], unique=False)
    op.create_table(
        "card_right_units",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("change_id", sa.String(length=64), nullable=False),
        sa.Column("right_id", sa.String(length=200), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id", "change_id"],
            ["card_right.organisation_id", "card_right.workstation_id", "card_right.change_id"],
            name=op.f("fk_card_right_units_organisation_id_workstation_id_change_id"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "workstation_id", "change_id", "right_id", name=op.f("pk_card_right_units")
        ),
    )
    with op.batch_alter_table("card_right_units", schema=None) as batch_op:
        batch_op.create_index("ix_card_right_units_right", ["organisation_id", "right_id", "counted"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("card_right_units")
    op.drop_table("card_right")
