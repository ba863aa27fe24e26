"""A second person's word about messages and flows too: one table for everything that may be asked about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None

SHARED = "sha256, state, submitted_by, submitted_at, decided_by, decided_at, note"


def upgrade() -> None:
    """Bring the tables to this revision. What was asked about campaigns stays; a campaign's id names the question."""
    op.create_table(
        "approval",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("question_id", sa.String(length=64), nullable=False),
        *_shared_columns(),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_approval_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "subject_kind", "subject_id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_state", "approval", ["organisation_id", "state"])
    op.execute(
        f"INSERT INTO approval (organisation_id, subject_kind, subject_id, question_id, {SHARED})"  # noqa: S608 - constants
        f" SELECT organisation_id, 'campaign', campaign_id, campaign_id, {SHARED} FROM campaign_approval"
    )
    op.drop_table("campaign_approval")
    for name in ("mailings_need_approval", "flows_need_approval"):
        op.add_column("organisation", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take this revision back; questions about messages and flows are lost."""
    op.drop_column("organisation", "flows_need_approval")
    op.drop_column("organisation", "mailings_need_approval")
    op.create_table(
        "campaign_approval",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        *_shared_columns(),
        sa.ForeignKeyConstraint(
            ["organisation_id", "campaign_id"],
            ["campaign.organisation_id", "campaign.campaign_id"],
            name=op.f("fk_campaign_approval_organisation_id_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "campaign_id", name=op.f("pk_campaign_approval")),
    )
    op.execute(
        f"INSERT INTO campaign_approval (organisation_id, campaign_id, {SHARED})"  # noqa: S608 - constants
        f" SELECT organisation_id, subject_id, {SHARED} FROM approval WHERE subject_kind = 'campaign'"
    )
    op.drop_index("ix_approval_state", table_name="approval")
    op.drop_table("approval")


def _shared_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("submitted_by", sa.String(length=254), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=254), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
    )
