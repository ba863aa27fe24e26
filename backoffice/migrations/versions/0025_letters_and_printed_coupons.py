"""Print runs of coupons, and letters as a channel of messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    _coupon_runs()
    _letters()
    op.add_column(
        "sending_rules", sa.Column("letter_cost_e4", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )


def _coupon_runs() -> None:
    op.create_table(
        "coupon_run",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "campaign_id"],
            ["campaign.organisation_id", "campaign.campaign_id"],
            name=op.f("fk_coupon_run_organisation_id_campaign_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "tag", name=op.f("pk_coupon_run")),
    )
    op.create_index("ix_coupon_run_campaign", "coupon_run", ["organisation_id", "campaign_id"])


def _letters() -> None:
    mailing = (["organisation_id", "mailing_id"], ["mailing.organisation_id", "mailing.mailing_id"])
    op.create_table(
        "letter_rules",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("window", sa.String(length=16), nullable=False),
        sa.Column("sender_line", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_letter_rules_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_letter_rules")),
    )
    op.create_table(
        "letter_setting",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("mailing_id", sa.String(length=64), nullable=False),
        sa.Column("run_tag", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            *mailing, name=op.f("fk_letter_setting_organisation_id_mailing_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "mailing_id", name=op.f("pk_letter_setting")),
    )
    op.create_table(
        "letter_batch",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("mailing_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("letters", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(*mailing, name=op.f("fk_letter_batch_organisation_id_mailing_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("organisation_id", "batch_id", name=op.f("pk_letter_batch")),
    )
    op.create_index("ix_letter_batch_mailing", "letter_batch", ["organisation_id", "mailing_id"])
    op.create_table(
        "letter_coupon",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("dispatch_id", sa.String(length=64), nullable=False),
        sa.Column("coupon_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispatch_id", "organisation_id"],
            ["dispatch.dispatch_id", "dispatch.organisation_id"],
            name=op.f("fk_letter_coupon_dispatch_id_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "dispatch_id", name=op.f("pk_letter_coupon")),
        sa.UniqueConstraint("organisation_id", "coupon_id", name=op.f("uq_letter_coupon_organisation_id_coupon_id")),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_column("sending_rules", "letter_cost_e4")
    for table in ("letter_coupon", "letter_batch", "letter_setting", "letter_rules", "coupon_run"):
        op.drop_table(table)
