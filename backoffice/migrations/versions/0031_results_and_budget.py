"""A standing hold-out, mailings that speak of a campaign, what a campaign was expected to cost, marks of its budget."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None

_ID = sa.String(length=64)


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "standing_hold_out",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("seed", _ID, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        _of_organisation("standing_hold_out"),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_standing_hold_out")),
    )
    op.create_table(
        "standing_result",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _of_organisation("standing_result"),
        sa.PrimaryKeyConstraint("organisation_id", "first", name=op.f("pk_standing_result")),
    )
    op.create_table(
        "campaign_forecast",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("campaign_id", _ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _of_campaign("campaign_forecast"),
        sa.PrimaryKeyConstraint("organisation_id", "campaign_id", "version", name=op.f("pk_campaign_forecast")),
    )
    op.create_table(
        "budget_mark",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("campaign_id", _ID, nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("given_minor", sa.BigInteger(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        _of_campaign("budget_mark"),
        sa.PrimaryKeyConstraint(
            "organisation_id", "campaign_id", "budget_minor", "percent", name=op.f("pk_budget_mark")
        ),
    )
    op.add_column("mailing", sa.Column("campaign_id", _ID, server_default="", nullable=False))
    op.create_index("ix_mailing_campaign", "mailing", ["organisation_id", "campaign_id"])


def _of_organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id"], ["organisation.organisation_id"], name=op.f(f"fk_{table}_organisation_id")
    )


def _of_campaign(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", "campaign_id"],
        ["campaign.organisation_id", "campaign.campaign_id"],
        name=op.f(f"fk_{table}_organisation_id_campaign_id"),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_mailing_campaign", "mailing")
    op.drop_column("mailing", "campaign_id")
    for table in ("budget_mark", "campaign_forecast", "standing_result", "standing_hold_out"):
        op.drop_table(table)
