"""Replays of campaigns over all past receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0037"
branch_labels = None
depends_on = None

_ID = sa.String(length=64)


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "campaign_replay",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("replay_id", _ID, nullable=False),
        sa.Column("campaign_id", _ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("receipts_total", sa.BigInteger(), nullable=False),
        sa.Column("receipts_done", sa.BigInteger(), nullable=False),
        sa.Column("stop_asked", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.organisation_id"],
            name=op.f("fk_campaign_replay_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "replay_id", name=op.f("pk_campaign_replay")),
    )
    op.create_index("ix_campaign_replay_campaign", "campaign_replay", ["organisation_id", "campaign_id", "created_at"])


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_campaign_replay_campaign", "campaign_replay")
    op.drop_table("campaign_replay")
