"""Looks at reports before they come, counted by the worker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_ID = sa.String(length=64)


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "report_look",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("look_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("every", sa.String(length=8), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("store_id", _ID, nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("below", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("steps_done", sa.BigInteger(), nullable=False),
        sa.Column("steps_total", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_report_look_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "look_id", name=op.f("pk_report_look")),
        sa.UniqueConstraint(
            "organisation_id",
            "kind",
            "every",
            "first_day",
            "store_id",
            "language",
            "below",
            name="uq_report_look_wanted",
        ),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("report_look")
