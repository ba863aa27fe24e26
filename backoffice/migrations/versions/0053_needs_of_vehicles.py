"""What vehicles need next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0046"
branch_labels = None
depends_on = None

_ID = sa.String(length=64)


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "need_model",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_need_model_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_need_model")),
    )
    op.create_table(
        "vehicle_need",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("vehicle_id", _ID, nullable=False),
        sa.Column("family", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.String(length=8), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("since_km", sa.BigInteger(), nullable=True),
        sa.Column("km_today", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("early_on", sa.Date(), nullable=True),
        sa.Column("late_on", sa.Date(), nullable=True),
        sa.Column("here_bp", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "vehicle_id"],
            ["vehicle.organisation_id", "vehicle.vehicle_id"],
            name=op.f("fk_vehicle_need_organisation_id_vehicle_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "vehicle_id", "family", name=op.f("pk_vehicle_need")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_vehicle_need_due", "vehicle_need", ["organisation_id", "family", "due_on"])


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_vehicle_need_due", "vehicle_need")
    op.drop_table("vehicle_need")
    op.drop_table("need_model")
