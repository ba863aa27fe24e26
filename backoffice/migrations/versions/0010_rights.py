"""Rights that are lent to tills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "right_account",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("right_id", sa.String(length=200), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("out", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_right_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "right_id", name=op.f("pk_right_account")),
    )
    op.create_table(
        "right_borrower",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("life", sa.String(length=128), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_right_borrower_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "workstation_id", "life", name=op.f("pk_right_borrower")),
    )
    op.create_table(
        "right_loan",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("right_id", sa.String(length=200), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("life", sa.String(length=128), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("recalled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "right_id"],
            ["right_account.organisation_id", "right_account.right_id"],
            name=op.f("fk_right_loan_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id", "life"],
            ["right_borrower.organisation_id", "right_borrower.workstation_id", "right_borrower.life"],
            name=op.f("fk_right_loan_life"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "right_id", "workstation_id", "life", name=op.f("pk_right_loan")),
    )
    op.create_index("ix_right_loan_life", "right_loan", ["organisation_id", "workstation_id", "life", "recalled"])
    op.create_table(
        "right_use",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("right_id", sa.String(length=200), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id", "epoch", "seq"],
            ["receipt.organisation_id", "receipt.workstation_id", "receipt.epoch", "receipt.seq"],
            name=op.f("fk_right_use_organisation_id"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "workstation_id", "epoch", "seq", "right_id", "campaign_id", name=op.f("pk_right_use")
        ),
    )
    op.create_index("ix_right_use_right", "right_use", ["organisation_id", "right_id"])
    op.create_index("ix_right_use_campaign", "right_use", ["organisation_id", "campaign_id", "root"])


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("right_use")
    op.drop_table("right_loan")
    op.drop_table("right_borrower")
    op.drop_table("right_account")
