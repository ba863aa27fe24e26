"""The lives of a back-office, and tills that have yet to tell what an earlier life lent them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0014"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "office_life",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("life", sa.String(length=128), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_office_life_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "life", name=op.f("pk_office_life")),
    )
    op.create_table(
        "right_owing",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("known_life", sa.String(length=128), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_right_owing_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "workstation_id", name=op.f("pk_right_owing")),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("right_owing")
    op.drop_table("office_life")
