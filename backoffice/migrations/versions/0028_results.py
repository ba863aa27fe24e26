"""The comparison of a campaign's two groups, as it was made on the result day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "campaign_result",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "campaign_id"],
            ["campaign.organisation_id", "campaign.campaign_id"],
            name=op.f("fk_campaign_result_organisation_id_campaign_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "campaign_id", name=op.f("pk_campaign_result")),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("campaign_result")
